/** BytePlus's error responses. */

import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'

export interface Refusal {
  status: number
  code: string
  message: string
  param?: string
}

export function toResponse({ status, code, message, param = '' }: Refusal): Response {
  const type = status === 429 ? 'TooManyRequests' : status >= 500 ? 'InternalServerError' : 'BadRequest'
  return Response.json({ error: { code, message, param, type } }, { status })
}

export const broken: Refusal = {
  status: 500,
  code: 'InternalServiceError',
  message: 'The service encountered an unexpected internal error.',
}

export const unauthorized: Refusal = {
  status: 401,
  code: 'AuthenticationError',
  message: 'The API key in the request is missing or invalid.',
}

export const unknownTask: Refusal = {
  status: 404,
  code: 'ResourceNotFound',
  message: 'The specified task does not exist.',
}

export const unknownModel: Refusal = {
  status: 404,
  code: 'InvalidEndpointOrModel.NotFound',
  message: 'The model or endpoint does not exist or you do not have access to it.',
  param: 'model',
}

export const tooFast: Refusal = {
  status: 429,
  code: 'APIAccountRpmRateLimitExceeded',
  message: 'The requests to this API exceed its limit of 1 per second.',
}

/** Refuses a poll, perhaps with an undocumented status. */
export function refusedPoll(status: number): Refusal {
  return { status, code: 'RequestRefused', message: 'The request was refused.' }
}

/** All faults in one message; `param` is the field of the first. */
export function invalid(error: z.ZodError): Refusal {
  const faults = error.issues.flatMap(faultsOf)
  const [first] = faults
  return {
    status: 400,
    code: error.issues.some(isMissing) ? 'MissingParameter' : 'InvalidParameter',
    message: faults.map(({ name, message }) => `${name}: ${message}`).join('; '),
    ...(first && { param: first.name }),
  }
}

export function refusalFor(fault: RefusalFault): Refusal {
  switch (fault) {
    case '402':
      return { status: 403, code: 'AccountOverdueError', message: 'Your account has an overdue balance.' }
    case '403':
      return { status: 403, code: 'AccessDenied', message: 'Your account has no access to this resource.' }
    case '429':
      return { status: 429, code: 'ModelAccountRpmRateLimitExceeded', message: 'The RPM limit is exceeded.' }
    case '455':
    case '503':
      return { status: 429, code: 'ServerOverloaded', message: 'The service is overloaded. Try again later.' }
    case '505':
      return { status: 404, code: 'ModelNotOpen', message: 'Your account has not activated the model.' }
    case '500-before':
      return broken
  }
}

function faultsOf(issue: z.core.$ZodIssue): { name: string; message: string }[] {
  const path = issue.path.join('.') || 'body'
  if (issue.code !== 'unrecognized_keys') return [{ name: path, message: issue.message }]
  return issue.keys.map((key) => ({
    name: [...issue.path, key].join('.'),
    message: 'is not supported by the model',
  }))
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined && 'input' in issue
}
