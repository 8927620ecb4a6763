/** RFC 9457 problems: vague and stable outside, every fault of a bad input named at once. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

const kinds = {
  invalid_request: { status: 422, title: 'The request has faults' },
  invalid_json: { status: 400, title: 'The body is not JSON' },
  no_provider: { status: 422, title: 'No provider can make this' },
  unreadable_body: { status: 400, title: 'The body cannot be read to its end' },
  unsupported_media_type: { status: 415, title: 'The body is of no type that is taken here' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'There is no such thing' },
  idempotency_conflict: { status: 409, title: 'The Idempotency-Key was used for another body' },
  already_settled: { status: 409, title: 'The job has ended already' },
  not_settled: { status: 409, title: 'The job has not ended yet' },
  undelivered: { status: 409, title: 'The caller has not been told yet' },
  delivery_pending: { status: 409, title: 'The delivery is pending' },
  disabled: { status: 409, title: 'Nothing is sent there' },
  limit_reached: { status: 409, title: 'There are as many as there may be' },
  too_large: { status: 413, title: 'The body is too large' },
  precondition_failed: { status: 412, title: 'The file is another one' },
  range_not_satisfiable: { status: 416, title: 'The range is outside the file' },
  rate_limited: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'The database does not answer' },
  misconfigured: { status: 503, title: 'Reelhook is not configured' },
  internal: { status: 500, title: 'Something went wrong' },
} as const satisfies Record<string, { status: ContentfulStatusCode; title: string }>

export type ProblemCode = keyof typeof kinds

export interface FieldFault {
  path: string
  message: string
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(kinds) as [ProblemCode, ...ProblemCode[]]),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem')

/** A problem fits every route's contract: no JSON type of its own stands in a success's way. */
export type ProblemResponse = Response & TypedResponse<never, never, never>

export function problem(
  c: HonoContext,
  code: ProblemCode,
  detail: string,
  errors?: FieldFault[],
): ProblemResponse {
  const { status, title } = kinds[code]
  // RFC 9110 §11.6.1: a 401 says how to do better.
  if (status === 401) c.header('www-authenticate', 'Bearer')
  const request_id = c.get('requestId') ?? ''
  const body = {
    type: `urn:reelhook:problem:${code}`,
    title,
    status,
    detail,
    code,
    request_id,
    ...(errors && { errors }),
  }
  return c.body(JSON.stringify(body), status, {
    'content-type': 'application/problem+json',
  }) as Response as ProblemResponse
}

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

/** How a route documents the problems it answers with. */
export function problemResponse(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } }
}

/** Names every missing or wrong setting; never a value. */
export function misconfigured(c: HonoContext, faults: string[]): Response {
  return problem(c, 'misconfigured', `Set these and deploy again: ${faults.join('; ')}.`)
}

/** Too often for now; after so many seconds it will not be. */
export function tooOften(c: HonoContext, seconds: number, detail: string): ProblemResponse {
  c.header('retry-after', String(seconds))
  return problem(c, 'rate_limited', detail)
}

/** The database is overloaded, or was reset in the middle of the call. */
export function unavailable(c: HonoContext, errors?: FieldFault[]): ProblemResponse {
  c.header('retry-after', String(troubleSeconds))
  return problem(
    c,
    'unavailable',
    'Try again after the seconds in Retry-After. A post with an Idempotency-Key is safe to repeat; without one it may have been done, and done twice when it is repeated.',
    errors,
  )
}

// D1 restarts in about as long.
const troubleSeconds = 5

/** What every call may answer. */
export const always = {
  500: problemResponse('Something went wrong. It is logged under the request_id.'),
  503: problemResponse(
    'The database does not answer: Retry-After says when to try again. Or a setting is missing or wrong (misconfigured).',
  ),
}

/** What every call behind a key may answer. */
export const withoutKey = {
  ...always,
  401: problemResponse('No valid API key.'),
  429: problemResponse('Too many requests with this API key. Retry-After says when to go on.'),
}

/** What every call with a JSON body may answer as well. */
export const withBody = {
  400: problemResponse('The body is missing, is not JSON, or broke off.'),
  413: problemResponse('The body is larger than 1 MiB.'),
  415: problemResponse('The Content-Type is not application/json.'),
  422: problemResponse('Every fault of the body.'),
}

/** What every call that takes no body may answer where it is sent one: that is read all the same, under the same limits. */
export const withUnaskedBody = {
  400: problemResponse('A body was sent, and broke off.'),
  413: withBody[413],
  422: problemResponse('A body was sent that nests too deep or has too many entries.'),
}

/** A route that needs JSON was called without a body and without a content type; undefined where it was not. */
export function missingBody(target: string, c: HonoContext) {
  if (target !== 'json' || (c.req.header('content-type') ?? '') !== '') return undefined
  return problem(c, 'invalid_json', 'Send a JSON body with the header "Content-Type: application/json".')
}
