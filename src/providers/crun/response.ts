/** The responses and webhooks of Crun. The code in the body overrides the HTTP status. */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { type Fault, type FaultCode, fail, ok, type Result } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { failureCodeIn, failureFault, finishedWithoutVideo } from '../failure.ts'
import { type CallKind, type Failure, inconclusive, type ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import type { Outcome, Submitted, WebhookItem } from '../provider.ts'

export function readAcknowledgement(response: ProviderResponse, nowMs: number): Result<Submitted> {
  const reply = readReply(response)
  const submitted = acknowledgementSchema.safeParse(reply.data)
  if (reply.code === 200 && submitted.success) return ok({ providerTaskId: submitted.data.task_id })
  if (reply.code === 501) return { ok: false, fault: refusedGeneration(reply) }
  // Undecided: 500, a gateway's 5xx, or a success without a task. The task may have been created and charged.
  return refusal(reply, nowMs) ?? undecided('billable', reply)
}

/** A response that contains the task decides, whatever the code and the HTTP status. */
export function readStatus(response: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const reply = readReply(response)
  const { code, detail: message, isEnvelope } = reply
  const task = taskSchema.safeParse(reply.data)
  if (task.success && task.data.task_id === taskId) return ok(statusOf(task.data))
  // A response without the envelope comes from a gateway, which knows nothing about tasks.
  if (!isEnvelope) return undecided('safe', reply)
  if (code === 404) return fail('task_lost', 'Crun does not know the task.', { evidence: { code } })
  if (code === 501) return ok({ state: 'failed', fault: generationFault(code, message) })
  const refused = refusal(reply, nowMs)
  if (refused !== null) return refused
  if (code !== 200) return undecided('safe', reply)
  return fail('unreadable_answer', 'Crun returned no task.', { evidence: { code } })
}

/** `estimate-credits` prices one task, and a task makes one output. */
export function readEstimate(response: ProviderResponse, count: number, nowMs: number): Result<Cost> {
  const reply = readReply(response)
  const refused = refusal(reply, nowMs)
  if (refused !== null) return refused
  if (reply.code !== 200) return undecided('brief', reply)
  const estimate = estimateSchema.safeParse(reply.data)
  if (!estimate.success) return fail('price_unknown', 'Crun gave no price.')
  return ok(timesCost({ credits: estimate.data.credits, source: 'provider_estimate' }, count))
}

/** A webhook is the `data` object of a status response, with or without its envelope. */
export function readWebhook(body: unknown): WebhookItem[] {
  const envelope = envelopeSchema.safeParse(body)
  const task = taskSchema.safeParse(
    envelope.success && envelope.data.data != null ? envelope.data.data : body,
  )
  return task.success ? [{ providerTaskId: task.data.task_id, outcome: outcomeOf(task.data) }] : []
}

/** `param` repeats the whole request (Crun's OpenAPI description). */
function statusOf(task: Task): Outcome {
  const callbackUrl = task.param?.callback_url
  return { ...outcomeOf(task), ...(callbackUrl != null && { callbackUrl }) }
}

function outcomeOf({ task_id, status, result, credits }: Task): Outcome {
  const cost = credits != null && { cost: { credits, source: 'provider' as const } }
  switch (status.toLowerCase()) {
    case 'pending':
    case 'running':
      return { state: 'pending', finished: [], faults: [] }
    case 'success': {
      const url = videoAmong(result?.media_urls ?? [])
      if (url === undefined) return finishedWithoutVideo('Crun')
      return { state: 'done', outputs: [{ id: task_id, url }], faults: [], ...cost }
    }
    case 'failed': {
      const fault = generationFault(result?.code ?? 501, result?.message ?? '')
      return { state: 'failed', fault, ...cost }
    }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

// With `return_last_frame`, an image may be in the list, at an undocumented position.
function videoAmong(urls: readonly string[]): string | undefined {
  const extension = (url: string) => /\.(\w+)$/.exec(url.split(/[?#]/)[0] ?? '')?.[1]?.toLowerCase() ?? ''
  return (
    urls.find((url) => ['mp4', 'mov', 'webm'].includes(extension(url))) ??
    urls.find((url) => !['png', 'jpg', 'jpeg', 'webp'].includes(extension(url)))
  )
}

/** No task was created, so none timed out or was canceled. A retryable code would buy a second generation. */
function refusedGeneration({ code, detail: message }: Reply): Fault {
  const failureCode = failureCodeIn(message) === 'moderated' ? 'moderated' : 'generation_failed'
  return generationFault(code, message, failureCode)
}

function generationFault(code: number, message: string, failureCode = failureCodeIn(message)): Fault {
  return failureFault('Crun', failureCode, String(code), { code, message })
}

/** Null: the code is no refusal. */
function refusal({ code, detail, response }: Reply, nowMs: number): Failure | null {
  const faultCode = refusalCodes[code]
  if (faultCode === undefined) return null
  return fail(faultCode, `Crun refused: ${code}.`, {
    evidence: { code, status: response.status, message: detail },
    retryAfterMs: retryAfterMs(response.headers, nowMs) ?? defaultWaitMs[code],
  })
}

function undecided(kind: CallKind, { code, response: { status } }: Reply): Failure {
  return inconclusive(kind, `Crun returned ${code === 0 ? status : code}.`, { code, status })
}

/** The codes that refuse: nothing was bought. Every other code decides nothing. */
const refusalCodes: Partial<Record<number, FaultCode>> = {
  400: 'bad_request',
  401: 'auth',
  402: 'out_of_credit',
  403: 'auth',
  404: 'bad_request',
  422: 'bad_request',
  429: 'rate_limited',
  455: 'maintenance',
  501: 'generation_failed',
  505: 'not_entitled',
}

// Used without a Retry-After. Crun's own clients wait half a minute after 429; maintenance takes minutes.
const defaultWaitMs: Partial<Record<number, number>> = { 429: 30_000, 455: 120_000 }

interface Reply {
  /** From the body if it has one, else the HTTP status: 455, 501 and 505 may come as either. 0: 200 without envelope. */
  code: number
  data: unknown
  detail: string
  isEnvelope: boolean
  response: ProviderResponse
}

function readReply(response: ProviderResponse): Reply {
  const { status } = response
  const envelope = envelopeSchema.safeParse(response.body)
  if (!envelope.success) {
    const code = status === 200 ? 0 : status
    return { code, data: undefined, detail: '', isEnvelope: false, response }
  }
  const { code, message, errors, data } = envelope.data
  const detail = [message ?? '', ...(errors ?? [])].join('; ')
  return { code: code ?? status, data, detail, isEnvelope: true, response }
}

const envelopeSchema = z.object({
  code: z.number().nullish(),
  message: text,
  errors: lenient(z.array(z.string())),
  // Missing in a refusal (422: `{code, message, errors}`).
  data: z.unknown().optional(),
})

const acknowledgementSchema = z.object({ task_id: z.string().min(1) })

const estimateSchema = z.object({ credits: z.number().nonnegative() })

const urlsSchema = z
  .array(z.unknown().transform((url) => (typeof url === 'string' ? [url] : [])))
  .transform((urls) => urls.flat())

const taskSchema = z.object({
  task_id: z.string().min(1),
  status: z.string(),
  credits: lenient(z.number()),
  param: lenient(z.object({ callback_url: text })),
  result: lenient(z.object({ code: lenient(z.number()), message: text, media_urls: lenient(urlsSchema) })),
})

type Task = z.infer<typeof taskSchema>
