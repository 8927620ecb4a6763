/**
 * When a submission whose response was lost counts as never accepted, so that it may be submitted again or elsewhere. Only
 * this file decides that. All of these must hold:
 *
 * - The call was recorded, and the database has not been restored since: the call that is proven absent is the only one.
 * - The provider's whole list lacked the task twice (`unlisted` in `providers/provider.ts`), with at least a minute
 *   between, and nothing in between showed a task that might be it.
 * - The first of these looks came at least two minutes after the call was recorded, the last at least four. The request is
 *   sent within 35 seconds of that record or not at all (`maxCallDelayMs`, and the wait for a connection), and is aborted 30
 *   seconds later. So a list may lag by two minutes and still show the task in time.
 *
 * A task that a webhook names after the proof, and before the next call, puts it in doubt: the list is looked at again.
 *
 * No I/O. No clock.
 */
import { type Fault, fault } from '../../core/fault.ts'
import type { Restoration } from '../../core/restoration.ts'
import { absentAfterMs, absentBetweenMs, absentSinceMs } from '../../core/schedule/jobs.ts'
import type { Task } from '../../store/jobs/tasks.ts'

export type Absence =
  | { state: 'proven' }
  /** `since`: the first look that counts. Undefined: none does yet. `lookInMs`: when another look is of use. */
  | { state: 'possible'; since: number | undefined; lookInMs: number }

/** `task`: as it was at `nowMs`, just before the provider was asked and answered `unlisted`. */
export function absenceOf(task: Task, restored: Restoration | null, nowMs: number): Absence {
  const { intendedAt, attempts } = task
  const firstLookAt = intendedAt + absentSinceMs
  if (nowMs < firstLookAt) return { state: 'possible', since: undefined, lookInMs: firstLookAt - nowMs }
  const before = unlistedSince(task)
  const since = before !== undefined && before >= firstLookAt ? before : nowMs
  const lastLookAt = Math.max(intendedAt + absentAfterMs, since + absentBetweenMs)
  if (nowMs < lastLookAt) return { state: 'possible', since, lookInMs: lastLookAt - nowMs }
  const isOnlyCall = attempts > 0 && restored === null
  return isOnlyCall ? { state: 'proven' } : { state: 'possible', since, lookInMs: Number.POSITIVE_INFINITY }
}

/** The fault of a submission that is proven absent. `namedTaskIds`: those of the webhooks that did not contradict it. */
export function absentFault(provider: string, namedTaskIds: readonly string[]): Fault {
  const message = `${provider} does not list the submission, so it never accepted it.`
  const deniedTaskIds = Object.fromEntries(namedTaskIds.map((id) => [id, 1]))
  return fault('unavailable', message, { deniedTaskIds })
}

/** Whether a webhook named another task since the proof. Only the fault of a proof remembers ids in a deferred task. */
export function isInDoubt({ status, fault }: Task, namedTaskIds: readonly string[]): boolean {
  const denied = status === 'deferred' ? fault?.deniedTaskIds : undefined
  return denied !== undefined && namedTaskIds.some((id) => denied[id] === undefined)
}

/** The memory of a search that could not ask: what was seen before still counts. */
export function unlistedSince({ fault }: Pick<Task, 'fault'>): Fault['unlistedSince'] {
  return fault?.unlistedSince
}
