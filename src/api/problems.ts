/** RFC 9457 problems: stable codes that reveal nothing of the inside, and every fault of an invalid input at once. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { wordsOf } from './issue-words.ts'

export const problemKinds = {
  invalid_request: { status: 422, title: 'The request is invalid' },
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  no_provider: { status: 422, title: 'No provider can run this job' },
  unreadable_body: { status: 400, title: 'The body could not be read' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  unauthorized: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'This API key is not allowed to do that' },
  not_found: { status: 404, title: 'Not found' },
  idempotency_conflict: { status: 409, title: 'The Idempotency-Key belongs to a different request' },
  job_erased: { status: 409, title: 'The job of this Idempotency-Key was erased' },
  already_settled: { status: 409, title: 'The job has already ended' },
  not_settled: { status: 409, title: 'The job has not ended yet' },
  budget_exceeded: { status: 402, title: 'The job would pass the budget of the API key' },
  undelivered: { status: 409, title: 'Some events of the job are not delivered yet' },
  delivery_pending: { status: 409, title: 'An attempt is in progress' },
  pruned: { status: 409, title: 'The body of the delivery was deleted' },
  disabled: { status: 409, title: 'The receiver is disabled' },
  limit_reached: { status: 409, title: 'The limit is reached' },
  too_large: { status: 413, title: 'The body is too large' },
  precondition_failed: { status: 412, title: 'The precondition failed' },
  range_not_satisfiable: { status: 416, title: 'The range is outside the file' },
  rate_limited: { status: 429, title: 'Too many requests' },
  database_full: { status: 507, title: 'The database is almost full' },
  unavailable: { status: 503, title: 'The database is not available' },
  misconfigured: { status: 503, title: 'The deployment is not configured' },
  internal: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>

export type ProblemCode = keyof typeof problemKinds

export const problemCodes = Object.keys(problemKinds) as ProblemCode[]

export interface FieldFault {
  path: string
  message: string
}

/** Fits the contract of every route: it has no JSON type that could conflict with the type of a success. */
export type ProblemResponse = Response & TypedResponse<never, never, never>

export function problem(
  c: HonoContext,
  code: ProblemCode,
  detail: string,
  errors?: FieldFault[],
): ProblemResponse {
  return problemWith(c, code, detail, errors === undefined ? {} : { errors })
}

/** A problem with further members (RFC 9457 §3.2). */
export function problemWith(
  c: HonoContext,
  code: ProblemCode,
  detail: string,
  members: Record<string, unknown>,
): ProblemResponse {
  const { status, title } = problemKinds[code]
  // RFC 9110 §11.6.1: a 401 names the scheme to use.
  if (status === 401) c.header('www-authenticate', 'Bearer')
  const body = {
    type: typeOf(baseUrlOf(c), code),
    title,
    status,
    detail,
    code,
    request_id: c.get('requestId') ?? '',
    ...members,
  }
  return c.body(JSON.stringify(body), status, {
    'content-type': 'application/problem+json',
  }) as Response as ProblemResponse
}

/** The URL of the page about a code. */
export function typeOf(baseUrl: string, code: ProblemCode): string {
  return `${baseUrl}/docs/problems/${code}`
}

/** The URL of the deployment. Without valid settings it is unknown, so the origin of the request replaces it. */
export function baseUrlOf(c: HonoContext): string {
  return c.get('context')?.config.publicBaseUrl ?? new URL(c.req.url).origin
}

/** Names every missing or invalid setting; never a value. */
export function misconfigured(c: HonoContext, faults: string[]): Response {
  return problem(c, 'misconfigured', `Correct these settings and deploy again: ${faults.join('; ')}.`)
}

/** Rate limited; retry after `seconds`. */
export function rateLimited(c: HonoContext, seconds: number, detail: string): ProblemResponse {
  c.header('retry-after', String(seconds))
  return problem(c, 'rate_limited', detail)
}

/** The database is overloaded, was reset during the call, or did not respond in time. */
export function unavailable(c: HonoContext, errors?: FieldFault[]): ProblemResponse {
  c.header('retry-after', String(databaseRestartSeconds))
  return problem(
    c,
    'unavailable',
    'Repeat the request after the seconds in Retry-After. It may have been carried out: then a POST of a job with the same Idempotency-Key returns that job, and the job runs and notifies in any case. Without an Idempotency-Key, look for the result first, for a job with GET /v1/jobs: a repeated POST may be carried out twice.',
    errors,
  )
}

// About as long as D1 takes to restart.
const databaseRestartSeconds = 5

/** The problem of a request without a body and without a content type to a route that requires JSON. */
export function missingBody(target: string, c: HonoContext) {
  if (target !== 'json' || (c.req.header('content-type') ?? '') !== '') return undefined
  return problem(c, 'invalid_json', 'Send a JSON body with the header "Content-Type: application/json".')
}

// For the whole isolate: Zod has one configuration.
z.config({ customError: wordsOf })

/** Zod's issues, one for each field and each unknown field. */
export function fieldFaults(error: z.core.$ZodError, prefix = ''): FieldFault[] {
  return error.issues.flatMap((issue) => {
    const path = [...(prefix === '' ? [] : [prefix]), ...issue.path.map(String)]
    if (issue.code === 'invalid_key') {
      return issue.issues.map(({ message }) => ({
        path: path.join('.'),
        message: `has a name that ${message}`,
      }))
    }
    if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }]
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }))
  })
}
