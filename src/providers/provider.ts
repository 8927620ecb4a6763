/**
 * The provider contract. A provider is one file that turns our words into theirs and back; it knows HTTP and
 * `core`, and nothing of rows, queues or callers.
 */
import type { z } from 'zod'
import type { Cost } from '../core/cost.ts'
import type { Fault, Result } from '../core/fault.ts'
import type { Mode, SentForm } from '../core/request/media.ts'
import type { AspectRatio, JobRequest, Model, ProviderName, Resolution } from '../core/request/request.ts'
import type { Pace } from '../core/schedule.ts'
import type { Repeats } from '../core/task.ts'
import type { PriceTable } from './price-table.ts'

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
  /** What the whole job would cost, by the provider's own word. Spends nothing; absent where it tells nobody. */
  estimate?(request: JobRequest): Promise<Result<Cost>>
  /** Safe at any time: asks how the task is. An outcome is what an answer about this task says, whatever its status. */
  getStatus(task: SubmittedTask): Promise<Result<Outcome>>
  /**
   * Looks for an unknown submission. `not_found` is no proof that it never arrived: a list may lag, and a log may show
   * it late or never. It is sent again only where that is harmless (`capabilities.repeats`).
   */
  findSubmission?(lost: LostSubmission): Promise<Result<Submitted | 'not_found'>>
  /** Hands over input media where a provider takes them only under its own ids; absent where URLs will do. Costs nothing. */
  uploads?: MediaUploads
  /**
   * Whether it is to PUT the video of this request to us, which it does for a task of one; absent where it cannot. Who
   * does calls its tasks by our client reference, so that an upload tells the name of its task.
   */
  putsVideo?(request: JobRequest): boolean
  /** The most outputs that one task of this request makes, where the capabilities allow more. */
  outputsPerTask?(request: JobRequest): number
  /** The hosts, and those below them, that its documents name for its videos; absent where they name none. */
  outputHosts?: readonly string[]
  /**
   * What a webhook body says, item by item; absent where a provider sends none. Never throws. `tasks`: those of the
   * job that it was posted for.
   */
  parseWebhook?(body: unknown, tasks?: readonly TaskOfWebhook[]): WebhookItem[]
}

export interface Capabilities {
  models: Record<Model, { resolutions: readonly Resolution[] }>
  aspectRatios: Record<Mode, readonly AspectRatio[]>
  /** How many outputs one task makes at most. */
  outputsPerTask: number
  /** What it does with a submission that is sent twice under one client reference. */
  repeats: Repeats
  promptLength: { min: number; max: number }
  /** Whether media may stand without words. */
  prompt: 'required' | 'optional with media'
  durations: 'seconds' | 'seconds_or_auto'
  /** Whether the caller's seed can be honoured. */
  seeds: 'none' | 'exact'
  /** The forms in which media may be given. */
  media: Record<MediaField, readonly SentForm[]>
  /** What it documents of the media themselves, judged where it can be known; empty where it documents nothing. */
  mediaLimits: { readonly [field in MediaField]?: MediaLimits }
  /** What it publishes of its prices. */
  prices: PriceTable | null
  /**
   * How it prices a request: by a call made for that, or by the billable call marked as a rehearsal. A mark that is
   * overlooked would buy a video, so a rehearsal is held only for who decides by money.
   */
  estimates: 'price_call' | 'dry_run'
  /** How often it is asked, and why so. */
  pace: Pace
}

export type MediaField =
  | 'first_frame'
  | 'last_frame'
  | 'reference_images'
  | 'reference_videos'
  | 'reference_audios'

export interface MediaLimits {
  /** By what they begin with. */
  contentTypes?: readonly string[]
  /** Width times height of each. */
  pixels?: { min: number; max: number }
  /** Of each. */
  longestSeconds?: number
  /** Of several. */
  longestTogetherSeconds?: number
}

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
  /** Where it is to PUT its one video. */
  uploadUrl?: string
  /** The request's media as they stand in it → the ids that `uploads` gave; only for who takes nothing else. */
  assets?: ReadonlyMap<string, string>
}

/** What a provider needs to know of a task to get its status. */
export interface SubmittedTask {
  provider: ProviderName
  /** Our own id of the submission, made before the call: Runware's `taskUUID`. */
  clientReference: string
  /** The provider's id of the task. */
  providerTaskId: string
  /** How many outputs it makes. */
  wanted: number
  /** It was given a URL to upload its video to. */
  awaitsUpload?: boolean
}

/** What is left to know a submission by when its answer was lost. */
export interface LostSubmission {
  clientReference: string
  request: JobRequest
  /** When the call was about to be made, in milliseconds of our own clock. */
  intendedAt: number
  /** The request's media as they stand in it → the provider's ids, where it was given any. */
  assets?: ReadonlyMap<string, string>
  /** Those of these tasks of the provider that are known to be other submissions, of this job or of any. */
  heldAmong(taskIds: readonly string[]): Promise<ReadonlySet<string>>
}

/** The two calls that hand a medium over. The upload id is kept between them, so that neither the bytes nor the wait are repeated. */
export interface MediaUploads {
  /** Sends the bytes, once. */
  send(media: InputMedia): Promise<Result<{ uploadId: string }>>
  /** Safe at any time: asks how the import of what was sent goes. */
  check(uploadId: string): Promise<Result<MediaImport>>
}

export type MediaImport =
  | { state: 'pending' }
  | { state: 'imported'; assetId: string }
  /** The provider does not have it, or not all of its bytes: it may be sent again. */
  | { state: 'lost' }

export interface InputMedia {
  kind: 'image' | 'video' | 'audio'
  contentType: string
  fileName: string
  bytes: number
  /** Of `bytes` bytes, which the platform must know (R2, FixedLengthStream): storage takes no body of unknown length. */
  body: ReadableStream<Uint8Array>
}

export interface Submitted {
  providerTaskId: string
  /** Where it is told at once, and never again. */
  cost?: Cost
}

export type Outcome =
  /** Not ended. `finished` and `faults` are the results known all the same, should time run out. */
  (
    | {
        state: 'pending'
        progress?: number
        finished: RemoteOutput[]
        faults: Fault[]
        unknownStatus?: string
        /** Why the video cannot be had, where the provider says that it is finished. */
        withheld?: Fault
      }
    /** Ended with at least one output; `faults` are of those that failed. */
    | { state: 'done'; outputs: RemoteOutput[]; faults: Fault[]; cost?: Cost }
    | { state: 'failed'; fault: Fault; cost?: Cost }
  ) & {
    /** The callback URL that the task was submitted with, where the provider repeats it: it names the task's job. */
    callbackUrl?: string
  }

export interface RemoteOutput {
  /** What the provider calls it; stays the same when its URL is asked for anew. */
  id: string
  /** Null: it is PUT to us, and no URL of it was told. */
  url: string | null
}

/** What is known of a task that a webhook may be about. */
export type TaskOfWebhook = Pick<SubmittedTask, 'awaitsUpload'> & { providerTaskId: string | null }

/** One thing a webhook says of one task. It is a hint: only `check` decides. */
export interface WebhookItem {
  providerTaskId: string
  /** The end of the task as announced; pending for a progress post. */
  outcome: Outcome
}
