/** Runware's errors: refused requests and failed generations. */

import type { z } from 'zod'
import type { RefusalFault } from '../directives.ts'
import type { Failure } from '../task.ts'

export interface RunwareError {
  code: string
  message: string
  parameter?: string | string[]
  status?: 'error'
  taskType?: string
  taskUUID?: string
  documentation?: string
}

/** An error, and the HTTP status of a response with nothing else in it. */
export interface Refusal {
  status: number
  error: RunwareError
}

/** Named like the documented families of codes: Runware publishes no complete list. */
const invented = {
  queueFull: 'rateLimitExceeded',
  outOfCapacity: 'serviceUnavailable',
  broken: 'internalServerError',
}

const DOCUMENTATION = 'https://runware.ai/docs/platform/errors'

/** The error repeats the task's type and id, if it has them. */
export function refusal(status: number, code: string, message: string, task: unknown): Refusal {
  return { status, error: { code, message, documentation: DOCUMENTATION, ...namesOf(task) } }
}

export function refuseIssue(issue: z.core.$ZodIssue, task: unknown): Refusal {
  const { code, parameter } = describe(issue)
  const refused = refusal(400, code, issue.message, task)
  return { ...refused, error: { ...refused.error, parameter } }
}

export function refuseOnPurpose(fault: RefusalFault, task: unknown): Refusal {
  switch (fault) {
    case '402':
      return refusal(402, 'insufficientCredits', 'The balance is too low for this task', task)
    case '403':
    case '505':
      return refusal(403, 'unauthorized', 'This API key lacks the permission for this task', task)
    case '429':
      return refusal(429, invented.queueFull, 'The queue is full, try again later', task)
    case '455':
    case '503':
      return refusal(503, invented.outOfCapacity, 'Out of capacity, try again later', task)
    case '500-before':
      return refuseBroken(task)
  }
}

/** Refuses a poll: the error is about the request, not about the task. */
export function refusePoll(status: number, poll: unknown): Refusal {
  return refusal(status, refusedPollCodes[status] ?? 'invalidRequest', 'The request was refused', poll)
}

const refusedPollCodes: Partial<Record<number, string>> = {
  401: 'invalidApiKey',
  402: 'insufficientCredits',
  403: 'unauthorized',
  409: 'conflictTaskUUID',
  429: 'rateLimitExceeded',
  455: 'serviceUnavailable',
  502: 'serviceUnavailable',
  503: 'serviceUnavailable',
}

export function refuseBroken(task: unknown): Refusal {
  return refusal(500, invented.broken, 'An unexpected error occurred', task)
}

export function failureError(failure: Failure, taskUUID: string): RunwareError {
  return { ...failureMessage(failure), status: 'error', taskType: 'videoInference', taskUUID }
}

function failureMessage(failure: Failure): { code: string; message: string } {
  switch (failure) {
    case 'moderated':
      return { code: 'contentPolicyViolation', message: 'The content policy does not allow this video' }
    case 'provider':
      return { code: 'providerError', message: 'The upstream provider could not make this video' }
    case 'timeout':
      return { code: 'timeoutProvider', message: 'The upstream provider took too long' }
    case 'canceled':
      return { code: 'taskCancelled', message: 'The task was cancelled' }
  }
}

function describe(issue: z.core.$ZodIssue): {
  code: string
  parameter: string | string[]
} {
  const path = issue.path.join('.')
  if (issue.code === 'custom' && typeof issue.params?.code === 'string') {
    return { code: issue.params.code, parameter: issue.params.parameter }
  }
  if (issue.code === 'unrecognized_keys') {
    const [first = '', ...others] = issue.keys.map((key) => [...issue.path, key].join('.'))
    return { code: 'unsupportedParameter', parameter: others.length === 0 ? first : [first, ...others] }
  }
  const name = issue.path.findLast((step) => typeof step === 'string') ?? 'Task'
  const verb = issue.input === undefined ? 'missing' : 'invalid'
  return { code: `${verb}${name.charAt(0).toUpperCase()}${name.slice(1)}`, parameter: path }
}

function namesOf(task: unknown): { taskType?: string; taskUUID?: string } {
  if (typeof task !== 'object' || task === null) return {}
  return {
    ...('taskType' in task && typeof task.taskType === 'string' && { taskType: task.taskType }),
    ...('taskUUID' in task && typeof task.taskUUID === 'string' && { taskUUID: task.taskUUID }),
  }
}
