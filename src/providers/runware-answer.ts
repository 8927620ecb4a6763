/** What Runware's answers and webhooks mean: accepted or refused, how a task is, what a webhook announces. */
import { done, fault, type Result } from '../core/fault.ts'
import type { Cost } from '../core/money.ts'
import { type Answer, lost } from './http.ts'
import type { Outcome, WebhookItem } from './provider.ts'
import { faultOf, refusal } from './runware-fault.ts'
import { type Item, isError, itemsOf, outputOf } from './runware-item.ts'

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

/** Of a rehearsal: the price of the whole task, in dollars. Its shape is undocumented; results tell theirs so. */
export function readEstimate(answer: Answer, nowMs: number): Result<Cost> {
  const { status } = answer
  if (status >= 500 || answer.body === undefined)
    return lost('brief', `Runware answered ${status}`, { status })
  const items = itemsOf(answer.body)
  const error = items.find(isError)
  if (error !== undefined || status >= 400) return refusal(error ?? {}, answer, nowMs)
  const cost = items.find((item) => item.cost != null)?.cost
  if (cost == null || cost < 0) return fault('price_unknown', 'Runware named no price.')
  return done({ amount_usd: cost, source: 'provider_estimate' })
}

/** The state of a task from the items of a status answer, or of its webhooks: both speak the same way. */
export function outcomeOf(items: readonly Item[], wanted: number, awaitsUpload = false): Outcome {
  const outputs = items.flatMap((item) => outputOf(item, awaitsUpload))
  const faults = items.filter(isError).map(faultOf)
  const costs = items.flatMap((item) => (item.cost == null ? [] : [item.cost]))
  // A sum that leaves a result out is no price.
  const cost = costs.length > 0 &&
    costs.length >= outputs.length && {
      cost: {
        amount_usd: costs.reduce((total, amount) => total + amount, 0),
        source: 'provider' as const,
      },
    }
  const running = items.find((item) => !isError(item) && outputOf(item, awaitsUpload).length === 0)
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
export function readWebhook(body: unknown, awaited?: ReadonlySet<string>): WebhookItem[] {
  return itemsOf(body).flatMap((item) => {
    const { taskUUID } = item
    if (taskUUID == null) return []
    return [{ providerTaskId: taskUUID, outcome: outcomeOf([item], 1, awaited?.has(taskUUID)) }]
  })
}

const lostCodes = new Set(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])
