/** What an answer means, for the delivery and for the host that gave it. No I/O. */
import type { HostResult } from '../core/delivery.ts'
import { retryAfterMs } from '../core/http/retry-after.ts'
import type { DeliveryPace } from '../core/schedule-waits.ts'
import { connectionFailureOf } from './cloudflare-status.ts'

export interface Attempted {
  /** `gone` (410) and `aborted` (webhook-delivery: abort-message): the caller wants no more of it. */
  verdict: 'delivered' | 'refused' | 'gone' | 'aborted'
  host: HostResult
  pace: DeliveryPace
  status: number | null
  error: string | null
  /** The first kilobyte of the answer. */
  answer: string | null
  /** Where a redirect that was not followed points; its query may hold a secret. */
  redirect?: { host: string; path: string }
  retryAfterMs?: number | undefined
}

// They ask for patience, whether or not they say how much.
const slowing = [429, 502, 503, 504]
// Beside every 5xx; another 4xx is an answer of somebody who is up (a deleted workflow, a wrong path).
const overwhelmed = [408, 425, 429]

export function classifyResponse(url: string, response: Response, answer: string, nowMs: number): Attempted {
  const { status, headers } = response
  const said = {
    host: newsOf(status),
    pace: slowing.includes(status) ? ('slowed' as const) : ('ordinary' as const),
    ...{ status, answer, retryAfterMs: retryAfterMs(headers, nowMs) },
  }
  if (status >= 200 && status < 300) return { ...said, verdict: 'delivered', error: null }
  if (status === 410) return { ...said, verdict: 'gone', error: 'the caller answered 410 Gone' }
  const refused = { ...said, ...(isRedirect(status) && redirectOf(url, headers)) }
  const error = whyRefused(status)
  return isAborted(headers)
    ? { ...refused, verdict: 'aborted', error: `${error} and webhook-delivery: abort-message` }
    : { ...refused, verdict: 'refused', error }
}

/** No answer came, because the network failed. */
export function noResponse(error: string): Attempted {
  return { verdict: 'refused', host: 'down', pace: 'ordinary', status: null, error, answer: null }
}

/** No question was asked: what stood in the way is on this side. */
export function notSent(error: string): Attempted {
  return { ...noResponse(error), host: 'not_sent' }
}

/** What went wrong, for the caller's own log: where a redirect points helps to correct that. */
export function failureText({ error, redirect }: Attempted): string | null {
  if (error === null || redirect === undefined) return error
  return `${error}: it points at ${`${redirect.host}${redirect.path}`.slice(0, maxLocationLength)}`
}

const maxLocationLength = 300

function newsOf(status: number): HostResult {
  if (status >= 200 && status < 300) return 'accepted'
  return status >= 500 || overwhelmed.includes(status) ? 'down' : 'refused'
}

// Not followed: a signed body goes only where the caller said.
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

function whyRefused(status: number): string {
  if (isRedirect(status)) return `the caller answered ${status}, and a redirect is not followed`
  return connectionFailureOf(status) ?? `the caller answered ${status}`
}

function redirectOf(url: string, headers: Headers): Pick<Attempted, 'redirect'> {
  const location = headers.get('location')
  if (location === null || !URL.canParse(location, url)) return {}
  const { host, pathname } = new URL(location, url)
  return { redirect: { host, path: pathname } }
}

// Svix's delivery control; where a delivery has succeeded there is nothing to abort.
function isAborted(headers: Headers): boolean {
  return headers.get('webhook-delivery')?.trim().toLowerCase() === 'abort-message'
}
