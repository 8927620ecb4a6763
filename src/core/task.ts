/**
 * A task: one submission to one provider on behalf of a job, a line in the submission ledger.
 * The line is written before the call that costs money, so that no crash can hide a bill. No I/O. No clock.
 */
import type { JobRequest } from './request/request.ts'

export const taskStatuses = [
  'preparing', // its media are being handed to the provider; nothing was asked of it yet
  'intended', // written, the billable call may be under way
  'deferred', // refused for now (busy, maintenance); nothing was bought; the same line is tried again
  'submitted', // the provider has it, under its own id
  'unknown', // the answer was lost: it may have been bought, so it is never blindly repeated
  'rejected', // refused for good; nothing was bought
  'succeeded',
  'failed',
] as const

export type TaskStatus = (typeof taskStatuses)[number]

/** What has to be known of a line to say what it may have bought. */
export interface TaskRecord {
  n: number
  clientReference: string
  wanted: number
  status: TaskStatus
  endedAt: number | null
  /** When the answer to one of its calls was first lost; null: each was answered. It is never taken back. */
  unknownAt: number | null
}

/** What a provider does with a second submission under the same client reference. */
export type Repeats = 'harmless' | 'billed_again'

/**
 * Whether a provider may bill the line. A refusal answers one call: it says nothing of an earlier one whose answer was
 * lost, so a line that was ever unknown may have been bought whatever followed.
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

/** Its answer was lost, and the caller allowed another submission in its place (`resubmit_unknown`). */
export function isReplaced({ status, endedAt }: Pick<TaskRecord, 'status' | 'endedAt'>): boolean {
  return status === 'unknown' && endedAt !== null
}

/**
 * The last line of defence before a billable call: may this line be submitted? What was bought and may have been bought
 * must stay within the outputs asked for, plus the one line that the caller allowed to be replaced. Proven refusals do
 * not count, nor does the same line again where the provider makes the repeat harmless.
 */
export function maySubmit(
  request: Pick<JobRequest, 'count' | 'resubmit_unknown'>,
  lines: readonly TaskRecord[],
  next: TaskRecord,
  repeats: Repeats,
): boolean {
  const before = lines.find(({ n }) => n === next.n)
  if (before !== undefined && mayBeBought(before)) {
    const isOpen = (before.status === 'intended' || before.status === 'unknown') && before.endedAt === null
    // Marked as unknown, lest a refusal of the repeat be taken for one of the first call.
    const isRepeat = isOpen && before.clientReference === next.clientReference && next.unknownAt !== null
    if (repeats !== 'harmless' || !isRepeat) return false
  }
  const others = lines.filter((line) => line.n !== next.n && mayBeBought(line))
  const replaced = others.filter(isReplaced).length
  if (replaced > (request.resubmit_unknown ? 1 : 0)) return false
  const asked = others.filter((line) => !isReplaced(line)).reduce((sum, { wanted }) => sum + wanted, 0)
  return asked + next.wanted <= request.count
}

/** What may bring the news of a task's end. */
export const completionSources = ['webhook', 'poll', 'upload'] as const

export type CompletionSource = (typeof completionSources)[number]
