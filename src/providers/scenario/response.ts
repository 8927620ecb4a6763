/** What Scenario says of a job and of its assets, and how it refuses. */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { type Fault, type FaultCode, fail, ok, type Result } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { failureCodeIn, failureFault, moderatedBy } from '../failure.ts'
import { answerLost, type ProviderResponse } from '../http.ts'
import type { Outcome, RemoteOutput, Submitted } from '../provider.ts'

/** `sent`: the names of the fields that were sent, which a refusal may name. */
export function readAcknowledgement(
  answer: ProviderResponse,
  sent: readonly string[],
  nowMs: number,
): Result<Submitted> {
  const { status } = answer
  const accepted = acknowledgementSchema.safeParse(answer.body)
  if (isSuccess(answer) && accepted.success && accepted.data.id !== '') {
    const { id, creativeUnitsCost } = accepted.data
    const cost = creativeUnitsCost != null && {
      cost: { credits: creativeUnitsCost, source: 'provider' as const },
    }
    return ok({ providerTaskId: id, ...cost })
  }
  // A 5xx, or a success that names no job: it may have been created and charged.
  return refusal(answer, sent, nowMs) ?? answerLost('billable', `Scenario answered ${status}`, { status })
}

/** Of a rehearsal, which Scenario answers with the status 269 (its published SDK). One job makes one output. */
export function readEstimate(
  answer: ProviderResponse,
  sent: readonly string[],
  count: number,
  nowMs: number,
): Result<Cost> {
  const { status } = answer
  const refused = refusal(answer, sent, nowMs)
  if (refused !== null) return refused
  if (!isSuccess(answer)) return answerLost('brief', `Scenario answered ${status}`, { status })
  const estimate = estimateSchema.safeParse(answer.body)
  if (!estimate.success) return fail('price_unknown', 'Scenario named no price.')
  const { creativeUnitsCost } = estimate.data
  return ok(timesCost({ credits: creativeUnitsCost, source: 'provider_estimate' }, count))
}

/** A job that succeeded names its assets; where they lie is asked of each. */
export type Job = Exclude<Outcome, { state: 'done' }> | { state: 'made'; assetIds: string[] }

/** What an answer says of the job. A job that is named decides, whatever the HTTP status. */
export function readJob(answer: ProviderResponse, jobId: string, nowMs: number): Result<Job> {
  const { status } = answer
  const read = jobSchema.safeParse(answer.body)
  // A success is about the job that its path names, unless it names another.
  const isOurs = read.success && (read.data.job.id ?? (isSuccess(answer) ? jobId : null)) === jobId
  if (isOurs) return ok(jobOf(read.data.job))
  // Without JSON it is a gateway that answers, which knows nothing of jobs.
  if (answer.body === undefined) return answerLost('safe', `Scenario answered ${status}`, { status })
  if (status === 404) return fail('task_lost', 'Scenario does not know the task.', { evidence: { status } })
  const refused = refusal(answer, [], nowMs)
  if (refused !== null) return refused
  if (!isSuccess(answer)) return answerLost('safe', `Scenario answered ${status}`, { status })
  return fail('unreadable_answer', 'Scenario answered without the job.', { evidence: { status } })
}

/** The asset may not be shown for a while after its job has succeeded: then it is asked again. */
export function readAsset(answer: ProviderResponse, assetId: string, nowMs: number): Result<RemoteOutput> {
  const { status } = answer
  const asset = assetSchema.safeParse(answer.body)
  if (isSuccess(answer) && asset.success) return ok({ id: assetId, url: asset.data.asset.url })
  const refused = status === 404 ? null : refusal(answer, [], nowMs)
  return (
    refused ?? answerLost('safe', `Scenario answered ${status} when asked for a finished video`, { status })
  )
}

