/** Runware's errors as faults, classified by code prefix like the classifier of its SDK. */
import { type Fault, type FaultCode, fail } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { type FailureCode, failureCodeIn, failureFault, nameIn } from '../failure.ts'
import type { Failure, ProviderResponse } from '../http.ts'
import type { Item } from './item.ts'

/** The fault of a failed generation. */
export function faultOf({ code, message }: Item): Fault {
  const evidence = { code: code ?? 'unknown', message: message ?? '' }
  return failureFault('Runware', failureCode(evidence.code, evidence.message), code, evidence)
}

function failureCode(code: string, message: string): FailureCode {
  if (moderationCodes.has(code)) return 'moderated'
  // Under a general code, only the message contains the reason, such as a blocked prompt.
  return failureCodeIn(/^(provider|inference)Error$/.test(code) ? message : code)
}

/**
 * Whether an error is about the task, not about the status request. The HTTP status does not decide, since a failed task
 * may come under 200 or 4xx. The `taskType` of the item decides, and otherwise the prefix of its code.
 */
export function isAboutTask({ taskType, code }: Item): boolean {
  if (taskType === 'getResponse') return code != null && isGenerationCode(code)
  if (taskType != null) return true
  return code == null || isGenerationCode(code) || !isRequestCode(code)
}

/** Only a generation can end with such a code. */
function isGenerationCode(code: string): boolean {
  return moderationCodes.has(code) || generationCodes.test(code)
}

const generationCodes =
  /^((provider|inference)Error|(download|upload)Failed|timeoutProvider|(provider|inference|generation|task)Timeout|taskCancell?ed)$/

/** Any request can end with such a code: its form, the account or the service is at fault. */
function isRequestCode(code: string): boolean {
  return (
    /^(invalid|missing|conflict|duplicate|unsupported|max)/.test(code) ||
    /apiKey$|unauthorized|credits|quota|balance|paymentRequired|rateLimit|unavailable|serverError/i.test(code)
  )
}

/** A refusal decides: a submission bought nothing, and any other request learned nothing. */
export function refusalOf(
  item: Partial<Item>,
  { status, headers }: ProviderResponse,
  nowMs: number,
): Failure {
  const providerCode = item.code ?? ''
  const message = item.message ?? ''
  const parameter = [item.parameter ?? []].flat().map(nameOf).join(', ')
  const reason = providerCode ? nameOf(providerCode) : status
  return fail(
    refusalCode(providerCode, status),
    `Runware refused: ${reason}${parameter && ` (${parameter})`}.`,
    { evidence: { code: providerCode, message, status }, retryAfterMs: retryAfterMs(headers, nowMs) },
  )
}

// By code prefix, like the classifier of the SDK. The status decides if the code does not.
function refusalCode(code: string, status: number): FaultCode {
  if (moderationCodes.has(code)) return 'moderated'
  if (/credits|quota|balance|paymentRequired/i.test(code)) return 'out_of_credit'
  if (/apiKey$|unauthorized/i.test(code)) return 'auth'
  if (/^(noAvailableServer|modelUnavailable)$/.test(code)) return 'unavailable'
  if (/^(invalid|missing|conflict|duplicate|unsupported|max)/.test(code)) return 'bad_request'
  const byStatus: Record<number, FaultCode> = {
    401: 'auth',
    402: 'out_of_credit',
    403: 'not_entitled',
    408: 'unavailable',
    429: 'rate_limited',
  }
  return byStatus[status] ?? 'bad_request'
}

function nameOf(text: string): string {
  return nameIn(text) || 'unnamed'
}

const moderationCodes = new Set([
  'contentPolicyViolation',
  'providerContentPolicyViolation',
  'sensitiveContentDetected',
  'nsfwContentDetected',
  'promptBlocked',
  'imageBlocked',
  'moderationFailed',
])
