/** The responses of Scenario about jobs and assets, and its refusals. */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { failureCodeIn, failureFault, finishedWithoutVideo } from '../failure.ts'
import { type Failure, inconclusive, inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { Outcome, RemoteOutput, Submitted } from '../provider.ts'
import { failureOf, refusalByStatus, taskMissing } from '../status-faults.ts'

const provider = 'Scenario'

/** `sentFields`: the names of the sent fields. A refusal may name them. */
export function readAcknowledgement(
  response: ProviderResponse,
  sentFields: readonly string[],
  nowMs: number,
): Result<Submitted> {
  const accepted = acknowledgementSchema.safeParse(response.body)
  if (isSuccess(response) && accepted.success && accepted.data.id !== '') {
    const { id, creativeUnitsCost: credits } = accepted.data
    const cost = credits != null && { cost: { credits, source: 'provider' as const } }
    return ok({ providerTaskId: id, ...cost })
  }
  // A 5xx or a success without a job: the job may have been created and charged.
  return refusalOf(response, sentFields, nowMs) ?? inconclusiveStatus('billable', provider, response)
}

/** The response to a dry run, which has status 269 (its published SDK). It prices one job, which makes one output. */
export function readEstimate(
  response: ProviderResponse,
  sentFields: readonly string[],
  count: number,
  nowMs: number,
): Result<Cost> {
  const failure = failureOf(provider, response, refusalOf(response, sentFields, nowMs))
  if (failure !== null) return failure
  const estimate = estimateSchema.safeParse(response.body)
  if (!estimate.success) return fail('price_unknown', 'Scenario gave no price.')
  const { creativeUnitsCost } = estimate.data
  return ok(timesCost({ credits: creativeUnitsCost, source: 'provider_estimate' }, count))
}

/** A job that succeeded names its assets; each asset has to be requested for its URL. */
export type Job = Exclude<Outcome, { state: 'done' }> | { state: 'made'; assetIds: string[] }

/** A response that contains the job decides, whatever its HTTP status. */
export function readJob(response: ProviderResponse, jobId: string, nowMs: number): Result<Job> {
  const parsed = jobSchema.safeParse(response.body)
  // A success without an id is about the job in the request's path.
  const isAboutJob = parsed.success && (parsed.data.job.id ?? (isSuccess(response) ? jobId : null)) === jobId
  if (isAboutJob) return ok(jobOf(parsed.data.job))
  return taskMissing(provider, response, refusalOf(response, [], nowMs))
}

/** An asset may be missing for a while after its job succeeded, so a 404 is retried. */
export function readAsset(response: ProviderResponse, assetId: string, nowMs: number): Result<RemoteOutput> {
  const { status } = response
  const asset = assetSchema.safeParse(response.body)
  if (isSuccess(response) && asset.success) return ok({ id: assetId, url: asset.data.asset.url })
  const refused = status === 404 ? null : refusalOf(response, [], nowMs)
  return refused ?? inconclusive('safe', `Scenario returned ${status} for a finished video.`, { status })
}

/** Null: the response is no refusal. */
export function refusalOf(
  response: ProviderResponse,
  sentFields: readonly string[],
  nowMs: number,
): Failure | null {
  const problem = problemSchema.safeParse(response.body)
  const { message, remainingSeconds } = problem.success ? problem.data : noProblem
  // The message shows only names that we sent, since the rest of the text may contain anything.
  const fields = sentFields.filter((field) => new RegExp(`\\b${field}\\b`).test(message))
  const waitMs = remainingSeconds === null ? undefined : remainingSeconds * 1_000
  return refusalByStatus(response, { provider, message, fields, waitMs }, nowMs)
}

const noProblem = { message: '', remainingSeconds: null }

function jobOf({ status, progress, metadata }: ReportedJob): Job {
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
      if (assetIds.length === 0) return finishedWithoutVideo(provider)
      return { state: 'made', assetIds: [...new Set(assetIds)] }
    }
    case 'failure': {
      const message = metadata?.error ?? ''
      const fault = failureFault(provider, failureCodeIn(message), null, { message })
      return { state: 'failed', fault, cost: reimbursed }
    }
    case 'canceled': {
      const fault = failureFault(provider, 'provider_canceled', null, { status })
      return { state: 'failed', fault, cost: reimbursed }
    }
    default:
      return { ...pending, unknownStatus: status }
  }
}

// The creative units of a failed job are refunded (Scenario's published agent skill).
const reimbursed: Cost = { credits: 0, source: 'provider' }

function percent(progress: number): number {
  return Math.round(100 * Math.min(1, Math.max(0, progress)))
}

const id = z.string().min(1)
const named = z.object({ jobId: lenient(id), id: lenient(id) })

const acknowledgementSchema = z
  .object({
    job: lenient(named),
    jobId: lenient(id),
    creativeUnitsCost: lenient(z.number().nonnegative()),
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
      progress: lenient(z.number()),
      metadata: lenient(z.object({ assetIds: lenient(z.array(id)), error: text })),
    })
    .transform(({ jobId, id, ...job }) => ({ ...job, id: jobId ?? id ?? null })),
})

type ReportedJob = z.infer<typeof jobSchema>['job']

const assetSchema = z.object({ asset: z.object({ url: z.string().min(1) }) })

const seconds = lenient(z.number().nonnegative().max(86_400))

// No schema is published; Scenario's clients read any of these fields.
const problemSchema = z
  .object({
    reason: text,
    message: text,
    error: text,
    detail: text,
    remainingSeconds: seconds,
    details: lenient(z.object({ remainingSeconds: seconds })),
  })
  .transform(({ reason, message, error, detail, remainingSeconds, details }) => ({
    message: [reason, message, error, detail].filter((part) => part != null).join('; '),
    remainingSeconds: remainingSeconds ?? details?.remainingSeconds ?? null,
  }))
