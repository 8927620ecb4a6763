/**
 * One JSON call to a provider. Its result is the response, whatever the HTTP status, or a fault if none came. After a
 * billable call without a response, it is unknown whether a video was bought, unless the request was never sent.
 */
import { type Evidence, type Fault, fail, ok, type Result } from '../core/fault.ts'
import { connectionFailureOf, isCloudflarePage } from '../core/http/cloudflare-status.ts'
import { parseJson } from '../core/http/json.ts'

export type Fetch = (request: Request) => Promise<Response>

/**
 * `billable`: without a clear response, a video may have been bought. `safe`: may be repeated. `brief`: may be
 * repeated, and a caller is waiting.
 */
export type CallKind = 'billable' | 'safe' | 'brief'

export interface ProviderResponse {
  status: number
  headers: Headers
  /** The provider's JSON; undefined if the body is no JSON, or an error page of Cloudflare. */
  body: unknown
}

export interface Failure {
  ok: false
  fault: Fault
}

const timeoutsMs = { billable: 30_000, safe: 15_000, brief: 3_000 } as const satisfies Record<
  CallKind,
  number
>

export async function callProvider(
  fetch: Fetch,
  kind: CallKind,
  url: string,
  init: { method: string; headers: Record<string, string>; body?: unknown },
): Promise<Result<ProviderResponse>> {
  const { method, headers, body } = init
  const request = new Request(url, {
    method,
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutsMs[kind]),
  })
  try {
    const response = await fetch(request)
    const { status } = response
    const json = parseJson(await response.text())
    const body = isCloudflarePage(json) ? undefined : json
    return neverSent(status, body) ?? ok({ status, headers: response.headers, body })
  } catch (error) {
    // Whatever fetch or reading the body throws is a network error: refused, reset, timed out. workerd throws the same
    // error before and after the request was sent, so it proves nothing.
    return inconclusive(kind, 'The provider did not respond.', { error: String(error) })
  }
}

/** Null: the provider may have the request. Its own JSON shows that it does, whatever the status. */
function neverSent(status: number, body: unknown): Failure | null {
  const failure = connectionFailureOf(status)
  if (failure?.request !== 'never_sent' || body !== undefined) return null
  return fail('unavailable', `The request was not sent: ${failure.reason}.`, { evidence: { status } })
}

export function isSuccess({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300
}

/** The fault of a status that decides nothing, such as a 5xx. */
export function inconclusiveStatus(kind: CallKind, provider: string, { status }: ProviderResponse): Failure {
  return inconclusive(kind, `${provider} returned ${status}.`, { status })
}

/** The fault of a response that decides nothing, or of none. `reason` is a sentence. */
export function inconclusive(kind: CallKind, reason: string, evidence: Evidence): Failure {
  return kind === 'billable'
    ? fail('answer_lost', `It is unknown whether the task was accepted. ${reason}`, { evidence })
    : fail('unavailable', reason, { evidence })
}
