/**
 * The ids of our tasks at fal: `seedance-2.0/<request id>`. The address of a request has its app and its id, and not
 * the rest of the endpoint's path (fal, "Inference API", Model IDs and paths). No I/O.
 */
import type { Model } from '../../core/request/choices.ts'
import type { TaskOfWebhook } from '../provider.ts'
import { tiers } from './request.ts'

export function taskIdOf(model: Model, requestId: string): string {
  const [app] = tiers[model].split('/')
  return `${app}/${requestId}`
}

/** The path of the request below the queue's address. Null: it is not an id of fal's tasks. */
export function pathOf(taskId: string): string | null {
  const [, app, requestId] = /^([\w.-]+)\/(.+)$/s.exec(taskId) ?? []
  if (app === undefined || requestId === undefined) return null
  return `/bytedance/${app}/requests/${encodeURIComponent(requestId.toWellFormed())}`
}

/**
 * The task that a webhook is about. A webhook has the request id only, so the app is that of a task that has this id, or
 * else of the job's model. Null: the job has no task.
 */
export function taskIdAmong(tasks: readonly TaskOfWebhook[], requestId: string): string | null {
  const known = tasks.find(
    ({ providerTaskId }) => providerTaskId?.split('/').slice(1).join('/') === requestId,
  )
  if (known?.providerTaskId != null) return known.providerTaskId
  const [first] = tasks
  return first === undefined ? null : taskIdOf(first.model, requestId)
}
