/** Scenario's error responses. No schema is published; these are the fields that its clients read. */

import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'

type RefusalStatus = keyof typeof titles

const titles = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

export function refusal(status: RefusalStatus, reason: string, details?: Record<string, unknown>): Response {
  const body = { error: titles[status], reason, traceId: crypto.randomUUID(), ...(details && { details }) }
  return Response.json(body, { status })
}

/** Refuses a poll, perhaps with an undocumented status. */
export function refusePoll(status: number): Response {
  return Response.json({ reason: 'The request was refused', traceId: crypto.randomUUID() }, { status })
}

export function invalid(error: z.ZodError): Response {
  return refusal(400, error.issues.flatMap(messagesOf).join('; '))
}

export function refuseOnPurpose(fault: RefusalFault): Response {
  switch (fault) {
    case '402':
      // Not documented; the usual meaning of 402.
      return refusal(402, 'Not enough creative units')
    case '403':
    case '505':
      return refusal(403, 'Your plan does not include this model')
    case '429':
      return refusal(429, 'Too many jobs at once', { actionName: 'generate-custom', actionLimit: 5 })
    case '455':
    case '503':
      return refusal(503, 'Out of capacity, try again later')
    case '500-before':
      return refuseBroken()
  }
}

export function refuseBroken(): Response {
  return refusal(500, 'An unexpected error occurred')
}

/** One message per faulty parameter; it starts with the parameter. */
function messagesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.') || 'body'}: ${issue.message}`]
  return issue.keys.map((key) => `${[...issue.path, key].join('.')}: Unknown field`)
}
