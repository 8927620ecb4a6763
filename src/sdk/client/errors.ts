/** The one error that the client throws. Only a signal of the caller's own rejects with its own reason. */
import type { Problem } from './generated/api.schemas.ts'
import { type ApiError, TimeoutError } from './generated/runtime/errors.ts'

/** The codes of errors that come from no response of the API. */
export type LocalErrorCode =
  /** A setting or an argument is missing or wrong. */
  | 'invalid_argument'
  /** There was no response, or it broke off, on every attempt. */
  | 'unreachable'
  /** Another server responded, or the response is not one of the API. */
  | 'unexpected_response'
  /** The time that the caller set is over. The job continues. */
  | 'timed_out'
  /** The output has no file: it is not stored yet, or it failed. */
  | 'not_stored'
  /** The file has another length or another SHA-256 than its output. */
  | 'damaged_file'
  /** A webhook lacks a header of Standard Webhooks. */
  | 'missing_header'
  /** No signature of a webhook fits its body and the secret. */
  | 'invalid_signature'
  /** A webhook is older than the tolerance, or comes from the future. */
  | 'invalid_timestamp'

export interface ErrorFields {
  status?: number | null
  code: Problem['code'] | LocalErrorCode
  detail: string
  errors?: { path: string; message: string }[]
  requestId?: string | null
}

/** Decide by `code`. The texts are for people, and may change. */
export class ReelhookError extends Error {
  override readonly name = 'ReelhookError'
  /** The HTTP status; null if the error comes from no response. */
  readonly status: number | null
  /** Stable. The page `/docs/problems/<code>` of the deployment explains the codes of the API. */
  readonly code: ErrorFields['code']
  /** The problem in words, for a person. */
  readonly detail: string
  /** Every fault of an invalid request, each with the path of its field. */
  readonly errors: readonly { path: string; message: string }[]
  /** Finds the request in the log of the deployment; null without a response of the API. */
  readonly requestId: string | null
  /** Of `create`: repeat it with this key, and the video is bought once. */
  idempotencyKey: string | undefined

  constructor(fields: ErrorFields, options: ErrorOptions = {}) {
    const { status = null, code, detail, errors = [], requestId = null } = fields
    const faults = errors.map(({ path, message }) => `${path} ${message}`)
    super([detail, ...faults].join('\n'), options)
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors
    this.requestId = requestId
  }
}

/** The body is a problem of the API (RFC 9457), unless another server responded. */
export function errorOf({ status, url, body }: Pick<ApiError, 'status' | 'url' | 'body'>): ReelhookError {
  if (isProblem(body)) {
    const { code, detail, errors = [], request_id: requestId } = body
    return new ReelhookError({ status, code, detail, errors, requestId })
  }
  const { origin, pathname } = new URL(url, 'https://unknown.invalid')
  const detail = `${origin}${pathname} responded with ${status}, and not as Reelhook does. Is the base URL right?`
  return new ReelhookError({ status, code: 'unexpected_response', detail })
}

export function unreachable(url: string, cause: unknown): ReelhookError {
  const { origin } = new URL(url, 'https://unknown.invalid')
  const detail = `There was no whole response from ${origin}: ${reasonOf(cause)}.`
  return new ReelhookError({ code: 'unreachable', detail }, { cause })
}

/** Waits for a call with a `timeout`. */
export async function responseOf<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    const detail = `There was no whole response within ${error.timeout / 1_000} s, in ${error.attempt} attempts.`
    throw new ReelhookError({ code: 'unreachable', detail }, { cause: error })
  }
}

/** Node's fetch hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message, cause } = error
  return cause instanceof Error && cause.message !== '' ? `${message} (${cause.message})` : message
}

type ProblemBody = Pick<Problem, 'code' | 'detail' | 'request_id' | 'errors'>

function isProblem(body: unknown): body is ProblemBody {
  return (
    typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'request_id' in body
  )
}
