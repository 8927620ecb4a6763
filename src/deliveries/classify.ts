/** The meaning of a response for the delivery and for its host. No I/O. */
import type { HostResult } from '../core/delivery.ts'
import { connectionFailureOf, isChallenge } from '../core/http/cloudflare-status.ts'
import { retryAfterMs } from '../core/http/retry-after.ts'
import { usefulHeaders } from '../core/http/useful-headers.ts'
import type { DeliveryPace } from '../core/schedule/waits.ts'

export interface Attempted {
  /** `gone` (410) and `aborted` (webhook-delivery: abort-message): the caller wants no further attempt. */
  verdict: 'delivered' | 'refused' | 'gone' | 'aborted'
  host: HostResult
  pace: DeliveryPace
  status: number | null
  error: string | null
  /** Some of the response's headers, as JSON. */
  responseHeaders: string | null
  /** The first kilobyte of the response body. */
  responseBody: string | null
  /** The target of a redirect, which is not followed. Without its query, which may hold a secret. */
  redirect?: { host: string; path: string }
  retryAfterMs?: number | undefined
}

// These ask for fewer requests, with or without a Retry-After.
const slowing = [429, 502, 503, 504]
// Besides every 5xx. Any other 4xx comes from a host that is up (a deleted workflow, a wrong path).
const overloaded = [408, 425, 429]

export function classifyResponse(
  url: string,
  response: Response,
  responseBody: string,
  nowMs: number,
): Attempted {
  const { status, headers } = response
  const common = {
    host: hostResultOf(status),
    pace: paceOf(status),
    status,
    responseHeaders: usefulHeaders(headers),
    responseBody,
    retryAfterMs: retryAfterMs(headers, nowMs),
  }
  if (status >= 200 && status < 300) return { ...common, verdict: 'delivered', error: null }
  if (status === 410) return { ...common, verdict: 'gone', error: 'the caller answered 410 Gone' }
  const refused = { ...common, ...(isRedirect(status) && redirectOf(url, headers)) }
  const error = whyRefused(response)
  return isAborted(headers)
    ? { ...refused, verdict: 'aborted', error: `${error} and webhook-delivery: abort-message` }
    : { ...refused, verdict: 'refused', error }
}

/** No response came: the network failed. */
export function noResponse(error: string): Attempted {
  return {
    verdict: 'refused',
    host: 'down',
    pace: 'ordinary',
    status: null,
    error,
    responseHeaders: null,
    responseBody: null,
  }
}

/** No request was made: the obstacle is on this side. */
export function notSent(error: string): Attempted {
  return { ...noResponse(error), host: 'not_sent' }
}

/** The error, for the delivery log. The target of a redirect helps the caller to correct the URL. */
export function failureText({ error, redirect }: Attempted): string | null {
  if (error === null || redirect === undefined) return error
  return `${error}: it points at ${`${redirect.host}${redirect.path}`.slice(0, maxLocationLength)}`
}

const maxLocationLength = 300

export function paceOf(status: number): DeliveryPace {
  return slowing.includes(status) ? 'slowed' : 'ordinary'
}

function hostResultOf(status: number): HostResult {
  if (status >= 200 && status < 300) return 'accepted'
  return status >= 500 || overloaded.includes(status) ? 'down' : 'refused'
}

// Not followed: a signed body goes to the caller's URL only.
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

function whyRefused({ status, headers }: Response): string {
  if (isChallenge(headers)) return `Cloudflare answered ${status} instead of the caller: ${challenged}`
  if (isRedirect(status)) return `the caller answered ${status}, and a redirect is not followed`
  return connectionFailureOf(status)?.reason ?? `the caller answered ${status}`
}

// Bot Fight Mode cannot be skipped by a rule. Super Bot Fight Mode and WAF rules can (Cloudflare's page on Bot Fight Mode).
const challenged =
  "the host's bot protection challenges this Worker. Allow the path with a WAF skip rule, or turn Bot Fight Mode off"

function redirectOf(url: string, headers: Headers): Pick<Attempted, 'redirect'> {
  const location = headers.get('location')
  if (location === null || !URL.canParse(location, url)) return {}
  const { host, pathname } = new URL(location, url)
  return { redirect: { host, path: pathname } }
}

// Svix's delivery control. A success is not aborted.
function isAborted(headers: Headers): boolean {
  return headers.get('webhook-delivery')?.trim().toLowerCase() === 'abort-message'
}
