/**
 * One JSON call to a provider. Its result is the response, whatever the HTTP status, or a fault if none came. After a
 * billable call without a response, it is unknown whether a video was bought, unless the request was never sent.
 */
import { type Fetch, NotSentError, timeoutOf } from '../connections.ts'
import { type Evidence, type Fault, fail, ok, type Result } from '../core/fault.ts'
import { connectionFailureOf, isChallenge, isCloudflarePage } from '../core/http/cloudflare-status.ts'
import { parseJson } from '../core/http/json.ts'
import { redactBody } from '../core/job/redact-body.ts'
import type { OnAnswer } from './provider.ts'

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

export interface ProviderCall {
  method: string
  headers: Record<string, string>
  body?: unknown
  /** Gets the response as it may be kept, whatever follows from it. */
  onAnswer?: OnAnswer | undefined
}

const timeoutsMs = { billable: 30_000, safe: 15_000, brief: 3_000 } as const satisfies Record<
  CallKind,
  number
>

export async function callProvider(
  fetch: Fetch,
  kind: CallKind,
  url: string,
  init: ProviderCall,
): Promise<Result<ProviderResponse>> {
  const { method, headers, body, onAnswer } = init
  const timeout = timeoutOf(timeoutsMs[kind])
  const request = new Request(url, {
    method,
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: timeout.signal,
  })
  try {
    const response = await fetch(request, timeout.start)
    const { status } = response
    const text = await response.text()
    onAnswer?.({ httpStatus: status, ...redactBody(text, credentialsIn(headers)) })
    const json = parseJson(text)
    const reply = { status, headers: response.headers, body: isCloudflarePage(json) ? undefined : json }
    return neverSent(reply) ?? ok(reply)
  } catch (error) {
    // Nothing was bought, even if the call is billable.
    if (error instanceof NotSentError) {
      return fail('unavailable', `Nothing was sent: ${error.message}.`, { isOurs: true })
    }
    // Whatever else fetch or reading the body throws is a network error: refused, reset, timed out. workerd throws the
    // same error before and after the request was sent, so it proves nothing.
    return inconclusive(kind, 'The provider did not respond.', { error: String(error) })
  }
}

/** Our credentials, as a provider may repeat them: without the scheme, and each part of a key that a colon joins. */
function credentialsIn(headers: Record<string, string>): string[] {
  const sent = Object.entries(headers).filter(([name]) => credentialHeaders.has(name))
  return sent
    .map(([, value]) => value)
    .flatMap((value) => {
      const [, scheme, credential = value] = /^(\S+) (.+)$/.exec(value) ?? []
      if (scheme === 'Bearer') return [credential]
      return [credential, ...(scheme === 'Basic' ? atob(credential) : credential).split(':')]
    })
    .filter(({ length }) => length >= minCredentialLength)
}

const credentialHeaders = new Set(['authorization', 'x-api-key'])
/** A shorter one would be hidden inside of words. */
const minCredentialLength = 6

/** Null: the provider may have the request. */
function neverSent(reply: ProviderResponse): Failure | null {
  const reason = whyNeverSent(reply)
  if (reason === null) return null
  const evidence = { status: reply.status }
  return fail('unavailable', `The request did not reach the provider: ${reason}.`, { evidence })
}

function whyNeverSent({ status, headers, body }: ProviderResponse): string | null {
  // Its own JSON shows that the provider has the request, whatever the status.
  if (body !== undefined) return null
  if (isChallenge(headers)) return 'its bot protection challenges this Worker'
  const failure = connectionFailureOf(status)
  return failure?.request === 'never_sent' ? failure.reason : null
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
