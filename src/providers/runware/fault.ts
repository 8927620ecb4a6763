/** Runware's errors as faults: by the family that the code's name shows, as the SDK's own classifier has them. */
import { type Fault, type FaultCode, fail } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { type FailureCode, failureCodeIn, failureFault, nameIn } from '../failure.ts'
import type { ProviderResponse } from '../http.ts'
import type { Item } from './item.ts'

/** Of a generation that failed. */
export function faultOf({ code, message }: Item): Fault {
  const evidence = { code: code ?? 'unknown', message: message ?? '' }
  return failureFault('Runware', failureCode(evidence.code, evidence.message), code, evidence)
}

function failureCode(code: string, message: string): FailureCode {
  if (moderationCodes.has(code)) return 'moderated'
  // Blocks, and others, are seen under a general code, with the reason in the message alone.
  return failureCodeIn(/^(provider|inference)Error$/.test(code) ? message : code)
}

/**
 * Whether an error is about the task, and not about the question that was asked of it. The HTTP status does not tell: a
 * task that failed may come under 200 or 4xx. What the item is about, its `taskType`, tells; where it does not decide,
 * the code does, by its family.
 */
export function isAboutTask({ taskType, code }: Item): boolean {
  if (taskType === 'getResponse') return code != null && isOfGeneration(code)
  if (taskType != null) return true
  return code == null || isOfGeneration(code) || !isOfQuestion(code)
}

/** Codes that only a generation can end with. */
function isOfGeneration(code: string): boolean {
  return moderationCodes.has(code) || generationCodes.test(code)
}

const generationCodes =
  /^((provider|inference)Error|(download|upload)Failed|timeoutProvider|(provider|inference|generation|task)Timeout|taskCancell?ed)$/

/** Codes that answer any question: about its form, the account, or the service. */
function isOfQuestion(code: string): boolean {
  return (
    /^(invalid|missing|conflict|duplicate|unsupported|max)/.test(code) ||
    /apiKey$|unauthorized|credits|quota|balance|paymentRequired|rateLimit|unavailable|serverError/i.test(code)
  )
}

/** A refusal decides: nothing was bought, or nothing was learned. */
export function refusal(item: Partial<Item>, answer: ProviderResponse, nowMs: number) {
  const providerCode = item.code ?? ''
  const message = item.message ?? ''
  const parameter = [item.parameter ?? []].flat().map(nameOf).join(', ')
  const code = refusalCode(providerCode, answer.status)
  return fail(
    code,
    `Runware refused: ${providerCode ? nameOf(providerCode) : answer.status}${parameter && ` (${parameter})`}.`,
    {
      evidence: { code: providerCode, message, status: answer.status },
      retryAfterMs: retryAfterMs(answer.headers, nowMs),
    },
  )
}

// Families by name, as the SDK's own classifier has them; the status decides where the name says nothing.
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
