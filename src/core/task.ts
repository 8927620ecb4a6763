/**
 * A task: one submission to one provider on behalf of a job, a line in the submission ledger.
 * The line is written before the call that costs money, so that no crash can hide a bill. No I/O. No clock.
 */
import type { ProviderName } from './request.ts'

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

/** What may bring the news of a task's end. */
export const winners = ['webhook', 'poll', 'upload'] as const

export type Winner = (typeof winners)[number]

/** What a provider needs to know of a task to be asked about it. */
export interface SubmittedTask {
  provider: ProviderName
  /** Our own name for the submission, made before the call: Runware's `taskUUID`. */
  clientReference: string
  /** The provider's name for it. */
  providerTaskId: string
  /** How many outputs were asked of it. */
  wanted: number
  /** It was given a URL to PUT its video to. */
  awaitsUpload?: boolean
}
