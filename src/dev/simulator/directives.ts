/**
 * Faults on request. A directive travels inside the prompt, through the provider's real API, so that it
 * belongs to one task only and is safe under concurrency:
 *
 *     A paper boat sim(webhook=early+doubled, body=bad-gateway*2, megabytes=3)
 *
 * An upload to Scenario comes before any prompt: there it travels in the name of the file, `sim(import=60)boat.png`.
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
const after = z.enum(['500-after', '504-after', 'garbage-after', 'lost-after'])
const submit = z.enum([...refusal.options, 'reset-before', ...after.options])
/** HTTP statuses under which a status question alone is refused; the task goes on. */
const refusedPoll = z.enum(['400', '401', '402', '403', '408', '409', '422', '429', '455', '502', '503'])
/** `empty`: an answer without the task. `failed`: it says that the generation failed, and that is not true. */
const poll = z.enum([...refusedPoll.options, '500', '404', 'odd', 'empty', 'failed'])
const put = z.enum(['never', 'chunked', 'twice', 'late', 'too-late', 'truncated', 'html', 'picture'])
const body = z.enum(['chunked', 'truncated', 'html', 'empty', 'endless', 'bad-gateway', 'sound', 'image'])
const label = z.enum(['text', 'html', 'json', 'octets', 'binary', 'image', 'none'])
const encoding = z.enum(['gzip', 'br-label', 'gzip-label', 'aws-chunked', 'aws-chunked-gzip', 'deflate'])
const slowImport = z.coerce.number().min(0)

export type RefusalFault = z.output<typeof refusal>
export type BodyFault = z.output<typeof body>
type PollFault = z.output<typeof poll>
type RefusedPoll = z.output<typeof refusedPoll>
export type PutFault = z.output<typeof put>
export type Label = z.output<typeof label>
export type Encoding = z.output<typeof encoding>

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
  /** The row of a request log: `late` comes with the end of the generation. */
  log: z.enum(['late', 'never']).optional(),
  /** The list of jobs: `lagging` shows this one minutes later. */
  list: z.enum(['lagging']).optional(),
  fail: z.enum(['moderated', 'provider', 'timeout', 'canceled', 'some']).optional(),
  /** `none`: a success names no video. `missing`: what it names cannot be found. */
  link: z.enum(['expired', 'none', 'missing']).optional(),
  /** A result is listed twice in each answer that holds it. */
  named: z.literal('twice').optional(),
  /** Seconds between the ends of a task's results. */
  apart: z.coerce.number().min(0).optional(),
  put: put.optional(),
  body: counted(body.options).optional(),
  // What the host of the results does to each answer that is otherwise good.
  label: label.optional(),
  encoding: encoding.optional(),
  host: z.enum(['wants-agent']).optional(),
  megabytes: z.coerce.number().int().min(1).max(4000).optional(),
  seconds: z.coerce.number().min(0).optional(),
  /** Of an upload to Scenario, in its file's name: after so many seconds, never, or forgotten once it is complete. */
  import: z.union([slowImport, counted(['never', 'lost'])]).optional(),
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

/** Whether a status question is refused, under the HTTP status that the fault is named after. */
export function isRefusedPoll(fault: PollFault | undefined): fault is RefusedPoll {
  return refusedPoll.safeParse(fault).success
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
