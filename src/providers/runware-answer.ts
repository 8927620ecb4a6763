/** What Runware says: acknowledgements, statuses, webhooks and refusals, which all share one item shape. */
import { z } from 'zod'
import { done, type Fault, type FaultCode, fault, type Result } from '../core/fault.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { type Answer, lost, soundsModerated } from './http.ts'
import type { Outcome, RemoteOutput, WebhookItem } from './provider.ts'

export function readAcknowledgement(answer: Answer, taskUUID: string, nowMs: number) {
  if (answer.status >= 500)
    return lost('billable', `Runware answered ${answer.status}`, { status: answer.status })
  const items = itemsOf(answer.body)
  const error = items.find(isError)
  // Our UUID is already taken, and only we knew it: the earlier try arrived.
  if (error?.code === 'conflictTaskUUID') return done({ providerTaskId: taskUUID })
  if (error !== undefined || answer.status >= 400) return refusal(error ?? {}, answer, nowMs)
  if (items.some((item) => item.taskUUID === taskUUID)) return done({ providerTaskId: taskUUID })
  return lost('billable', 'Runware did not name the task in its answer', { status: answer.status })
}

export function readStatus(answer: Answer, taskUUID: string, nowMs: number): Result<Item[]> {
  const { status } = answer
  if (status >= 500 || answer.body === undefined)
    return lost('safe', `Runware answered ${status}`, { status })
  const items = itemsOf(answer.body)
  const gone = items.find((item) => isError(item) && lostCodes.has(item.code ?? ''))
  if (gone !== undefined) {
    return fault('task_lost', 'Runware no longer knows the task.', {
      evidence: { code: gone.code, status },
    })
  }
  if ([401, 402, 403, 408, 429].includes(status)) return refusal(items.find(isError) ?? {}, answer, nowMs)
  const ours = items.filter((item) => item.taskUUID === taskUUID)
  const error = items.find(isError)
  // Refused is the question, not the task: what was asked about is not named.
  if (ours.length === 0 && (error !== undefined || status >= 400)) return refusal(error ?? {}, answer, nowMs)
  return done(ours)
}

/** The state of a task from the items of a status answer, or of its webhooks: both speak the same way. */
export function outcomeOf(items: readonly Item[], wanted: number): Outcome {
  const outputs = items.flatMap(outputOf)
  const faults = items.filter(isError).map(faultOf)
  const costs = items.flatMap((item) => (item.cost == null ? [] : [item.cost]))
  const cost = costs.length > 0 && {
    cost: {
      amount_usd: costs.reduce((total, amount) => total + amount, 0),
      source: 'provider' as const,
    },
  }
  const running = items.find((item) => !isError(item) && outputOf(item).length === 0)
  // Each result ends by itself. While some are missing, an error is one result's, and the others may still come.
  const isOver = running === undefined && outputs.length + faults.length >= wanted
  const [firstFault] = faults
  if (isOver && outputs.length > 0) return { state: 'done', outputs, faults, ...cost }
  if (isOver && firstFault !== undefined) return { state: 'failed', fault: firstFault, ...cost }
  const unknown = running?.status != null && !['processing', 'pending', 'success'].includes(running.status)
  return {
    state: 'pending',
    finished: outputs,
    faults,
    ...(running?.progress != null && { progress: Math.min(100, Math.max(0, running.progress)) }),
    ...(unknown && { unknownStatus: running.status as string }),
  }
}

/** One item for each result or error that a webhook body holds. */
export function readWebhook(body: unknown): WebhookItem[] {
  return itemsOf(body).flatMap(webhookItemOf)
}

function webhookItemOf(item: Item): WebhookItem[] {
  return item.taskUUID == null ? [] : [{ providerTaskId: item.taskUUID, outcome: outcomeOf([item], 1) }]
}

function outputOf(item: Item): RemoteOutput[] {
  return item.videoURL == null ? [] : [{ id: item.videoUUID ?? item.videoURL, url: item.videoURL }]
}

function isError(item: Item): boolean {
  return item.status === 'error' || item.code != null
}

