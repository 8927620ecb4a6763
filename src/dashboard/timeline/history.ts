/** The data of the time axis. No I/O. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import type { AnswerView } from '../../api/jobs/answers.ts'
import type { JobView } from '../../core/job/view-schema.ts'

export interface JobHistory {
  job: JobView
  /** Of GET /v1/jobs/:id/events. */
  events: { id: string; type: string; created_at: string; data: Record<string, unknown> }[]
  /** Of GET /v1/deliveries?job_id=…, the oldest first. */
  deliveries: DeliveryView[]
  nowMs: number
}

/** The same with the answers, and the times of the job in milliseconds. */
export interface Known extends JobHistory {
  answers: readonly AnswerView[]
  startedAt: number
  /** Null: the job has not ended. */
  settledAt: number | null
  /** The end of the job, or now. */
  endOrNow: number
}

/** The last reason of a provider for a task that it has not canceled. Null: it gave none. */
export function notCanceledMessage(events: JobHistory['events'], taskId: string | null): string | null {
  const last = events.findLast(
    ({ type, data }) => type === 'task.not_canceled' && data.provider_task_id === taskId,
  )
  return typeof last?.data.message === 'string' ? last.data.message : null
}

/** The wait for a free slot: until the next that happens to a task. Null: there was none. */
export function slotWaitOf({ events, endOrNow }: Known) {
  const waiting = events.find(({ type }) => type === 'job.waiting')
  if (waiting === undefined) return null
  const from = Date.parse(waiting.created_at)
  const next = events.find(
    ({ type, created_at }) => type.startsWith('task.') && Date.parse(created_at) >= from,
  )
  return {
    from,
    to: next === undefined ? endOrNow : Date.parse(next.created_at),
    isOver: next !== undefined,
    waiting,
  }
}
