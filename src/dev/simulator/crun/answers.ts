/** Crun's answers. The code in the body is the outcome, and here the HTTP status says the same. */

import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'

export type CrunAnswer =
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

export function succeed(data: unknown): CrunAnswer {
  return { code: 200, message: 'success', data }
}

export function fail(code: FailureCode, errors?: string[]): CrunAnswer {
  return { code, message: failureMessages[code], ...(errors && { errors }) }
}

/** A status question is refused, perhaps with a code that the documents do not list. */
export function refuseQuestion(code: number): CrunAnswer {
  return { code, message: 'The question was refused' }
}

export function invalid(error: z.ZodError): CrunAnswer {
  return fail(422, error.issues.flatMap(complaintsOf))
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

export function toResponse(answer: CrunAnswer): Response {
  return Response.json(answer, { status: answer.code })
}

/** One sentence for each parameter at fault, which it begins with. */
function complaintsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.') || 'body'}: ${issue.message}`]
  return issue.keys.map((key) => `${[...issue.path, key].join('.')}: Unknown field`)
}
