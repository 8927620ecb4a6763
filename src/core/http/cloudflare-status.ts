/**
 * Cloudflare's own responses. A fetch on its network does not throw for a host that cannot be reached: it returns a page of
 * Cloudflare with one of these statuses; on other platforms fetch throws. Sources: Cloudflare's documentation of 5xx errors,
 * and its error responses in JSON. No I/O. No clock.
 */
import { z } from 'zod'

interface ConnectionFailure {
  reason: string
  /** Whether the host may have received the request. */
  request: 'never_sent' | 'perhaps_sent'
  /** TLS failed: the host exists, and nothing else is known of it. */
  isTls?: true
}

const failures: Partial<Record<number, ConnectionFailure>> = {
  520: { reason: 'the host closed the connection, or its response is not HTTP', request: 'perhaps_sent' },
  521: { reason: 'the host refused the connection', request: 'never_sent' },
  // Also when a connected host does not acknowledge the request.
  522: { reason: 'the host did not accept the connection in time', request: 'perhaps_sent' },
  523: { reason: 'the host cannot be reached', request: 'never_sent' },
  524: { reason: 'the host accepted the connection and did not respond in time', request: 'perhaps_sent' },
  525: { reason: 'the TLS handshake with the host failed', request: 'never_sent', isTls: true },
  526: { reason: 'the certificate of the host is not valid', request: 'never_sent', isTls: true },
  530: { reason: 'the name of the host does not resolve', request: 'never_sent' },
}

/** Why the host did not respond; null if the status is its response. */
export function connectionFailureOf(status: number): ConnectionFailure | null {
  return failures[status] ?? null
}

/** Whether a JSON body is an error page of Cloudflare. It sends JSON if the request accepts it. */
export function isCloudflarePage(body: unknown): boolean {
  return pageSchema.safeParse(body).success
}

/** Whether Cloudflare answers in place of the host, to see whether the client is a browser (its page on detecting it). */
export function isChallenge(headers: Headers): boolean {
  return headers.get('cf-mitigated')?.trim().toLowerCase() === 'challenge'
}

const pageSchema = z.object({ cloudflare_error: z.literal(true) })
