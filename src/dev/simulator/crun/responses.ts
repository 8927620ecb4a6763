/** Crun's responses. The code in the body is the outcome, and the HTTP status repeats it. */

import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'

export type CrunResponse =
  | { code: 200; message: string; data: unknown }
  | { code: number; message: string; errors?: string[] }

type FailureCode = keyof typeof failureMessages

const failureMessages = {
  401: 'Unauthorized - Authentication credentials are missing or invalid',
  402: 'Insufficient Credits - Account does not have enough credits to perform the operation',
  403: 'Forbidden - The API key is disabled',
  404: 'Not Found - The requested resource or endpoint does not exist',
  422: 'Validation Error - The request parameters failed validation checks',
  429: 'Rate Limited - Request limit has been exceeded for this resource',
  455: 'Service Unavailable - System is currently undergoing maintenance',
  500: 'Server Error - An unexpected error occurred while processing the request',
  505: 'Feature Disabled - The requested feature is currently disabled',
}

export function succeed(data: unknown): CrunResponse {
  return { code: 200, message: 'success', data }
}

export function fail(code: FailureCode, errors?: string[]): CrunResponse {
  return { code, message: failureMessages[code], ...(errors && { errors }) }
}

/** Refuses a poll, perhaps with an undocumented code. */
export function refusePoll(code: number): CrunResponse {
  return { code, message: 'The request was refused' }
}

export function invalid(error: z.ZodError): CrunResponse {
  return fail(422, error.issues.flatMap(messagesOf))
}

export function codeOf(fault: RefusalFault): FailureCode {
  switch (fault) {
    case '402':
      return 402
    case '403':
      return 403
    case '429':
      return 429
    case '455':
    case '503':
      return 455
    case '500-before':
      return 500
    case '505':
      return 505
  }
}

export function toResponse(response: CrunResponse): Response {
  return Response.json(response, { status: response.code })
}

/** One message per faulty parameter; it starts with the parameter. */
function messagesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.') || 'body'}: ${issue.message}`]
  return issue.keys.map((key) => `${[...issue.path, key].join('.')}: Unknown field`)
}
