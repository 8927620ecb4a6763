/** Static headers that a job's callbacks carry, for receivers that verify no signature. No I/O. No clock. */
import { z } from 'zod'

const maxHeaders = 5
const maxNameLength = 64

/** A name has no case, so it is stored in lower case. All faults are reported at once, those of names in one message. */
export const callbackHeadersSchema = z
  .record(
    z.string(),
    z
      .string()
      .regex(
        /^[!-~](?:[ -~]{0,1022}[!-~])?$/,
        'must be 1 to 1,024 visible ASCII characters, without a space at either end',
      ),
  )
  .refine((headers) => faultsOf(Object.keys(headers)).length === 0, {
    error: ({ input }) => faultsOf(Object.keys(input ?? {})).join('; '),
    // Also if values are faulty.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .overwrite((headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  )
  .meta({
    maxProperties: maxHeaders,
    description:
      'Up to five headers that each delivery to callback_url carries, and no delivery to an endpoint: for tools that verify no signature but a fixed header. The values are stored encrypted and never shown. Names are tokens of at most 64 characters, unique whatever their case. Refused is what Reelhook, the network or HTTP itself sets: webhook-*, x-openrouter-*, content-*, proxy-*, cf-*, x-forwarded-*, accept-encoding, cdn-loop, connection, date, expect, forwarded, host, keep-alive, te, trailer, transfer-encoding, upgrade, user-agent, via, x-real-ip.',
    example: { authorization: 'Bearer a-token-of-your-tool' },
  })

function faultsOf(names: string[]): string[] {
  const lower = names.map((name) => name.toLowerCase())
  const repeated = names.filter((_, n) => lower.indexOf(lower[n] ?? '') !== n)
  return [
    ...(names.length > maxHeaders ? [`must have at most ${maxHeaders} headers`] : []),
    ...(repeated.length > 0 ? [`has a name twice, as case has no meaning: ${list(repeated)}`] : []),
    ...rules.flatMap(([isFaulty, message]) => {
      const faulty = names.filter(isFaulty)
      return faulty.length > 0 ? [`${message}: ${list(faulty)}`] : []
    }),
  ]
}

const rules: [isFaulty: (name: string) => boolean, message: string][] = [
  [
    (name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || name.length > maxNameLength,
    `has a name that is not a token (RFC 9110) of 1 to ${maxNameLength} characters`,
  ],
  [(name) => reserved.test(name), 'has a name that only Reelhook, the network or HTTP itself may set'],
]

const reserved =
  /^(?:(?:webhook|x-openrouter|content|proxy|cf|x-forwarded)-.*|accept-encoding|cdn-loop|connection|date|expect|forwarded|host|keep-alive|te|trailer|transfer-encoding|upgrade|user-agent|via|x-real-ip)$/i

function list(names: string[]): string {
  return names
    .slice(0, maxHeaders)
    .map((name) => JSON.stringify(name.slice(0, maxNameLength)))
    .join(', ')
}
