/**
 * The provider contract. A provider's folder translates between a job request and the provider's API. It knows HTTP
 * and `core`, but not rows, queues or callers.
 */
import type { z } from 'zod'
import type { Cost } from '../core/cost.ts'
import type { Fault, Result } from '../core/fault.ts'
import type { ReceivedAnswer } from '../core/job/answers.ts'
import type { Model, ProviderName } from '../core/request/choices.ts'
import type { JobRequest } from '../core/request/request.ts'
import type { CancelOutcome } from './cancels.ts'
import type { Capabilities } from './capabilities.ts'
import type { MediaUploads } from './media-uploads.ts'
import type { WebhookSignature } from './webhook-signature.ts'

export interface Provider {
  name: ProviderName
  /** Only the admin key may name it, and no list shows it. Absent: every API key may. */
  isOnlyForAdmin?: boolean
  capabilities: Capabilities
  /** Validates `provider_options.<name>`: the documented parameters that have no request field. */
  options: z.ZodType
  /** Pure. Every reason why this provider cannot make the request. Empty: it can. */
  refuse(request: JobRequest): Reason[]
  /** Pure. The differences between the request and the result of this provider. */
  warn(request: JobRequest): Reason[]
  /**
   * The billable call. Its client reference is stored before the call. The fault `answer_lost` means that the task may
   * have been bought; every other fault means that nothing was bought.
   */
  submit(submission: Submission, onAnswer?: OnAnswer): Promise<Result<Submitted>>
  /** Asks the provider for the price of the whole job. Buys nothing. Absent: the provider gives no prices. */
  estimate?(request: JobRequest): Promise<Result<Cost>>
  /**
   * Asks for the status of the task. May be repeated. A response about this task is an outcome, whatever its HTTP
   * status; a fault means that nothing was learned, except `task_lost`: the provider does not know the task.
   */
  getStatus(task: SubmittedTask, onAnswer?: OnAnswer): Promise<Result<Outcome>>
  /** Cancels the task, by the rules in `cancels.ts`. Absent: it cancels no task. */
  cancel?(task: SubmittedTask, onAnswer?: OnAnswer): Promise<Result<CancelOutcome>>
  /** Searches for a submission whose response was lost. Absent: the provider offers no search. */
  findSubmission?(submission: LostSubmission): Promise<Result<Submitted | Missing>>
  /** Uploads input media, for a provider that takes only ids of its own. Costs nothing. Absent: URLs are sent. */
  uploads?: MediaUploads
  /**
   * Whether the provider will PUT the video of this request to us. It does so for tasks of one output, and uses our
   * client reference as the task's id, so that an upload identifies its task. Absent: it cannot.
   */
  putsVideo?(request: JobRequest): boolean
  /** The maximum number of outputs of one task of this request, if the capabilities allow more. */
  outputsPerTask?(request: JobRequest): number
  /** The documented hosts of the provider's videos, subdomains included. Absent: undocumented. */
  outputHosts?: readonly string[]
  /**
   * Parses a webhook body into its announcements. Never throws. `tasks`: the tasks of the job that it was posted for.
   * Absent: the provider sends no webhooks.
   */
  parseWebhook?(body: unknown, tasks?: readonly TaskOfWebhook[]): WebhookItem[]
  /** How its webhooks are signed. Absent: they are not signed, and only the token in the callback URL protects them. */
  webhookSignature?: WebhookSignature
}

/** Gets each answer to the call, redacted. Not called: no answer was received. */
export type OnAnswer = (answer: ReceivedAnswer) => void

/**
 * - `not_found` proves nothing: a log may show a submission late or never. It is submitted again only where that is
 *   harmless (`capabilities.repeats`).
 * - `unlisted`: one response has every task that the provider accepted since the call, and none of them can be the
 *   submission. It also has an older task of ours, so it is the list of our account. `engine/submit/absence.ts` decides what
 *   that proves.
 */
export type Missing = 'not_found' | 'unlisted'

export interface Reason {
  /** The request field, such as `reference_images.0`. */
  path: string
  /** Continues the path: "must be …". */
  message: string
}

export interface Submission {
  request: JobRequest
  /** The number of outputs that this task shall make. */
  wanted: number
  clientReference: string
  callbackUrl: string
  /** Where it is to PUT its one video. */
  uploadUrl?: string
  /** Each media value of the request → its id from `uploads`. Only for a provider that has `uploads`. */
  assets?: ReadonlyMap<string, string>
}

/** The part of a task that its provider needs to get its status. */
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

/** A submission whose response was lost, with all that can identify it. */
export interface LostSubmission {
  clientReference: string
  request: JobRequest
  /** Just before the call, in milliseconds of our clock. */
  intendedAt: number
  /** Each media value of the request → the provider's id, as in `Submission`. */
  assets?: ReadonlyMap<string, string>
  /** The tasks that webhooks named at the callback URL of this job, the newest first. A name alone is no proof. */
  namedTaskIds: readonly string[]
  /** Those of the given provider task ids that belong to other submissions, of this job or of any other. */
  heldAmong(taskIds: readonly string[]): Promise<ReadonlySet<string>>
}

export interface Submitted {
  providerTaskId: string
  /** The cost, if the provider reports it in this response and nowhere else. */
  cost?: Cost
}

export type Outcome =
  /** Not ended. `finished` and `faults` are the results so far; they count if the deadline passes. */
  (
    | {
        state: 'pending'
        /** In percent, 0 to 100. */
        progress?: number
        finished: RemoteOutput[]
        faults: Fault[]
        /** A status word that is not documented. */
        unknownStatus?: string
        /** Why the video is not available although the provider reports that it is finished. */
        withheld?: Fault
      }
    /** Ended with at least one output. `faults`: one per failed output. */
    | { state: 'done'; outputs: RemoteOutput[]; faults: Fault[]; cost?: Cost }
    | { state: 'failed'; fault: Fault; cost?: Cost }
  ) & {
    /** The task's callback URL, if the provider repeats it. It identifies the job. */
    callbackUrl?: string
  }

export interface RemoteOutput {
  /** The provider's id of the result. It stays the same when the URL is requested again. */
  id: string
  /** Null: the provider PUTs the video to us and named no URL. */
  url: string | null
}

/** The part of a task that a webhook about it needs. */
export type TaskOfWebhook = Pick<SubmittedTask, 'awaitsUpload'> & {
  providerTaskId: string | null
  /** The model of its job. */
  model: Model
}

/** One announcement about one task. It is a hint: only `getStatus` decides. */
export interface WebhookItem {
  providerTaskId: string
  /** The announced outcome; `pending` for a progress post. */
  outcome: Outcome
}
