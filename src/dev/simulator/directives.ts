/**
 * Faults on request. A directive is part of the prompt and passes through the provider's API, so it affects one task only
 * and is safe under concurrency:
 *
 *     A paper boat sim(webhook=early+doubled, body=bad-gateway*2, megabytes=3)
 *
 * An upload to Scenario precedes the prompt, so its directive is in the file name: `sim(import=60)boat.png`.
 *
 * `at=crun` limits the directives to one provider: the others get the same prompt when the job fails over.
 *
 * A fault with `*n` happens only the first n times; without a count it happens every time.
 */

import { z } from 'zod'
import { type ProviderName, providerNames } from './provider-names.ts'

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
/** HTTP statuses with which a poll is refused. The task is not affected. */
const refusedPoll = z.enum(['400', '401', '402', '403', '408', '409', '422', '429', '455', '502', '503'])
/** `empty`: a response without the task. `failed`: the response reports a failure, but the task continues. */
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
  at: z.enum(providerNames).optional(),
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
  /** The row in the request log: `late` appears at the end of the generation. */
  log: z.enum(['late', 'never']).optional(),
  /** The list of jobs or tasks: `lagging` shows this one minutes later. */
  list: z.enum(['lagging']).optional(),
  fail: z.enum(['moderated', 'provider', 'timeout', 'canceled', 'some']).optional(),
  /** `none`: a success has no link. `missing`: its link returns 404. */
  link: z.enum(['expired', 'none', 'missing']).optional(),
  /** Each response lists a result twice. */
  named: z.literal('twice').optional(),
  /** Seconds between the ends of a task's results. */
  apart: z.coerce.number().min(0).optional(),
  put: put.optional(),
  body: counted(body.options).optional(),
  // Faults of the media host in responses that are otherwise correct.
  label: label.optional(),
  encoding: encoding.optional(),
  host: z.enum(['wants-agent']).optional(),
  megabytes: z.coerce.number().int().min(1).max(4000).optional(),
  seconds: z.coerce.number().min(0).optional(),
  /** An upload to Scenario: imported after this many seconds, never, or lost when it is complete. */
  import: z.union([slowImport, counted(['never', 'lost'])]).optional(),
})

export type Directives = z.output<typeof directives>

export type ReadDirectives = { ok: true; directives: Directives } | { ok: false; message: string }

/** Empty if they are for another provider than the one that reads them. */
export function readDirectives(prompt: string, reader?: ProviderName): ReadDirectives {
  const pairs: Record<string, string> = {}
  for (const [, inside = ''] of prompt.matchAll(/\bsim\(([^)]*)\)/g)) {
    for (const pair of inside.split(',')) {
      const [, name, value] = /^\s*([a-z]+)\s*=\s*(\S+)\s*$/.exec(pair) ?? []
      if (name === undefined || value === undefined) return refuse(`"${pair.trim()}" is not name=value`)
      if (Object.hasOwn(pairs, name)) return refuse(`${name} is given twice`)
      pairs[name] = value
    }
  }
  const read = directives.safeParse(pairs)
  if (read.success) {
    const { at = reader } = read.data
    return { ok: true, directives: at === reader ? read.data : {} }
  }
  return refuse(read.error.issues.map(wordsOf).join('; '))
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return `${issue.path.join('.')} ${issue.message}`
  const known = Object.keys(directives.shape).toSorted().join(', ')
  return `${issue.keys.join(', ')} is no directive. The directives are ${known}`
}

/** The fault that happens at the n-th occasion, if any. */
export function dueFault<Fault extends string>(
  counted: Counted<Fault> | undefined,
  occasion: number,
): Fault | undefined {
  if (counted === undefined) return undefined
  return counted.times === undefined || occasion <= counted.times ? counted.fault : undefined
}

/** Whether a poll is refused, with the HTTP status that is the name of the fault. */
export function isRefusedPoll(fault: PollFault | undefined): fault is RefusedPoll {
  return refusedPoll.safeParse(fault).success
}

function refuse(reason: string): ReadDirectives {
  return { ok: false, message: `The simulator does not understand this sim(…) directive: ${reason}` }
}

function countOf(words: readonly string[], counted: readonly string[]): number {
  return words.filter((word) => counted.includes(word)).length
}

function counted<Fault extends string>(faults: readonly Fault[]) {
  return z.string().transform((text, context): Counted<Fault> => {
    const [, name, times] = /^([a-z0-9-]+)(?:\*([1-9]\d*))?$/.exec(text) ?? []
    const fault = faults.find((one) => one === name)
    if (fault !== undefined) return { fault, times: times === undefined ? undefined : Number(times) }
    context.addIssue(`expected one of ${faults.join(', ')}, optionally *count`)
    return z.NEVER
  })
}
