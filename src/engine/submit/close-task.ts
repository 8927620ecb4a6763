/** The end of a task that no provider has. */
import { type Fault, fault } from '../../core/fault.ts'
import { draftEvent } from '../../store/events.ts'
import { type Changes, changes } from '../../store/jobs/step.ts'
import type { OpenTask, RunningTask, Task } from '../../store/jobs/tasks.ts'
import { forgotten, isForgotten } from './forgotten.ts'

interface Closing {
  task: OpenTask | RunningTask
  status: 'rejected' | 'failed'
  fault: Fault
}

/**
 * A task that was ever unknown may have been bought, so it is never closed as rejected, whatever the response to its
 * last call was.
 */
export function closeTask({ task, ...closing }: Closing, nowMs: number): Changes {
  const mayBeBought = closing.status === 'rejected' && task.unknownAt !== null
  const status = mayBeBought ? 'failed' : closing.status
  const cause = mayBeBought ? neverResolved(task) : closing.fault
  const data = { provider: task.provider, fault: cause.code, message: cause.message }
  return changes({
    tasks: [{ ...task, status, fault: cause, endedAt: nowMs }],
    events: [draftEvent(`task.${status}`, data, nowMs)],
  })
}

/** Quotes the refusal of the last repeat, if there is one: the caller can act on it. */
export function neverResolved(task: Task): Fault {
  const { provider, fault: last } = task
  if (isForgotten(task)) return forgotten(provider)
  const isRefusal = last !== null && last.code !== 'answer_lost' && last.code !== 'submit_unknown'
  const refusal = isRefusal ? ` Its last response: ${last.message}` : ''
  return fault('submit_unknown', `${provider} never said whether it accepted the task.${refusal}`)
}
