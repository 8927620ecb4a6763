/** Runware's errors as faults: by the family that the code's name shows, as the SDK's own classifier has them. */
import { type Fault, type FaultCode, fault } from '../core/fault.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { type Answer, soundsModerated } from './http.ts'
import type { Item } from './runware-item.ts'

/** Of a generation that failed. */
export function faultOf(item: Item): Fault {
  const code = item.code ?? 'unknown'
  const message = item.message ?? ''
  const isModerated =
    moderationCodes.has(code) || (/^(provider|inference)Error$/.test(code) && soundsModerated(message))
  return {
    code: isModerated ? 'moderated' : 'generation_failed',
    message: isModerated
      ? 'Runware blocked the content.'
      : `Runware could not make the video (${nameOf(code)}).`,
    evidence: { code, message },
  }
}

/** A refusal decides: nothing was bought, or nothing was learned. */
export function refusal(item: Partial<Item>, answer: Answer, nowMs: number) {
  const providerCode = item.code ?? ''
  const message = item.message ?? ''
  const parameter = [item.parameter ?? []].flat().map(nameOf).join(', ')
  const code = refusalCode(providerCode, answer.status)
  return fault(
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

// A name may be shown; whatever else stands in its place, an echo of our key perhaps, may not.
function nameOf(text: string): string {
  return /^[\w.[\]]{1,64}$/.test(text) ? text : 'unnamed'
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
