/**
 * HTTP statuses as faults, for the providers that have no error codes (AI/ML API, Scenario). A refusal decides: a
 * submission bought nothing, and any other call learned nothing.
 */
import { type FaultCode, fail } from '../core/fault.ts'
import { retryAfterMs } from '../core/http/retry-after.ts'
import { type Failure, inconclusiveStatus, isSuccess, type ProviderResponse } from './http.ts'

interface Refusal {
  provider: string
  /** The provider's text. It is evidence, never shown. */
  message: string
  /** The fields of the request that the text names. */
  fields?: readonly string[]
  /** The wait that the body asks for; it takes precedence over Retry-After. */
  waitMs?: number | undefined
}

/** Null: the status is no refusal. */
export function refusalByStatus(
  { status, headers }: ProviderResponse,
  { provider, message, fields = [], waitMs }: Refusal,
  nowMs: number,
): Failure | null {
  const code = status === 403 && mentionsCredit(message) ? 'out_of_credit' : refusalCodes[status]
  if (code === undefined) return null
  const names = fields.length > 0 ? ` (${fields.join(', ')})` : ''
  return fail(code, `${provider} refused: ${status}${names}.`, {
    evidence: { status, message },
    retryAfterMs: waitMs ?? retryAfterMs(headers, nowMs) ?? (status === 429 ? rateLimitWaitMs : undefined),
  })
}

/** The fault of a response that is no success. Null: it is one. */
export function failureOf(
  provider: string,
  response: ProviderResponse,
  refusal: Failure | null,
): Failure | null {
  if (isSuccess(response)) return null
  return refusal ?? inconclusiveStatus('safe', provider, response)
}

/** The fault of a status response that does not contain the task. */
export function taskMissing(provider: string, response: ProviderResponse, refusal: Failure | null): Failure {
  const { status, body } = response
  // A response without JSON comes from a gateway, which knows nothing about tasks.
  if (body === undefined) return inconclusiveStatus('safe', provider, response)
  const evidence = { status }
  if (status === 404) return fail('task_lost', `${provider} does not know the task.`, { evidence })
  const failure = failureOf(provider, response, refusal)
  return failure ?? fail('unreadable_answer', `${provider} returned no task.`, { evidence })
}

// 403 means missing credit as well as missing access.
function mentionsCredit(message: string): boolean {
  return /credit|creative units?|balance|fund|top[ _-]?up/i.test(message)
}

/** The statuses that refuse. Every other status decides nothing. */
const refusalCodes: Partial<Record<number, FaultCode>> = {
  400: 'bad_request',
  401: 'auth',
  402: 'out_of_credit',
  403: 'not_entitled',
  404: 'bad_request',
  413: 'bad_request',
  422: 'bad_request',
  429: 'rate_limited',
}

// Neither provider sends Retry-After. AI/ML API counts requests per minute; Scenario frees a place when a job ends,
// which takes minutes.
const rateLimitWaitMs = 30_000
