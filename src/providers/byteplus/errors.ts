/** BytePlus's error codes as faults (its page "Error codes"). A code that is not listed counts by its HTTP status. */
import { z } from 'zod'
import { type Fault, type FaultCode, fail, fault } from '../../core/fault.ts'
import { retryAfterMs } from '../../core/http/retry-after.ts'
import { failureCodeIn, failureFault, nameIn } from '../failure.ts'
import type { Failure, ProviderResponse } from '../http.ts'
import { lenient, text } from '../lenient.ts'
import { refusalByStatus } from '../status-faults.ts'

export const title = 'BytePlus'

/** Null: it is no refusal. A 5xx is none, whatever its code: the task may have been accepted. */
export function refusalOf(response: ProviderResponse, nowMs: number): Failure | null {
  const { status, headers, body } = response
  const problem = problemSchema.safeParse(body)
  const { code, message, param } = problem.success ? reasonsIn(problem.data.error) : noReasons
  const faultCode = status >= 400 && status < 500 ? faultCodeOf(code, message) : undefined
  if (faultCode === undefined) return refusalByStatus(response, { provider: title, message }, nowMs)
  const field = nameIn(param)
  return fail(faultCode, `${title} refused: ${nameIn(code)}${field && `, ${field}`}.`, {
    evidence: { status, code, message },
    retryAfterMs:
      retryAfterMs(headers, nowMs) ?? (faultCode === 'rate_limited' ? rateLimitWaitMs : undefined),
  })
}

/** The fault of a task that failed. Some of its codes can refuse a submission too. */
export function failureOfTask(error: z.infer<typeof errorSchema> | null | undefined): Fault {
  const { code, message } = reasonsIn(error)
  const evidence = { code, message }
  const listed = faultCodeOf(code, message)
  if (listed === 'bad_request') {
    return fault('bad_request', `${title} refused the request while it made the video: ${nameIn(code)}.`, {
      evidence,
    })
  }
  const failureCode = listed === 'moderated' ? listed : failureCodeIn(`${code} ${message}`)
  return failureFault(title, failureCode, code, evidence)
}

function faultCodeOf(code: string, message: string): FaultCode | undefined {
  return codes.find(([pattern, , words]) => pattern.test(code) && (words?.test(message) ?? true))?.[1]
}

/** The first match counts. `words` must be in the message too. */
const codes: [code: RegExp, fault: FaultCode, words?: RegExp][] = [
  [/SensitiveContentDetected/, 'moderated'],
  [/^(?:AuthenticationError|AccessDenied|InvalidAccountStatus)\b/, 'auth'],
  [/^OperationDenied\.PermissionDenied/, 'auth'],
  [/^(?:ModelNotOpen|InvalidEndpointOrModel|InvalidSubscription)\b/, 'not_entitled'],
  [/^OperationDenied\.ServiceNotOpen/, 'not_entitled'],
  [/^(?:AccountOverdueError|OperationDenied\.ServiceOverdue)/, 'out_of_credit'],
  [/^QuotaExceeded/, 'out_of_credit', /free trial/i],
  // A limit of the account for hours or weeks: no wait of ours helps.
  [/^SetLimitExceeded/, 'out_of_credit'],
  [/^QuotaExceeded/, 'out_of_credit', /5[\s-]?hour|week|month/i],
  [/^(?:QuotaExceeded|RequestBurstTooFast|InflightBatchsizeExceeded)/, 'rate_limited'],
  [/RateLimitExceeded/, 'rate_limited'],
  [/^(?:ServerOverloaded|InternalServiceError|InvalidEndpoint\.ClosedEndpoint)/, 'unavailable'],
  [/^(?:InvalidParameter|MissingParameter|InvalidImageURL)/, 'bad_request'],
]

// Limits are per minute. Retry-After is not documented.
const rateLimitWaitMs = 30_000

const noReasons = { code: '', message: '', param: '' }

function reasonsIn(error: z.infer<typeof errorSchema> | null | undefined) {
  return { code: error?.code ?? '', message: error?.message ?? '', param: error?.param ?? '' }
}

export const errorSchema = z.object({ code: text, message: text, param: text })

const problemSchema = z.object({ error: lenient(errorSchema) })
