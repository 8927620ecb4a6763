/**
 * A task: one submission to one provider for a job. The tasks of a job are its submission record. A task is written before
 * the billable call, so that no crash can hide a bill. No I/O. No clock.
 */
import type { JobRequest } from '../request/request.ts'

export const taskStatuses = [
  'preparing', // its inputs are being handed over; the billable call was not made
  'intended', // written; the billable call may be under way
  'deferred', // refused for now (busy, maintenance); nothing was bought; the same task is retried
  'submitted', // the provider has it, under an id of the provider
  'unknown', // the response was lost: it may have been bought, so it is never repeated blindly
  'rejected', // refused for good; nothing was bought
  'succeeded',
  'failed',
] as const

export type TaskStatus = (typeof taskStatuses)[number]

/** The part of a task that decides what it may have bought. */
export interface TaskRecord {
  n: number
  clientReference: string
  wanted: number
  status: TaskStatus
  endedAt: number | null
  /**
   * When the response to one of its calls was first lost; null: none was. It is reset only by the proof that no call arrived
   * (`engine/submit/absence.ts`).
   */
  unknownAt: number | null
}

/** How a provider treats a second submission under the same client reference. */
export type Repeats = 'harmless' | 'billed_again'

/**
 * Whether a provider may bill the task. A refusal is about one call. It proves nothing about an earlier call whose response
 * was lost, so a task that was ever unknown may have been bought, whatever followed.
 */
export function mayBeBought({ status, unknownAt }: Pick<TaskRecord, 'status' | 'unknownAt'>): boolean {
  switch (status) {
    case 'preparing':
    case 'deferred':
    case 'rejected':
      return unknownAt !== null
    case 'intended':
    case 'unknown':
    case 'submitted':
    case 'succeeded':
    case 'failed':
      return true
  }
}

/** Its response was lost, and the caller allowed another task in its place (`resubmit_unknown`). */
export function isReplaced({ status, endedAt }: Pick<TaskRecord, 'status' | 'endedAt'>): boolean {
  return status === 'unknown' && endedAt !== null
}

/**
 * The last check before a billable call: may this task be submitted? The outputs that were or may have been bought must
 * not exceed the requested count, plus one task that the caller allowed to be replaced. Proven refusals do not count, nor
 * does a repeat of the same task where the provider makes it harmless.
 */
export function maySubmit(
  request: Pick<JobRequest, 'count' | 'resubmit_unknown'>,
  tasks: readonly TaskRecord[],
  next: TaskRecord,
  repeats: Repeats,
): boolean {
  const before = tasks.find(({ n }) => n === next.n)
  if (before !== undefined && mayBeBought(before)) {
    const isOpen = (before.status === 'intended' || before.status === 'unknown') && before.endedAt === null
    // Marked as unknown, so that a refusal of the repeat is not taken for a refusal of the first call.
    const isRepeat = isOpen && before.clientReference === next.clientReference && next.unknownAt !== null
    if (repeats !== 'harmless' || !isRepeat) return false
  }
  const others = tasks.filter((task) => task.n !== next.n && mayBeBought(task))
  const replaced = others.filter(isReplaced).length
  if (replaced > (request.resubmit_unknown ? 1 : 0)) return false
  const requested = others.filter((task) => !isReplaced(task)).reduce((sum, { wanted }) => sum + wanted, 0)
  return requested + next.wanted <= request.count
}

/** How the end of a task is noticed. */
export const completionSources = ['webhook', 'poll', 'upload'] as const

export type CompletionSource = (typeof completionSources)[number]
