/** The responses and webhooks of Runware: acknowledgements, refusals, statuses, prices. */

import type { Cost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { groupOutputs, mergeOutputs } from '../distinct-results.ts'
import { missingVideoFault } from '../failure.ts'
import { inconclusive, inconclusiveStatus, type ProviderResponse } from '../http.ts'
import type { Outcome, Submitted, TaskOfWebhook, WebhookItem } from '../provider.ts'
import { faultOf, isAboutTask, refusalOf } from './fault.ts'
import { distinctErrors, type Item, isError, itemsOf, resultOf } from './item.ts'

const provider = 'Runware'

export function readAcknowledgement(
  response: ProviderResponse,
  taskUUID: string,
  nowMs: number,
): Result<Submitted> {
  const { status, body } = response
  // 408 comes from a gateway after a timeout, whether the task arrived or not.
  if (status >= 500 || status === 408) return inconclusiveStatus('billable', provider, response)
  const items = itemsOf(body)
  const error = items.find(isError)
  // The UUID is in use, and only we knew it, so an earlier attempt arrived.
  if (error?.code === 'conflictTaskUUID') return ok({ providerTaskId: taskUUID })
  // The task may have been bought, even with an error beside it. Polling decides.
  const isNamed = items.some((item) => item.taskUUID === taskUUID && !isError(item))
  if (isNamed) return ok({ providerTaskId: taskUUID })
  if (error !== undefined || status >= 400) return refusalOf(error ?? {}, response, nowMs)
  return inconclusive('billable', 'Runware did not return the task.', { status })
}

/** The items about the task. They decide, not the HTTP status, which is that of the status request. */
export function readStatus(response: ProviderResponse, taskUUID: string, nowMs: number): Result<Item[]> {
  const { status, body } = response
  const items = itemsOf(body).filter((item) => item.taskUUID == null || item.taskUUID === taskUUID)
  const ours = items.filter((item) => item.taskUUID === taskUUID && !isOther(item))
  if (ours.length > 0) return ok(ours)
  const errors = items.filter(isError)
  const gone = errors.find(isGone)
  if (gone !== undefined) {
    const evidence = { code: gone.code, status }
    return fail('task_lost', 'Runware no longer knows the task.', { evidence })
  }
  const [error] = errors
  if (error !== undefined && status < 500) return refusalOf(error, response, nowMs)
  if (status >= 500 || body === undefined) return inconclusiveStatus('safe', provider, response)
  if (status >= 400) return refusalOf({}, response, nowMs)
  return fail('unreadable_answer', 'Runware returned no task.', { evidence: { status } })
}

/** Whether the response says that no such task ever arrived. An expired task had arrived. */
export function isNeverSeen({ body }: ProviderResponse, taskUUID: string): boolean {
  const gone = itemsOf(body)
    .filter((item) => item.taskUUID == null || item.taskUUID === taskUUID)
    .find((item) => isError(item) && isGone(item))
  return gone?.code === 'taskNotFound'
}

/** An error that is about the status request, or that says that there is no such task. */
function isOther(item: Item): boolean {
  return isError(item) && (isGone(item) || !isAboutTask(item))
}

function isGone({ code }: Item): boolean {
  return goneCodes.has(code ?? '')
}

/** The price of the whole task in US dollars, from a dry run. Undocumented; read like the cost of a result. */
export function readEstimate(response: ProviderResponse, nowMs: number): Result<Cost> {
  const { status, body } = response
  if (status >= 500 || body === undefined) return inconclusiveStatus('brief', provider, response)
  const items = itemsOf(body)
  const error = items.find(isError)
  if (error !== undefined || status >= 400) return refusalOf(error ?? {}, response, nowMs)
  const cost = items.find((item) => item.cost != null)?.cost
  if (cost == null || cost < 0) return fail('price_unknown', 'Runware gave no price.')
  return ok({ amount_usd: cost, source: 'provider_estimate' })
}

/** The outcome of a task, from the items of a status response or a webhook. Both have the same form. */
export function outcomeOf(items: readonly Item[], wanted: number, awaitsUpload = false): Outcome {
  const taskId = items[0]?.taskUUID ?? ''
  const results = groupOutputs(
    items.flatMap((item) => resultOf(item, awaitsUpload)),
    taskId,
  )
  const outputs = results.map((mentions) => mergeOutputs(mentions, taskId))
  const others = items.filter(
    (item) => resultOf(item, awaitsUpload).length === 0 && !outputs.some(({ id }) => id === item.videoUUID),
  )
  const errors = distinctErrors(others)
  const faults = errors.map(faultOf)
  const cost = costOf(results, errors)
  const running = others.filter((item) => !isError(item))
  // Each result ends separately. While some are missing, an error is that of one result, and the others may follow.
  const isOver = running.length === 0 && outputs.length + faults.length >= wanted
  const [firstFault] = faults
  if (isOver && outputs.length > 0) return { state: 'done', outputs, faults, ...cost }
  if (isOver && firstFault !== undefined) return { state: 'failed', fault: firstFault, ...cost }
  return { state: 'pending', finished: outputs, faults, ...progressOf(running) }
}

/** Counts the cost of each result once, even if it is mentioned several times. */
function costOf(results: readonly Priced[][], errors: readonly Priced[]): { cost?: Cost } {
  const costs = results.map((mentions) => mentions.find(({ cost }) => cost != null)?.cost)
  const reported = [...costs, ...errors.map(({ cost }) => cost)].filter((cost) => cost != null)
  // A sum without one of the results would be too low.
  if (reported.length === 0 || costs.some((cost) => cost == null)) return {}
  return { cost: { amount_usd: reported.reduce((total, amount) => total + amount, 0), source: 'provider' } }
}

type Priced = Pick<Item, 'cost'>

function progressOf(running: readonly Item[]) {
  const isFinished = running.length > 0 && running.every(({ status }) => status === 'success')
  const [first] = running
  const { status, progress } = first ?? {}
  const isUnknown = status != null && !['processing', 'pending', 'success'].includes(status)
  return {
    ...(progress != null && { progress: Math.min(100, Math.max(0, progress)) }),
    ...(isUnknown && { unknownStatus: status }),
    ...(isFinished && { withheld: missingVideoFault(provider) }),
  }
}

/** One item per result or error in the webhook body. */
export function readWebhook(body: unknown, tasks: readonly TaskOfWebhook[] = []): WebhookItem[] {
  const awaitsUpload = (taskUUID: string) =>
    tasks.some((task) => task.providerTaskId === taskUUID && task.awaitsUpload === true)
  return itemsOf(body).flatMap((item) => {
    const { taskUUID } = item
    if (taskUUID == null) return []
    return [{ providerTaskId: taskUUID, outcome: outcomeOf([item], 1, awaitsUpload(taskUUID)) }]
  })
}

const goneCodes = new Set(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])
