/**
 * judge: what one answer to a status question proves. A failure is believed once it is confirmed, by asking again or by
 * the task's webhooks; until then the task goes on.
 */
import { type Fault, ok, type Result } from '../../core/fault.ts'
import { isConfirmed, type PollFailure, pollFailureAfter } from '../../core/poll-failure.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import type { Outcome } from '../../providers/provider.ts'
import type { Announcement } from './webhook-hints.ts'

interface Asked {
  providerTaskId: string
  wanted: number
  /** As it was before the answer, with what is remembered of earlier ones. */
  fault: Fault | null
}

type Pending = Extract<Outcome, { state: 'pending' }>
type Ended = Exclude<Outcome, Pending>

/** A result that is named twice is one. With others missing, the task has not ended. */
export function counted(answer: Result<Outcome>, { providerTaskId, wanted }: Asked): Result<Outcome> {
  if (!answer.ok || answer.value.state === 'failed') return answer
  if (answer.value.state === 'pending') {
    return ok({ ...answer.value, finished: distinctOutputs(answer.value.finished, providerTaskId) })
  }
  const { faults } = answer.value
  const outputs = distinctOutputs(answer.value.outputs, providerTaskId)
  const isWhole = outputs.length === answer.value.outputs.length || outputs.length + faults.length >= wanted
  return ok(isWhole ? { ...answer.value, outputs } : { state: 'pending', finished: outputs, faults })
}

/** What one answer makes known. A failure is an outcome once it is confirmed; until then the task goes on. */
export function interpretStatus(
  task: Asked,
  answer: Result<Outcome>,
  announced: Announcement | null,
  nowMs: number,
): { trouble: PollFailure | null; said: Outcome | null } {
  const complaint = failureIn(answer)
  const trouble = complaint && pollFailureAfter(task.fault, complaint, nowMs)
  if (!answer.ok) return { trouble, said: null }
  if (trouble === null || answer.value.state === 'pending') return { trouble, said: answer.value }
  const isBelieved = isConfirmed(trouble, nowMs) || isAnnounced(answer.value, announced)
  return { trouble, said: isBelieved ? answer.value : unconfirmed(answer.value) }
}

/** What is wrong in an answer. Null: nothing is. */
export function failureIn(answer: Result<Outcome>): Pick<PollFailure, 'kind' | 'fault'> | null {
  if (!answer.ok) {
    const { fault } = answer
    return { kind: fault.code === 'task_lost' ? 'lost' : 'silent', fault }
  }
  const outcome = answer.value
  if (outcome.state === 'pending') {
    return outcome.withheld === undefined ? null : { kind: 'withheld', fault: outcome.withheld }
  }
  const [fault] = faultsOf(outcome)
  return fault === undefined ? null : { kind: 'failed', fault }
}

function faultsOf(ended: Ended): Fault[] {
  return ended.state === 'done' ? ended.faults : [ended.fault]
}

/** Whether the webhooks have announced the same end, with as many failures. */
function isAnnounced(ended: Ended, announced: Announcement | null): boolean {
  const other = announced?.outcome ?? null
  return other?.state === ended.state && faultsOf(other).length >= faultsOf(ended).length
}

function unconfirmed(ended: Ended): Pending {
  const finished = ended.state === 'done' ? ended.outputs : []
  return { state: 'pending', finished, faults: faultsOf(ended) }
}
