/** The client: a job from its creation to its file. */
import { type DownloadableOutput, download } from './download.ts'
import { ReelhookError, responseOf } from './errors.ts'
import { type FollowedEvent, type FollowFilter, type FollowOptions, followEvents } from './follow.ts'
import type { Job, JobRequest, TimelineEntry } from './schemas.ts'
import { type Api, type ClientOptions, createTransport } from './transport.ts'
import { requestTimeoutMs, type WaitOptions, waitForEnd, watchJob } from './watch.ts'

export interface CreateOptions {
  /** One for each video: an order number, for example. Default: a random one, which is in the error if there is one. */
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
}

interface Abortable {
  signal?: AbortSignal | undefined
}

export interface ReelhookClient {
  /**
   * Creates a job and returns it at once: it is `queued`. If the answer is lost, the request is repeated with the same
   * Idempotency-Key, so the video is bought once. Throws a `ReelhookError` whose `errors` name every fault of the request.
   */
  create(request: JobRequest, options?: CreateOptions): Promise<Job>
  /** The job as it is. Throws a `ReelhookError` with the code `not_found` if the key sees no such job. */
  get(id: string, options?: Abortable): Promise<Job>
  /** Waits until the job has ended, with long requests instead of polling. It returns a failed job too: look at `status`. */
  wait(id: string, options?: WaitOptions): Promise<Job>
  /**
   * The job at first, at each change that is seen, and at its end, after which it is complete. A stream that breaks is
   * continued. States that follow each other within moments may be one.
   */
  watch(id: string, options?: Abortable): AsyncIterable<Job>
  /**
   * The events of all jobs that the key sees, each once, for as long as you read. A stream that breaks is continued. For a
   * receiver without a public URL.
   */
  follow(filter?: FollowFilter, options?: FollowOptions): AsyncIterable<FollowedEvent>
  /** Everything that happened to a job, the oldest first. */
  timeline(id: string, options?: Abortable): Promise<TimelineEntry[]>
  /**
   * The file of an output, by its signed link. Length and SHA-256 are checked while it streams: if they differ, reading fails
   * with the code `damaged_file` before the last bytes. A link that has expired is replaced, and a download that breaks is
   * continued.
   */
  download(output: DownloadableOutput, options?: Abortable): Promise<Response>
  /** Every operation of the API, by its `operationId`. */
  api: Api
}

/** Throws a `ReelhookError` with the code `invalid_argument` if there is no base URL. */
export function createClient(options: ClientOptions = {}): ReelhookClient {
  const transport = createTransport(options)
  const { api } = transport
  const limited = ({ signal }: Abortable) => ({ ...(signal && { signal }), timeout: requestTimeoutMs })
  return {
    api,
    async create(request, { idempotencyKey = crypto.randomUUID(), ...abortable } = {}) {
      try {
        const call = api.createJob({ body: request }, { ...limited(abortable), idempotencyKey })
        return await responseOf(call)
      } catch (error) {
        if (error instanceof ReelhookError) error.idempotencyKey = idempotencyKey
        throw error
      }
    },
    get: (id, abortable = {}) => responseOf(api.getJob({ path: { id } }, limited(abortable))),
    wait: (id, waiting = {}) => waitForEnd(transport, id, waiting),
    watch: (id, { signal } = {}) => watchJob(transport, id, signal),
    follow: (filter = {}, following = {}) => followEvents(transport, filter, following),
    async timeline(id, abortable = {}) {
      return (await responseOf(api.listJobEvents({ path: { id } }, limited(abortable)))).data
    },
    download: (output, { signal } = {}) => download(transport, output, signal),
  }
}
