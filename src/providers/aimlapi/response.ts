/** What AI/ML API says of a generation. The status word alone decides: its own sample shows an `error` beside a video. */
import { z } from 'zod'
import type { Cost } from '../../core/cost.ts'
import { type Fault, type FaultCode, fail, ok, type Result } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { failureCodeIn, failureFault, moderatedBy } from '../failure.ts'
import { answerLost, type ProviderResponse } from '../http.ts'
import type { Outcome, Submitted } from '../provider.ts'

export function readAcknowledgement(answer: ProviderResponse, nowMs: number): Result<Submitted> {
  if (isSuccess(answer)) {
    // The header repeats the generation's id, should the body not be readable.
    const named = namedSchema.safeParse(answer.body)
    const id = named.success ? named.data.id : (answer.headers.get('x-inference-id') ?? '')
    if (id !== '') return ok({ providerTaskId: id })
  }
  // A 5xx, or a success that names nothing: it may have been created and charged.
  const { status } = answer
  return refusal(answer, nowMs) ?? answerLost('billable', `AI/ML API answered ${status}`, { status })
}

/** What an answer says of the generation. One that is named decides, whatever the HTTP status. */
export function readStatus(answer: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const { status } = answer
  const generation = generationSchema.safeParse(answer.body)
  // A success is about the generation that was asked for, unless it names another.
  const isOurs = generation.success && (generation.data.id ?? (isSuccess(answer) ? taskId : null)) === taskId
  if (isOurs) return ok(outcomeOf(generation.data, taskId, answer.headers))
  // Without JSON it is a gateway that answers, which knows nothing of generations.
  if (answer.body === undefined) return answerLost('safe', `AI/ML API answered ${status}`, { status })
  if (status === 404) return fail('task_lost', 'AI/ML API does not know the task.', { evidence: { status } })
  const refused = refusal(answer, nowMs)
  if (refused !== null) return refused
  if (!isSuccess(answer)) return answerLost('safe', `AI/ML API answered ${status}`, { status })
  return fail('unreadable_answer', 'AI/ML API answered without the generation.', { evidence: { status } })
}

/** What decides, in whatever it answers: nothing was bought, or nothing was learned. Null: it is no refusal. */
export function refusal(answer: ProviderResponse, nowMs: number): { ok: false; fault: Fault } | null {
  const { status } = answer
  const problem = problemSchema.safeParse(answer.body)
  const message = problem.success ? (problem.data.message ?? '') : ''
  const code = status === 403 && speaksOfMoney(message) ? 'out_of_credit' : refusalCodes[status]
  if (code === undefined) return null
  return fail(code, `AI/ML API refused: ${status}.`, {
    evidence: { status, message },
    retryAfterMs: retryAfterMs(answer.headers, nowMs) ?? (status === 429 ? leastWaitMs : undefined),
  })
}

export function isSuccess({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300
}

// 403 stands for both: no credits, and no access.
function speaksOfMoney(message: string): boolean {
  return /credit|balance|fund/i.test(message)
}

/** Statuses that decide. All others leave it open. */
const refusalCodes: Partial<Record<number, FaultCode>> = {
  400: 'bad_request',
  401: 'auth',
  402: 'out_of_credit',
  403: 'not_entitled',
  404: 'bad_request',
  413: 'bad_request',
  422: 'bad_request',
  429: 'rate_limited',
}

// It sends no Retry-After, and its one published limit counts by the minute.
const leastWaitMs = 30_000

function outcomeOf({ status, video, error, meta }: Generation, id: string, headers: Headers): Outcome {
  const cost = costOf(meta?.usage ?? null, headers)
  switch (status.toLowerCase()) {
    case 'queued':
    case 'generating':
      return { state: 'pending', finished: [], faults: [] }
    case 'completed':
      // Completed without a video is a broken promise; it is asked again, and the deadline bounds it.
      if (video == null)
        return { state: 'pending', finished: [], faults: [], withheld: moderatedBy('AI/ML API') }
      return { state: 'done', outputs: [{ id, url: video.url }], faults: [], ...(cost && { cost }) }
    case 'error':
      return {
        state: 'failed',
        fault: generationFault(error?.name ?? '', error?.message ?? ''),
        ...(cost && { cost }),
      }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

function generationFault(name: string, message: string): Fault {
  return failureFault('AI/ML API', failureCodeIn(`${name} ${message}`), name, { name, message })
}

// In dollars where it says so, which only the answer to a submission promises; else in credits, as it counts them.
function costOf(usage: Usage | null, headers: Headers): Cost | null {
  const source = 'provider' as const
  const usd = usage?.usd_spent ?? headerNumber(headers, 'x-aimlapi-usd-spent')
  if (usd !== null) return { amount_usd: usd, source }
  const credits = usage?.credits_used ?? headerNumber(headers, 'x-aimlapi-credits-used')
  return credits === null ? null : { credits, source }
}

// A zero in a header is the price of asking, not of the video.
function headerNumber(headers: Headers, name: string): number | null {
  const value = Number(headers.get(name) ?? 0)
  return Number.isFinite(value) && value > 0 ? value : null
}

const namedSchema = z.object({ id: z.string().min(1) })

const problemSchema = z.object({ message: z.string().nullish().catch(null) })

const text = z.string().nullish().catch(null)
const amount = z.number().nonnegative().nullish().catch(null)
const usageSchema = z.object({ credits_used: amount, usd_spent: amount })

const generationSchema = z.object({
  id: z.string().nullish().catch(null),
  status: z.string(),
  video: z
    .object({ url: z.string().min(1) })
    .nullish()
    .catch(null),
  error: z.object({ name: text, message: text }).nullish().catch(null),
  meta: z
    .object({ usage: usageSchema.nullish().catch(null) })
    .nullish()
    .catch(null),
})

type Generation = z.infer<typeof generationSchema>
type Usage = z.infer<typeof usageSchema>