function faultOf(item: Item): Fault {
  const code = item.code ?? 'unknown'
  const message = item.message ?? ''
  const isModerated =
    moderationCodes.has(code) || (/^(provider|inference)Error$/.test(code) && soundsModerated(message))
  return {
    code: isModerated ? 'moderated' : 'generation_failed',
    message: isModerated
      ? 'Runware blocked the content.'
      : `Runware could not make the video (${nameOf(code)}).`,
    evidence: { code, message },
  }
}

/** A refusal decides: nothing was bought, or nothing was learned. */
function refusal(item: Partial<Item>, answer: Answer, nowMs: number) {
  const providerCode = item.code ?? ''
  const message = item.message ?? ''
  const parameter = [item.parameter ?? []].flat().map(nameOf).join(', ')
  const code = refusalCode(providerCode, answer.status)
  return fault(
    code,
    `Runware refused: ${providerCode ? nameOf(providerCode) : answer.status}${parameter && ` (${parameter})`}.`,
    {
      evidence: { code: providerCode, message, status: answer.status },
      retryAfterMs: retryAfterMs(answer.headers, nowMs),
    },
  )
}

// Families by name, as the SDK's own classifier has them; the status decides where the name says nothing.
function refusalCode(code: string, status: number): FaultCode {
  if (moderationCodes.has(code)) return 'moderated'
  if (/credits|quota|balance|paymentRequired/i.test(code)) return 'out_of_credit'
  if (/apiKey$|unauthorized/i.test(code)) return 'auth'
  if (/^(noAvailableServer|modelUnavailable)$/.test(code)) return 'unavailable'
  if (/^(invalid|missing|conflict|duplicate|unsupported|max)/.test(code)) return 'bad_request'
  const byStatus: Record<number, FaultCode> = {
    401: 'auth',
    402: 'out_of_credit',
    403: 'not_entitled',
    408: 'unavailable',
    429: 'rate_limited',
  }
  return byStatus[status] ?? 'bad_request'
}

// A name may be shown; whatever else stands in its place, an echo of our key perhaps, may not.
function nameOf(text: string): string {
  return /^[\w.[\]]{1,64}$/.test(text) ? text : 'unnamed'
}

const lostCodes = new Set(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])

const moderationCodes = new Set([
  'contentPolicyViolation',
  'providerContentPolicyViolation',
  'sensitiveContentDetected',
  'nsfwContentDetected',
  'promptBlocked',
  'imageBlocked',
  'moderationFailed',
])

/** Every documented shape of an answer or a webhook: flat, array, `data`, `errors`, both, or one `error`. */
function itemsOf(body: unknown): Item[] {
  const envelope = envelopeSchema.safeParse(body)
  const { data, errors } = envelope.success ? envelope.data : {}
  const listed = [...(data ?? []), ...(errors ?? []).map((error) => asError(error))]
  const bare = data == null && errors == null ? [body].flat() : []
  return [...bare, ...listed].flatMap((item) => {
    const parsed = itemSchema.safeParse(item)
    return parsed.success ? [parsed.data] : []
  })
}

function asError(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? { ...error, status: 'error' } : error
}

const envelopeSchema = z.object({
  data: z.array(z.unknown()).nullish(),
  errors: z.array(z.unknown()).nullish(),
})

// A field that only informs must not cost us the item that it stands in.
const text = z.string().nullish().catch(null)
const name = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null)

const itemSchema = z
  .object({
    taskUUID: z.string().nullish(),
    status: text,
    progress: z.number().nullish().catch(null),
    videoUUID: text,
    videoURL: text,
    cost: z.number().nullish().catch(null),
    code: name,
    message: text,
    parameter: z
      .union([z.string(), z.array(z.string())])
      .nullish()
      .catch(null),
    error: z
      .union([
        z.object({ code: name, message: text }),
        z.unknown().transform(() => ({ code: null, message: null })),
      ])
      .nullish(),
  })
  // A refusal before the task has its one `error` beside the task's name: the same thing, one level down.
  .transform(({ error, ...item }) => ({
    ...item,
    ...(error != null && {
      status: 'error',
      code: item.code ?? error.code ?? null,
      message: item.message ?? error.message ?? null,
    }),
  }))

export type Item = z.infer<typeof itemSchema>
