/**
 * URLs often carry a token: in their user info, their query or their fragment. A key sees these parts in a job that it
 * posted itself, and with the scope `admin` everywhere. All else is shown without them: the jobs of other keys, retries
 * (their URLs come from the retried job), deliveries and endpoints, which belong to no key. A fault may quote a URL, so
 * every text counts.
 */
import { z } from '@hono/zod-openapi'
import { type Caller, mayDo } from '../core/access.ts'
import type { EventFormat } from '../core/event.ts'
import { parseJson } from '../core/http/json.ts'
import type { JobView } from '../core/job/view-schema.ts'
import { withoutToken, withoutTokens } from '../core/url/without-tokens.ts'

/** The columns of a job that decide. */
interface Posted {
  apiKeyId: string
  retryOf: string | null
}

export function jobFor(caller: Caller, view: JobView, job: Posted): JobView {
  if (seesUrls(caller, job)) return view
  // The links are new, and the caller may create them.
  const outputs = view.outputs.map((output) => ({ ...withoutTokens(output), url: output.url }))
  return { ...withoutTokens(view), outputs }
}

/** The entries of a job's timeline, for this caller. */
export function timelineFor<T>(caller: Caller, entries: T, job: Posted): T {
  return seesUrls(caller, job) ? entries : withoutTokens(entries)
}

/** The URL of a delivery or an endpoint. */
export function urlFor(caller: Caller, url: string): string {
  return mayDo(caller, 'admin') ? url : withoutToken(url)
}

/** The answer of a receiver to a delivery or a test. It may repeat the URL or the request. */
export function answerFor<T>(caller: Caller, answer: T): T {
  return mayDo(caller, 'admin') ? answer : withoutTokens(answer)
}

/** The body of a delivery. Null: it cannot be read, and may show anything. */
export function bodyFor(
  caller: Caller,
  body: string | null,
  { ownerId, format }: { ownerId: string; format: EventFormat },
): string | null {
  if (body === null || mayDo(caller, 'admin')) return body
  const event = eventSchema.safeParse(parseJson(body))
  if (!event.success) return null
  const { retry_of: retryOf, outputs, output, unsigned_urls: urls } = event.data.data
  // The bodies of other formats do not say whether their job is a retry.
  if (format === 'reelhook' && seesUrls(caller, { apiKeyId: ownerId, retryOf })) return body
  // The same caller gets such links from GET /v1/jobs/:id.
  const shown = [...[...outputs, output].flatMap((one) => one?.url ?? []), ...urls]
  const links = mayDo(caller, 'jobs:read') ? shown : []
  return JSON.stringify(withoutTokens(parseJson(body), new Set(links)))
}

function seesUrls(caller: Caller, { apiKeyId, retryOf }: Posted): boolean {
  return (apiKeyId === caller.keyId && retryOf === null) || mayDo(caller, 'admin')
}

const outputSchema = z.object({ url: z.string().nullish() })
const eventSchema = z.object({
  data: z.object({
    retry_of: z.string().nullable().default(null),
    outputs: z.array(outputSchema).default([]),
    output: outputSchema.optional(),
    unsigned_urls: z.array(z.string()).default([]),
  }),
})
