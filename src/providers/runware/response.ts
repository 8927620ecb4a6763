/** What Runware's answers and webhooks mean: accepted or refused, how a task is, what a webhook announces. */

import type { Cost } from '../../core/cost.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { groupOutputs, mergeOutputs } from '../distinct-results.ts'
import { moderatedBy } from '../failure.ts'
import { answerLost, type ProviderResponse } from '../http.ts'
import type { Outcome, TaskOfWebhook, WebhookItem } from '../provider.ts'
import { faultOf, isAboutTask, refusal } from './fault.ts'
import { distinctErrors, type Item, isError, itemsOf, resultOf } from './item.ts'

export function readAcknowledgement(answer: ProviderResponse, taskUUID: string, nowMs: number) {
  // A gateway that gave up waiting answers 408, whether the task arrived or not.
  if (answer.status >= 500 || answer.status === 408)
    return answerLost('billable', `Runware answered ${answer.status}`, { status: answer.status })
  const items = itemsOf(answer.body)
  const error = items.find(isError)
  // Our UUID is already taken, and only we knew it: the earlier try arrived.
  if (error?.code === 'conflictTaskUUID') return ok({ providerTaskId: taskUUID })
  // It may be bought, whatever error stands beside it; its status tells.
  const isNamed = items.some((item) => item.taskUUID === taskUUID && !isError(item))
  if (isNamed) return ok({ providerTaskId: taskUUID })
  if (error !== undefined || answer.status >= 400) return refusal(error ?? {}, answer, nowMs)
  return answerLost('billable', 'Runware did not name the task in its answer', { status: answer.status })
}

/** What an answer says of the task. The items decide, not the HTTP status, which is that of the question. */
export function readStatus(answer: ProviderResponse, taskUUID: string, nowMs: number): Result<Item[]> {
  const { status, body } = answer
  const items = itemsOf(body).filter((item) => item.taskUUID == null || item.taskUUID === taskUUID)
  const ours = items.filter((item) => item.taskUUID === taskUUID && !isOther(item))
  if (ours.length > 0) return ok(ours)
  const errors = items.filter(isError)
  const gone = errors.find(isGone)
  if (gone !== undefined) {
    return fail('task_lost', 'Runware no longer knows the task.', {
      evidence: { code: gone.code, status },
    })
  }
  const [error] = errors
  if (error !== undefined && status < 500) return refusal(error, answer, nowMs)
  if (status >= 500 || body === undefined) return answerLost('safe', `Runware answered ${status}`, { status })
  if (status >= 400) return refusal({}, answer, nowMs)
  return fail('unreadable_answer', 'Runware answered without the task.', { evidence: { status } })
}

/** Whether the answer says that no such task ever came: an expired task had come. */
export function isNeverSeen({ body }: ProviderResponse, taskUUID: string): boolean {
  const gone = itemsOf(body)
    .filter((item) => item.taskUUID == null || item.taskUUID === taskUUID)
    .find((item) => isError(item) && isGone(item))
  return gone?.code === 'taskNotFound'
}

/** An error that is about the question, or says that there is no such task. */
function isOther(item: Item): boolean {
  return isError(item) && (isGone(item) || !isAboutTask(item))
}

function isGone({ code }: Item): boolean {
  return lostCodes.has(code ?? '')
}

/** Of a rehearsal: the price of the whole task, in dollars. Its shape is undocumented; results tell theirs so. */
export function readEstimate(answer: ProviderResponse, nowMs: number): Result<Cost> {
  const { status } = answer
  if (status >= 500 || answer.body === undefined)
    return answerLost('brief', `Runware answered ${status}`, { status })
  const items = itemsOf(answer.body)
  const error = items.find(isError)
  if (error !== undefined || status >= 400) return refusal(error ?? {}, answer, nowMs)
  const cost = items.find((item) => item.cost != null)?.cost
  if (cost == null || cost < 0) return fail('price_unknown', 'Runware named no price.')
  return ok({ amount_usd: cost, source: 'provider_estimate' })
}

/** The state of a task from the items of a status answer, or of its webhooks: both have the same form. */
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
  // Each result ends by itself. While some are missing, an error is one result's, and the others may still come.
  const isOver = running.length === 0 && outputs.length + faults.length >= wanted
  const [firstFault] = faults
  if (isOver && outputs.length > 0) return { state: 'done', outputs, faults, ...cost }
  if (isOver && firstFault !== undefined) return { state: 'failed', fault: firstFault, ...cost }
  return { state: 'pending', finished: outputs, faults, ...standingOf(running) }
}

/** Each result's cost once, however often it is mentioned. */
function costOf(results: readonly Priced[][], errors: readonly Priced[]): { cost?: Cost } {
  const costs = results.map((mentions) => mentions.find(({ cost }) => cost != null)?.cost)
  const known = [...costs, ...errors.map(({ cost }) => cost)].filter((cost) => cost != null)
  // A sum that leaves a result out is no price.
  if (known.length === 0 || costs.some((cost) => cost == null)) return {}
  return { cost: { amount_usd: known.reduce((total, amount) => total + amount, 0), source: 'provider' } }
}

type Priced = Pick<Item, 'cost'>

function standingOf(running: readonly Item[]) {
  const isFinished = running.length > 0 && running.every(({ status }) => status === 'success')
  const [first] = running
  const { status, progress } = first ?? {}
  const isUnknown = status != null && !['processing', 'pending', 'success'].includes(status)
  return {
    ...(progress != null && { progress: Math.min(100, Math.max(0, progress)) }),
    ...(isUnknown && { unknownStatus: status }),
    ...(isFinished && { withheld: moderatedBy('Runware') }),
  }
}

/** One item for each result or error that a webhook body holds. */
export function readWebhook(body: unknown, tasks: readonly TaskOfWebhook[] = []): WebhookItem[] {
  const awaitsUpload = (taskUUID: string) =>
    tasks.some((task) => task.providerTaskId === taskUUID && task.awaitsUpload === true)
  return itemsOf(body).flatMap((item) => {
    const { taskUUID } = item
    if (taskUUID == null) return []
    return [{ providerTaskId: taskUUID, outcome: outcomeOf([item], 1, awaitsUpload(taskUUID)) }]
  })
}

const lostCodes = new Set(['taskNotFound', 'taskExpired', 'taskFailedOrNotFound'])
