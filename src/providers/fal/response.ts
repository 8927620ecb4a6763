/** The responses of fal's queue. Source: fal, "Asynchronous Inference" and its Queue API. */
import { z } from 'zod'
import { ok, type Result } from '../../core/fault.ts'
import type { Model } from '../../core/request/choices.ts'
import type { CancelOutcome } from '../cancels.ts'
import { finishedWithoutVideo } from '../failure.ts'
import { type Failure, inconclusiveStatus, isSuccess, type ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { Outcome, Submitted } from '../provider.ts'
import { refusalByStatus, taskMissing } from '../status-faults.ts'
import { errorIn, provider, requestFault } from './error.ts'
import { taskIdOf } from './task-id.ts'

export function readAcknowledgement(
  response: ProviderResponse,
  model: Model,
  nowMs: number,
): Result<Submitted> {
  const accepted = acceptedSchema.safeParse(response.body)
  if (isSuccess(response) && accepted.success)
    return ok({ providerTaskId: taskIdOf(model, accepted.data.request_id) })
  const error = errorIn(response.body)
  if (response.status === 422 && error !== null) {
    const fault = requestFault(error)
    if (fault.code === 'moderated') return { ok: false, fault }
  }
  return refusalOf(response, nowMs) ?? inconclusiveStatus('billable', provider, response)
}

/** `completed`: only its result says whether it failed. */
export function readStatus(
  response: ProviderResponse,
  taskId: string,
  nowMs: number,
): Result<Outcome | 'completed'> {
  const { data } = statusSchema.safeParse(response.body)
  if (data === undefined || !isAbout(data, taskId, response)) return missing(response, nowMs)
  switch (data.status) {
    case 'COMPLETED':
      return ok('completed')
    case 'IN_QUEUE':
    case 'IN_PROGRESS':
      return ok({ state: 'pending', finished: [], faults: [] })
    default:
      return ok({ state: 'pending', finished: [], faults: [], unknownStatus: data.status })
  }
}

/** A response that names the request is about it, whatever its HTTP status. */
function isAbout({ request_id: id }: Status, taskId: string, response: ProviderResponse): boolean {
  return id == null ? isSuccess(response) : taskId.endsWith(`/${id}`)
}

/**
 * The result of a completed request. An error says that it has failed: a request to a path that does not exist is completed at
 * once, and its result is a 404. A success without a video may have been paid for, so it is read again.
 */
export function readResult(response: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const { status, body } = response
  const outcome = outcomeOf(body, taskId)
  if (outcome.state === 'done') return ok(outcome)
  const error = errorIn(body)
  const hasFailed = error !== null && (error.isOfRequest || failedStatuses.includes(status))
  if (hasFailed) return ok({ state: 'failed', fault: requestFault(error) })
  if (isSuccess(response) && body !== undefined) return ok(outcome)
  return refusalOf(response, nowMs) ?? inconclusiveStatus('safe', provider, response)
}

/** `ended`: completed, or canceled before. Only its result says which. */
export function readCancel(response: ProviderResponse, nowMs: number): Result<CancelOutcome> {
  const { data } = statusSchema.safeParse(response.body)
  switch (data?.status) {
    case 'OK':
      // It was removed from the queue.
      return isSuccess(response) ? ok('canceled') : missing(response, nowMs)
    case 'CANCELLATION_REQUESTED':
      return ok('requested')
    case 'ALREADY_COMPLETED':
      return ok('ended')
    default:
      return missing(response, nowMs)
  }
}

/** `body`: an output of the model. */
export function outcomeOf(body: unknown, taskId: string): Outcome {
  const output = outputSchema.safeParse(body)
  const url = output.success ? output.data.video?.url : undefined
  if (url == null) return finishedWithoutVideo(provider)
  return { state: 'done', outputs: [{ id: taskId, url }], faults: [] }
}

function missing(response: ProviderResponse, nowMs: number): Failure {
  return taskMissing(provider, response, refusalOf(response, nowMs))
}

function refusalOf(response: ProviderResponse, nowMs: number): Failure | null {
  const message = errorIn(response.body)?.message ?? ''
  return refusalByStatus(response, { provider, message }, nowMs)
}

/** The statuses of a result that mean that the request failed. Other ones are about the call. */
const failedStatuses = [400, 404, 422]

const acceptedSchema = z.object({ request_id: z.string().min(1) })

const statusSchema = z.object({ status: z.string(), request_id: text })

type Status = z.infer<typeof statusSchema>

const outputSchema = z.object({ video: lenient(z.object({ url: text })) })
