/**
 * The provider contract. A provider is one file that turns our words into theirs and back; it knows HTTP and
 * `core`, and nothing of rows, queues or callers.
 */
import type { z } from 'zod'
import type { Fault, Result } from '../core/fault.ts'
import type { Cost } from '../core/money.ts'
import type { AspectRatio, JobRequest, Mode, Model, ProviderName, Resolution } from '../core/request.ts'
import type { Pace } from '../core/schedule.ts'
import type { SubmittedTask } from '../core/task.ts'

export interface Provider {
  name: ProviderName
  capabilities: Capabilities
  /** Its remaining documented parameters, as `provider_options` may hold them. */
  options: z.ZodType
  /** Pure: every reason why this provider cannot make this request; none means that it can. */
  refuse(request: JobRequest): Reason[]
  /** Pure: what this provider would make differently from what was asked. */
  warn(request: JobRequest): Reason[]
  /**
   * The billable call, under a name that we chose before it. `answer_lost` means that nobody knows whether it was bought; every other fault means that
   * nothing was.
   */
  submit(submission: Submission): Promise<Result<Submitted>>
  /** Safe at any time: asks how the task is. */
  check(task: SubmittedTask): Promise<Result<Outcome>>
  /** Resolves an unknown submission. `absent`: it never arrived, and the same submission may be sent again. */
  find?(submission: Pick<Submission, 'clientReference'>): Promise<Result<Submitted | 'absent'>>
  /** What a webhook body says, item by item; absent where a provider sends none. Never throws. */
  read?(body: unknown): WebhookItem[]
}

export interface Capabilities {
  models: Record<Model, { resolutions: readonly Resolution[] }>
  aspectRatios: Record<Mode, readonly AspectRatio[]>
  /** How many outputs one task makes at most. */
  outputsPerTask: number
  promptLength: { min: number; max: number }
  /** Whether the caller's seed can be honoured. */
  seeds: 'none' | 'exact'
  /** Media that may be given as a data: URI. */
  dataUris: readonly MediaField[]
  /** How often it is asked, and why so. */
  pace: Pace
}

export type MediaField =
  | 'first_frame'
  | 'last_frame'
  | 'reference_images'
  | 'reference_videos'
  | 'reference_audios'

export interface Reason {
  path: string
  message: string
}

export interface Submission {
  request: JobRequest
  /** How many outputs this task is to make. */
  wanted: number
  clientReference: string
  callbackUrl: string
}

export interface Submitted {
  providerTaskId: string
}

export type Outcome =
  /** Not ended. `finished` and `faults` are the results known all the same, should time run out. */
  | {
      state: 'pending'
      progress?: number
      finished: RemoteOutput[]
      faults: Fault[]
      unknownStatus?: string
    }
  /** Ended with at least one output; `faults` are of those that failed. */
  | { state: 'done'; outputs: RemoteOutput[]; faults: Fault[]; cost?: Cost }
  | { state: 'failed'; fault: Fault; cost?: Cost }

export interface RemoteOutput {
  /** What the provider calls it; stays the same when its URL is asked for anew. */
  id: string
  url: string
}

/** One thing a webhook says of one task. It is a hint: only `check` decides. */
export interface WebhookItem {
  providerTaskId: string
  /** The end of the task as announced; pending for a progress post. */
  outcome: Outcome
}
