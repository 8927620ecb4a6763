/** AI/ML API's error responses. */

import type { Context } from 'hono'
import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'

export interface Refusal {
  statusCode: 400 | 401 | 403 | 404 | 429 | 500 | 503
  message: string
}

/** The documented example has the status code as a string. */
export function refuse(c: Context, now: number, { statusCode, message }: Refusal): Response {
  return c.json(bodyOf(c, now, { statusCode, message }), statusCode)
}

/** Refuses a poll, perhaps with an undocumented status. */
export function refusePoll(c: Context, now: number, status: number): Response {
  const body = bodyOf(c, now, { statusCode: status, message: 'The request was refused' })
  return Response.json(body, { status })
}

function bodyOf(c: Context, now: number, { statusCode, message }: { statusCode: number; message: string }) {
  return {
    message,
    path: c.req.path.replace(/^\/aimlapi/, ''),
    requestId: crypto.randomUUID(),
    statusCode: String(statusCode),
    timestamp: new Date(now).toISOString(),
  }
}

export function invalid(error: z.ZodError): Refusal {
  return { statusCode: 400, message: error.issues.flatMap(messagesOf).join('; ') }
}

export function refusalFor(fault: RefusalFault): Refusal {
  switch (fault) {
    case '402':
      // AI/ML API has no 402: out of credits is a 403 with this message.
      return { statusCode: 403, message: 'You have run out of credits. Top up your balance to continue' }
    case '403':
    case '505':
      return { statusCode: 403, message: 'Your plan gives no access to this model' }
    case '429':
      return { statusCode: 429, message: 'Too many requests, try again later' }
    case '455':
    case '503':
      return { statusCode: 503, message: 'The service is temporarily unavailable' }
    case '500-before':
      return broken
  }
}

export const broken: Refusal = { statusCode: 500, message: 'Internal server error' }

/** One message per faulty parameter; it starts with the parameter. */
function messagesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.') || 'body'}: ${issue.message}`]
  return issue.keys.map((key) => `${[...issue.path, key].join('.')}: Unknown field`)
}
