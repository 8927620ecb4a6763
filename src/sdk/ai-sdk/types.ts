/**
 * The parts of the AI SDK's `VideoModelV4` that a model of Reelhook has. They are written out, so that the types of this package
 * need no other package. The tests pass a model to the AI SDK, which takes only a `VideoModelV4`.
 */
import type { Job } from '../client/generated/api.schemas.ts'

export type ReelhookVideoModelId = Job['model'] | (string & {})

/** Has no `doGenerate`: the AI SDK starts a job and then polls, or waits for the webhook. */
export interface ReelhookVideoModel {
  readonly specificationVersion: 'v4'
  readonly provider: string
  readonly modelId: string
  readonly maxVideosPerCall: number
  handleWebhookOption<Received>(options: {
    webhook: () => PromiseLike<{ url: string; received: Received }>
  }): Promise<{ webhookUrl: string; received: Received }>
  /** Starts one job for all videos of the call. The same `idempotency-key` header always means the same job. */
  doStart(options: StartOptions): Promise<Started>
  doStatus(options: StatusOptions): Promise<Status>
}

export interface StartOptions {
  prompt: string | undefined
  n: number
  aspectRatio: string | undefined
  resolution: string | undefined
  duration: number | undefined
  fps: number | undefined
  seed: number | undefined
  image: File | undefined
  frameImages: { image: File; frameType: 'first_frame' | 'last_frame' }[] | undefined
  inputReferences: File[] | undefined
  generateAudio: boolean | undefined
  providerOptions: Record<string, Record<string, unknown>>
  headers?: CallHeaders
  abortSignal?: AbortSignal
  webhookUrl?: string
}

export type File =
  | { type: 'file'; mediaType: string; data: Uint8Array | string }
  | { type: 'url'; url: string; mediaType?: string }

interface StatusOptions {
  /** What `doStart` returned. */
  operation: unknown
  headers?: CallHeaders
  abortSignal?: AbortSignal
}

export type CallHeaders = Record<string, string | undefined>

export type Warning =
  | { type: 'unsupported'; feature: string; details?: string }
  | { type: 'compatibility'; feature: string; details?: string }
  | { type: 'other'; message: string }

interface Answered {
  response: { timestamp: Date; modelId: string; headers: Record<string, string> | undefined }
}

interface Started extends Answered {
  operation: Operation
  warnings: Warning[]
  providerMetadata: Metadata
}

/** A type, because the AI SDK stores it as JSON: an interface is not a `JSONValue`. */
export type Operation = { id: string }

export type Outcome =
  | { status: 'pending'; providerMetadata: Metadata }
  | {
      status: 'completed'
      videos: { type: 'url'; url: string; mediaType: string }[]
      warnings: Warning[]
      providerMetadata: Metadata
    }
  | { status: 'error'; error: string; providerMetadata: Metadata }

type Status = Outcome & Answered

/** `providerMetadata` of a result. A call of several jobs joins their `videos`; the other fields are those of one of them. */
type Metadata = { reelhook: ReelhookMetadata }

type ReelhookMetadata = {
  job_id: string
  status: string
  provider: string
  progress: number | null
  /** Null until it is known. */
  cost_usd: number | null
  videos?: {
    job_id: string
    n: number
    sha256: string | null
    url: string
    url_expires_at: string | null
    width: number | null
    height: number | null
    duration_seconds: number | null
  }[]
}
