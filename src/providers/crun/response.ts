/** What Crun says: acknowledgements, statuses, webhooks and refusals. The body's code goes before the HTTP status. */
import { z } from 'zod'
import { type Cost, timesCost } from '../../core/cost.ts'
import { type Fault, type FaultCode, fail, ok, type Result } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { failureCodeIn, failureFault, moderatedBy } from '../failure.ts'
import { answerLost, type ProviderResponse } from '../http.ts'
import type { Outcome, WebhookItem } from '../provider.ts'

export function readAcknowledgement(answer: ProviderResponse, nowMs: number) {
  const { code, data, detail } = read(answer)
  const submitted = acknowledgementSchema.safeParse(data)
  if (code === 200 && submitted.success) return ok({ providerTaskId: submitted.data.task_id })
  if (code === 501) return { ok: false as const, fault: refusedGeneration(code, detail) }
  const refused = refusalCodes[code]
  if (refused !== undefined) return refusal(refused, answer, code, detail, nowMs)
  // 500, a gateway's 5xx, or a success that names no task: it may have been created and charged.
  return answerLost('billable', `Crun answered ${code}`, { code, status: answer.status })
}

/** What an answer says of the task. A task that is named decides, whatever the code and the HTTP status beside it. */
export function readStatus(answer: ProviderResponse, taskId: string, nowMs: number): Result<Outcome> {
  const { code, data, detail, isEnvelope } = read(answer)
  const task = taskSchema.safeParse(data)
  if (task.success && task.data.task_id === taskId) return ok(statusOf(task.data))
  // Without its envelope it is a gateway that answers, which knows nothing of tasks.
  if (!isEnvelope) return answerLost('safe', `Crun answered ${answer.status}`, { status: answer.status })
  if (code === 404)
    return fail('task_lost', 'Crun does not know the task.', {
      evidence: { code },
    })
  if (code === 501) return ok({ state: 'failed', fault: generationFault(code, detail) })
  const refused = refusalCodes[code]
  if (refused !== undefined) return refusal(refused, answer, code, detail, nowMs)
  if (code !== 200) return answerLost('safe', `Crun answered ${code}`, { code, status: answer.status })
  return fail('unreadable_answer', 'Crun answered without a task.', {
    evidence: { code },
  })
}

/** Its `estimate-credits` prices one task, and a task makes one output. */
export function readEstimate(answer: ProviderResponse, count: number, nowMs: number): Result<Cost> {
  const { code, data, detail } = read(answer)
  const refused = refusalCodes[code]
  if (refused !== undefined) return refusal(refused, answer, code, detail, nowMs)
  const estimate = estimateSchema.safeParse(data)
  if (code !== 200) return answerLost('brief', `Crun answered ${code}`, { code, status: answer.status })
  if (!estimate.success) return fail('price_unknown', 'Crun named no price.')
  return ok(timesCost({ credits: estimate.data.credits, source: 'provider_estimate' }, count))
}

/** A webhook is the `data` object of a status answer, bare or in its envelope. */
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
  const cost = credits != null && {
    cost: { credits, source: 'provider' as const },
  }
  switch (status.toLowerCase()) {
    case 'pending':
    case 'running':
      return { state: 'pending', finished: [], faults: [] }
    case 'success': {
      const url = videoAmong(result?.media_urls ?? [])
      // Success without a video is a broken promise; it is asked again, and the deadline bounds it.
      if (url === undefined)
        return {
          state: 'pending',
          finished: [],
          faults: [],
          withheld: moderatedBy('Crun'),
        }
      return {
        state: 'done',
        outputs: [{ id: task_id, url }],
        faults: [],
        ...cost,
      }
    }
    case 'failed':
      return {
        state: 'failed',
        fault: generationFault(result?.code ?? 501, result?.message ?? ''),
        ...cost,
      }
    default:
      return { state: 'pending', finished: [], faults: [], unknownStatus: status }
  }
}

// With `return_last_frame` an image may stand beside the video; where is undocumented.
function videoAmong(urls: readonly string[]): string | undefined {
  const extension = (url: string) => /\.(\w+)$/.exec(url.split(/[?#]/)[0] ?? '')?.[1]?.toLowerCase() ?? ''
  return (
    urls.find((url) => ['mp4', 'mov', 'webm'].includes(extension(url))) ??
    urls.find((url) => !['png', 'jpg', 'jpeg', 'webp'].includes(extension(url)))
  )
}

function generationFault(code: number, message: string): Fault {
  return failureFault('Crun', failureCodeIn(message), String(code), { code, message })
}

// No task came of it, so none timed out or was canceled; a code that may be tried again would buy it again.
function refusedGeneration(code: number, message: string): Fault {
  const isModerated = failureCodeIn(message) === 'moderated'
  return failureFault('Crun', isModerated ? 'moderated' : 'generation_failed', String(code), {
    code,
    message,
  })
}

function refusal(
  faultCode: FaultCode,
  answer: ProviderResponse,
  code: number,
  detail: string,
  nowMs: number,
) {
  return fail(faultCode, `Crun refused: ${code}.`, {
    evidence: { code, status: answer.status, message: detail },
    retryAfterMs: retryAfterMs(answer.headers, nowMs) ?? leastWaitMs[code],
  })
}

/** Codes that decide: nothing was bought. All others leave it open. */
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

// Without a Retry-After: half a minute as its clients keep it, minutes for maintenance.
const leastWaitMs: Partial<Record<number, number>> = { 429: 30_000, 455: 120_000 }

/** The body's code goes before the HTTP status: 455, 501 and 505 may come as either. */
function read(answer: ProviderResponse): {
  code: number
  data: unknown
  detail: string
  isEnvelope: boolean
} {
  const envelope = envelopeSchema.safeParse(answer.body)
  if (!envelope.success) {
    return { code: answer.status === 200 ? 0 : answer.status, data: undefined, detail: '', isEnvelope: false }
  }
  const { code, message, errors, data } = envelope.data
  const detail = [message ?? '', ...(errors ?? [])].join('; ')
  return { code: code ?? answer.status, data, detail, isEnvelope: true }
}

const envelopeSchema = z.object({
  code: z.number().nullish(),
  message: z.string().nullish().catch(null),
  errors: z.array(z.string()).nullish().catch(null),
  // A refusal has none (422: `{code, message, errors}`).
  data: z.unknown().optional(),
})

const acknowledgementSchema = z.object({ task_id: z.string().min(1) })

const estimateSchema = z.object({ credits: z.number().nonnegative() })

const taskSchema = z.object({
  task_id: z.string().min(1),
  status: z.string(),
  credits: z.number().nullish().catch(null),
  param: z
    .object({ callback_url: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  result: z
    .object({
      code: z.number().nullish().catch(null),
      message: z.string().nullish().catch(null),
      media_urls: z
        .array(z.unknown().transform((url) => (typeof url === 'string' ? [url] : [])))
        .transform((urls) => urls.flat())
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
})

type Task = z.infer<typeof taskSchema>