export function isSuccess({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300
}

/** What decides, in whatever it answers: nothing was bought, or nothing was learned. Null: it is no refusal. */
export function refusal(
  { status, headers, body }: ProviderResponse,
  sent: readonly string[],
  nowMs: number,
): { ok: false; fault: Fault } | null {
  const problem = problemSchema.safeParse(body)
  const { said, remainingSeconds } = problem.success ? problem.data : { said: '', remainingSeconds: null }
  const code = status === 403 && speaksOfMoney(said) ? 'out_of_credit' : refusalCodes[status]
  if (code === undefined) return null
  // Only names that we sent: whatever else it says may hold anything.
  const named = sent.filter((field) => new RegExp(`\\b${field}\\b`).test(said)).join(', ')
  const waitMs = remainingSeconds == null ? undefined : remainingSeconds * 1_000
  return fail(code, `Scenario refused: ${status}${named && ` (${named})`}.`, {
    evidence: { status, message: said },
    retryAfterMs: waitMs ?? retryAfterMs(headers, nowMs) ?? (status === 429 ? leastWaitMs : undefined),
  })
}

// Which status exhausted units have is undocumented; 402 and 403 are both possible.
function speaksOfMoney(message: string): boolean {
  return /credit|creative units?|balance|fund/i.test(message)
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

// The team's ceiling is lifted when one of its jobs ends; a video takes minutes.
const leastWaitMs = 30_000

function jobOf({ status, progress, metadata }: JobAnswer): Job {
  const pending = { state: 'pending' as const, finished: [], faults: [] }
  switch (status) {
    case 'pending':
    case 'queued':
    case 'warming-up':
    case 'in-progress':
    case 'finalizing':
      return { ...pending, ...(progress != null && { progress: percent(progress) }) }
    case 'success': {
      const assetIds = metadata?.assetIds ?? []
      // Success without a video is a broken promise; it is asked again, and the deadline bounds it.
      if (assetIds.length === 0) return { ...pending, withheld: moderatedBy('Scenario') }
      return { state: 'made', assetIds: [...new Set(assetIds)] }
    }
    case 'failure': {
      const message = metadata?.error ?? ''
      const fault = failureFault('Scenario', failureCodeIn(message), null, { message })
      return { state: 'failed', fault, cost: reimbursed }
    }
    case 'canceled':
      return {
        state: 'failed',
        fault: failureFault('Scenario', 'provider_canceled', null, { status }),
        cost: reimbursed,
      }
    default:
      return { ...pending, unknownStatus: status }
  }
}

// The units of a job that failed are given back (its own skill).
const reimbursed: Cost = { credits: 0, source: 'provider' }

function percent(progress: number): number {
  return Math.round(100 * Math.min(1, Math.max(0, progress)))
}

const text = z.string().nullish().catch(null)
const id = z.string().min(1)
const named = z.object({ jobId: id.nullish().catch(null), id: id.nullish().catch(null) })

const acknowledgementSchema = z
  .object({
    job: named.nullish().catch(null),
    jobId: id.nullish().catch(null),
    creativeUnitsCost: z.number().nonnegative().nullish().catch(null),
  })
  .transform(({ job, jobId, creativeUnitsCost }) => ({
    id: job?.jobId ?? jobId ?? job?.id ?? '',
    creativeUnitsCost,
  }))

const estimateSchema = z.object({ creativeUnitsCost: z.number().nonnegative() })

const jobSchema = z.object({
  job: named
    .extend({
      status: z.string(),
      progress: z.number().nullish().catch(null),
      metadata: z
        .object({ assetIds: z.array(id).nullish().catch(null), error: text })
        .nullish()
        .catch(null),
    })
    .transform(({ jobId, id, ...job }) => ({ ...job, id: jobId ?? id ?? null })),
})

type JobAnswer = z.infer<typeof jobSchema>['job']

const assetSchema = z.object({ asset: z.object({ url: z.string().min(1) }) })

const seconds = z.number().nonnegative().max(86_400).nullish().catch(null)

// No published schema: its clients read any of these.
const problemSchema = z
  .object({
    reason: text,
    message: text,
    error: text,
    detail: text,
    remainingSeconds: seconds,
    details: z.object({ remainingSeconds: seconds }).nullish().catch(null),
  })
  .transform(({ reason, message, error, detail, remainingSeconds, details }) => ({
    said: [reason, message, error, detail].filter((part) => part != null).join('; '),
    remainingSeconds: remainingSeconds ?? details?.remainingSeconds ?? null,
  }))
