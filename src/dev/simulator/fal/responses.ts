/** fal's error responses: `detail` is a text, or a model's list of typed errors. */
import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'
import type { Failure } from '../task.ts'

export interface FalResponse {
  status: number
  body: unknown
}

export function toResponse({ status, body }: FalResponse): Response {
  return Response.json(body, { status })
}

export function refuse(status: number, detail: string): FalResponse {
  return { status, body: { detail } }
}

/** A refused input: one typed error for each field. */
export function invalid(error: z.ZodError): FalResponse {
  const detail = error.issues.map(({ path, message, code }) => ({
    loc: ['body', ...path],
    msg: message,
    type: code,
  }))
  return { status: 422, body: { detail } }
}

export function refusalFor(fault: RefusalFault): FalResponse {
  switch (fault) {
    case '402':
      // fal locks an account whose balance is used up.
      return refuse(
        403,
        'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.',
      )
    case '403':
    case '505':
      return refuse(403, 'User is locked. Reason: Admin lock. Please contact support@fal.ai.')
    case '429':
      return refuse(429, 'Too many requests')
    case '455':
    case '503':
      return refuse(503, 'Service unavailable')
    case '500-before':
      return refuse(500, 'Internal server error')
  }
}

/** The result of a request that failed: of the model, or of the infrastructure with an `error_type`. */
export function failedResult(failure: Failure, prompt: string): FalResponse {
  switch (failure) {
    case 'moderated':
      return modelError(422, ['body', 'prompt'], 'content_policy_violation', {
        msg: 'The content could not be processed because it was flagged by a content checker.',
        input: prompt,
      })
    case 'provider':
      return modelError(400, ['body'], 'downstream_service_error', {
        msg: 'Downstream service error',
        input: { prompt },
      })
    case 'timeout':
      return { status: 504, body: { detail: 'Request timed out', error_type: 'request_timeout' } }
    case 'canceled':
      return { status: 499, body: { detail: 'The request was cancelled', error_type: 'client_cancelled' } }
  }
}

function modelError(
  status: number,
  loc: string[],
  type: string,
  { msg, input }: { msg: string; input: unknown },
): FalResponse {
  const url = `https://docs.fal.ai/errors#${type}`
  return { status, body: { detail: [{ loc, msg, type, url, input }] } }
}
