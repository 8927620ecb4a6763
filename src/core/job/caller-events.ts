/** The events of a job that callers can receive, from its timeline. No I/O. No clock. */
import type { JobEventType } from '../event.ts'
import type { Entry } from './made-entries.ts'

export interface CallerEvent {
  /** The `webhook-id` of its deliveries, if it has any. */
  id: string
  type: JobEventType
  createdAt: number
  /** The number of the output that it is about. */
  output?: number
}

/** `timeline`: oldest first. */
export function callerEvents(timeline: readonly Entry[]): CallerEvent[] {
  // A job is generating from its first accepted task on.
  const first = timeline.find(({ type }) => type === 'task.submitted')
  return timeline.flatMap(({ id, type, createdAt, data }): CallerEvent[] => {
    switch (type) {
      case 'task.submitted':
        return id === first?.id ? [{ id, type: 'job.generating', createdAt }] : []
      case 'output.stored':
        return typeof data.n === 'number' ? [{ id, type, createdAt, output: data.n }] : []
      case 'job.succeeded':
      case 'job.failed':
      case 'job.canceled':
        return [{ id, type, createdAt }]
      default:
        return []
    }
  })
}
