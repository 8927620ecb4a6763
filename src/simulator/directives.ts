/**
 * Faults on request. A directive travels inside the prompt, through the provider's real API, so that it
 * belongs to one task only and is safe under concurrency:
 *
 *     A paper boat sim(webhook=early+doubled, body=bad-gateway*2, megabytes=3)
 *
 * A fault with `*n` happens the first n times only; without a count it always happens.
 */

import { z } from 'zod'

const webhook = z.enum([
  'lost',
  'last-lost',
  'doubled',
  'tripled',
  'early',
  'late',
  'progress-first',
  'reversed',
  'wrapped',
  'array',
  'announced',
])
const refusal = z.enum(['429', '402', '403', '455', '503', '505', '500-before'])
const submit = z.enum([...refusal.options, 'reset-before', '500-after', 'lost-after'])
const poll = z.enum(['500', '404', 'odd'])
const put = z.enum(['never', 'chunked', 'twice', 'late', 'too-late', 'truncated', 'html', 'picture'])
const body = z.enum(['chunked', 'truncated', 'html', 'empty', 'endless', 'bad-gateway'])

export type RefusalFault = z.output<typeof refusal>
export type BodyFault = z.output<typeof body>
export type PutFault = z.output<typeof put>

interface Counted<Fault extends string> {
  fault: Fault
  times?: number | undefined
}

const directives = z.strictObject({
  webhook: z
    .string()
    .transform((words) => words.split('+'))
    .pipe(z.array(webhook))
    .refine((words) => countOf(words, ['early', 'late']) < 2, 'early and late exclude each other')
    .refine((words) => countOf(words, ['doubled', 'tripled']) < 2, 'either doubled or tripled')
    .refine((words) => countOf(words, ['progress-first', 'reversed']) < 2, 'one order at a time')
    .refine((words) => countOf(words, ['wrapped', 'array']) < 2, 'one shape at a time')
    .optional(),
  submit: counted(submit.options).optional(),
  poll: counted(poll.options).optional(),
  fail: z.enum(['moderated', 'provider', 'timeout', 'canceled', 'some']).optional(),
  link: z.enum(['expired', 'none']).optional(),
  put: put.optional(),
  body: counted(body.options).optional(),
  megabytes: z.coerce.number().int().min(1).max(4000).optional(),
  seconds: z.coerce.number().min(0).optional(),
})

export type Directives = z.output<typeof directives>

export type ReadDirectives = { ok: true; directives: Directives } | { ok: false; complaint: string }

export function readDirectives(prompt: string): ReadDirectives {
  const pairs: Record<string, string> = {}
  for (const [, inside = ''] of prompt.matchAll(/\bsim\(([^)]*)\)/g)) {
    for (const pair of inside.split(',')) {
      const [, name, value] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/.exec(pair) ?? []
      if (name === undefined || value === undefined) return complain(`"${pair.trim()}" is not name=value`)
      if (Object.hasOwn(pairs, name)) return complain(`${name} is said twice`)
      pairs[name] = value
    }
  }
  const read = directives.safeParse(pairs)
  if (read.success) return { ok: true, directives: read.data }
  return complain(
    read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; '),
  )
}

/** Whether the fault is still to happen, at the n-th occasion. */
export function dueFault<Fault extends string>(
  asked: Counted<Fault> | undefined,
  occasion: number,
): Fault | undefined {
  if (asked === undefined) return undefined
  return asked.times === undefined || occasion <= asked.times ? asked.fault : undefined
}

function complain(why: string): ReadDirectives {
  return { ok: false, complaint: `The simulator does not understand this sim(…) directive: ${why}` }
}

function countOf(words: readonly string[], known: readonly string[]): number {
  return words.filter((word) => known.includes(word)).length
}

function counted<Fault extends string>(faults: readonly Fault[]) {
  return z.string().transform((text, context): Counted<Fault> => {
    const [, name, times] = /^([a-z0-9-]+)(?:\*([1-9]\d*))?$/.exec(text) ?? []
    const fault = faults.find((known) => known === name)
    if (fault !== undefined) return { fault, times: times === undefined ? undefined : Number(times) }
    context.addIssue(`expected one of ${faults.join(', ')}, optionally *count`)
    return z.NEVER
  })
}
