/** The generated client, with retries that have bounds, whole responses, and errors of one kind. */
import { errorOf, ReelhookError, unreachable } from './errors.ts'
import type { TimelineEntry } from './generated/api.schemas.ts'
import {
  type FollowEventsQuery,
  type ListJobsQuery,
  type ListJobsResult,
  OPERATIONS,
  type OperationId,
  type OperationPath,
  type OperationTag,
  type Ops,
} from './generated/api.ts'
import { createClient, defaultRetryOn } from './generated/runtime/factory.ts'
import type {
  Client,
  ClientConfig,
  OperationContext,
  OperationDescriptor,
  RetryConfig,
  RetryContext,
} from './generated/runtime/types.ts'

export interface ClientOptions {
  /** The URL of the deployment. Default: the environment variable `REELHOOK_URL`. */
  baseUrl?: string | undefined
  /** `rh_…`. Default: the environment variable `REELHOOK_API_KEY`. It does not belong in a web page. */
  apiKey?: string | undefined
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined
  /** Sent with every request to the API, and not with downloads. */
  headers?: Record<string, string> | undefined
}

/** The description cannot list these parameters: `{ 'metadata[order]': '42' }`. */
type MetadataFilter = Partial<Record<`metadata[${string}]`, string>>

type ListedOps = Omit<Ops, 'followEvents' | 'listJobEvents' | 'listJobs'> & {
  listJobs: { args: { query?: ListJobsQuery & MetadataFilter }; result: ListJobsResult }
  listJobEvents: { args: { path: { id: string } }; result: { data: TimelineEntry[] } }
}

/**
 * A function for each operation of the API, by its `operationId`: `api.listJobs({ query: { status: 'failed' } })`. It takes
 * `{ path, query, body, headers }` and returns the body of the response.
 */
export type Api = Client<ListedOps, OperationContext<OperationId, OperationPath, OperationTag>>

type StreamOps = {
  followEvents: {
    args: { query?: FollowEventsQuery & MetadataFilter; headers?: { 'last-event-id'?: string } }
    result: ReadableStream<Uint8Array> | null | undefined
  }
  listJobEvents: {
    args: { path: { id: string }; headers?: { 'last-event-id'?: string } }
    result: ReadableStream<Uint8Array> | null | undefined
  }
}

export interface Transport {
  api: Api
  /** The operations that return a stream, as the stream itself: a comment of it may be news. */
  streams: Client<StreamOps>
  /** Throws a `ReelhookError` unless there is a response, whatever its status. */
  fetch: typeof globalThis.fetch
}

/** A request is sent at most this many times more, after 0 to 0.5, 1, 2 and 4 seconds, or after `Retry-After`. */
const retry: RetryConfig = { retries: 4, retryDelay: 500, retryOn: mayRepeat }

/** For a caller that waits: a deployment that cannot be reached for some minutes ends no wait. */
export const patientRetry: RetryConfig = { ...retry, retries: 60, retryDelay: 5_000, retryStrategy: 'fixed' }

/** A longer `Retry-After` is an error at once. */
const maxRetryAfterMs = 60_000

export function createTransport(options: ClientOptions): Transport {
  const baseUrl = options.baseUrl ?? environment('REELHOOK_URL')
  const apiKey = options.apiKey ?? environment('REELHOOK_API_KEY')
  const fetch = wholeFetch(options.fetch ?? globalThis.fetch)
  const config: ClientConfig = {
    serverUrl: checkUrl(baseUrl),
    fetch,
    headers: options.headers ?? {},
    retry,
    clientHeader: false,
    middleware: [{ onError: errorOf }],
    ...(apiKey !== undefined && { auth: { bearer: apiKey } }),
  }
  const { followEvents, listJobEvents } = OPERATIONS
  const asJson = (operation: OperationDescriptor): OperationDescriptor => ({
    ...operation,
    responseKind: 'json',
  })
  const streams = { followEvents: asJson(followEvents), listJobEvents: asJson(listJobEvents) }
  const { followEvents: _followed, ...listed } = OPERATIONS
  return {
    api: createClient<ListedOps, OperationId, OperationPath, OperationTag>(
      { ...listed, listJobEvents: streams.listJobEvents },
      config,
    ),
    streams: createClient<StreamOps>(streams, config),
    fetch,
  }
}

function checkUrl(baseUrl: string | undefined): string {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) {
    const detail =
      'Pass the URL of the deployment as baseUrl, or set REELHOOK_URL: https://reelhook.example.com'
    throw new ReelhookError({ code: 'invalid_argument', detail })
  }
  return baseUrl.replace(/\/+$/, '')
}

/** An operation may be repeated if its method or its Idempotency-Key allows it. */
function mayRepeat(context: RetryContext): boolean {
  const { response } = context
  return defaultRetryOn(context) && (response === undefined || retryAfterMs(response) <= maxRetryAfterMs)
}

/** 0 without one. */
export function retryAfterMs({ headers }: Response): number {
  const value = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}

/** A JSON body is read here, so that an answer that breaks off is repeated like one that never came. */
function wholeFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      const response = await fetch(input, init)
      const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
      if (!isJson || response.body === null) return response
      const { status, statusText, headers } = response
      return new Response(await response.arrayBuffer(), { status, statusText, headers })
    } catch (error) {
      if (init?.signal?.aborted) throw init.signal.reason
      throw unreachable(input instanceof Request ? input.url : String(input), error)
    }
  }
}

// In a browser there is no environment.
declare const process: { env: Record<string, string | undefined> } | undefined

function environment(name: string): string | undefined {
  const value = typeof process === 'undefined' ? undefined : process.env?.[name]
  return value === '' ? undefined : value
}
