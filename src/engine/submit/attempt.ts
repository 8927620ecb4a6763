/** The results of one attempt to submit. The parts of submit return them; only submit.ts turns them into steps. */
import type { Subscription } from '../../core/event.ts'
import type { Fault } from '../../core/fault.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { resolveWaitMs } from '../../core/schedule/waits.ts'
import type { Provider, Submitted } from '../../providers/provider.ts'
import type { Step } from '../../store/jobs/step.ts'
import type { OpenTask } from '../../store/jobs/tasks.ts'

export type Attempt = Accepted | Unknown | Refused | Replaced | Closed | Waiting | Done

export interface Accepted {
  result: 'accepted'
  provider: Provider
  task: OpenTask
  submitted: Submitted
  /** The response was lost, and the task was found at the provider: it may have ended already. */
  isRecovered: boolean
  /** Read before the billable call, so that nothing fails between the call and the commit of its response. */
  subscriptions?: Subscription[] | undefined
}

/** The response was lost: the task may have been bought. */
export interface Unknown {
  result: 'unknown'
  task: OpenTask
  fault: Fault
  waitMs: number
}

/** Nothing was bought. The provider refused the submission, or an input could not be handed over. */
export interface Refused {
  result: 'refused'
  task: OpenTask
  fault: Fault
  /** Retrying at the same provider cannot help. */
  isFinal: boolean
}

/** The task stays unknown, and the caller allowed another submission in its place. */
export interface Replaced {
  result: 'replaced'
  task: OpenTask
  provider: ProviderName
}

/** The time for this task is over. */
interface Closed {
  result: 'closed'
  task: OpenTask
  status: 'rejected' | 'failed'
  fault: Fault
}

/** The attempt continues in a later step: no slot is free, or the provider does not have the inputs yet. */
interface Waiting {
  result: 'waiting'
  step: Step
}

/** Nothing is left to submit. `reason`: why, where no task has a fault. */
interface Done {
  result: 'done'
  reason?: Fault
}

export function unknownAttempt(task: OpenTask, fault: Fault, nowMs: number): Unknown {
  const unknownAt = task.unknownAt ?? nowMs
  return {
    result: 'unknown',
    task: { ...task, unknownAt },
    fault,
    waitMs: resolveWaitMs(nowMs - unknownAt),
  }
}
