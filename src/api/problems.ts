/** RFC 9457 problems: vague and stable outside, every fault of a bad input named at once. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext, TypedResponse } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

const kinds = {
  invalid_request: { status: 422, title: 'The request has faults' },
  invalid_json: { status: 400, title: 'The body is not JSON' },
  no_provider: { status: 422, title: 'No provider can make this' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  unauthorized: { status: 401, title: 'An API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'There is no such thing' },
  idempotency_conflict: { status: 409, title: 'The Idempotency-Key was used for another body' },
  delivery_pending: { status: 409, title: 'The delivery is pending' },
  disabled: { status: 409, title: 'Nothing is sent there' },
  limit_reached: { status: 409, title: 'There are as many as there may be' },
  too_large: { status: 413, title: 'The body is too large' },
  range_not_satisfiable: { status: 416, title: 'The range is outside the video' },
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
type ProblemResponse = Response & TypedResponse<never, never, never>

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

/** What every call behind a key may answer. */
export const withoutKey = { 401: problemResponse('No valid API key.') }
