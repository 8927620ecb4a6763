/**
 * Interprets one status response. A reported failure is accepted once it is confirmed, by another poll or by the
 * task's webhooks. Until then the task is still pending.
 */
import { type Fault, ok, type Result } from '../../core/fault.ts'
import {
  isConfirmed,
  type PollFailure,
  type PollFailureRecord,
  pollFailureAfter,
} from '../../core/poll-failure.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import type { Outcome } from '../../providers/provider.ts'
import type { Announcement } from './hints.ts'

type Pending = Extract<Outcome, { state: 'pending' }>
type Ended = Exclude<Outcome, Pending>

/** Counts a result that is named twice once. If others are missing then, the task has not ended. */
export function withDistinctOutputs(
  response: Result<Outcome>,
  { providerTaskId, wanted }: { providerTaskId: string; wanted: number },
): Result<Outcome> {
  if (!response.ok || response.value.state === 'failed') return response
  if (response.value.state === 'pending') {
    return ok({ ...response.value, finished: distinctOutputs(response.value.finished, providerTaskId) })
  }
  const { faults } = response.value
  const outputs = distinctOutputs(response.value.outputs, providerTaskId)
  const isWhole = outputs.length === response.value.outputs.length || outputs.length + faults.length >= wanted
  return ok(isWhole ? { ...response.value, outputs } : { state: 'pending', finished: outputs, faults })
}

/** `outcome` is null where the response does not show the task's state. */
export function interpretStatus(
  before: PollFailureRecord | null,
  response: Result<Outcome>,
  announced: Announcement | null,
  nowMs: number,
): { failure: PollFailure | null; outcome: Outcome | null } {
  const reported = failureIn(response)
  const failure = reported && pollFailureAfter(before, reported, nowMs)
  if (!response.ok) return { failure, outcome: null }
  const outcome = response.value
  if (failure === null || outcome.state === 'pending') return { failure, outcome }
  const isAccepted = isConfirmed(failure, nowMs) || isAnnounced(outcome, announced)
  return { failure, outcome: isAccepted ? outcome : stillPending(outcome) }
}

/** The failure that a response reports. Null: it reports none. */
export function failureIn(response: Result<Outcome>): Pick<PollFailure, 'kind' | 'fault'> | null {
  if (!response.ok) {
    const { fault } = response
    return { kind: fault.code === 'task_lost' ? 'lost' : 'silent', fault }
  }
  const outcome = response.value
  if (outcome.state === 'pending') {
    return outcome.withheld === undefined ? null : { kind: 'withheld', fault: outcome.withheld }
  }
  const [fault] = faultsOf(outcome)
  return fault === undefined ? null : { kind: 'failed', fault }
}

function faultsOf(ended: Ended): Fault[] {
  return ended.state === 'done' ? ended.faults : [ended.fault]
}

/** Whether what was received announces the same end, with at least as many failures. */
function isAnnounced(ended: Ended, announced: Announcement | null): boolean {
  const other = announced?.outcome ?? null
  return other?.state === ended.state && faultsOf(other).length >= faultsOf(ended).length
}

function stillPending(ended: Ended): Pending {
  const finished = ended.state === 'done' ? ended.outputs : []
  return { state: 'pending', finished, faults: faultsOf(ended) }
}
