/**
 * Statuses by which Cloudflare's network reports a failed connection or TLS handshake; on other platforms fetch throws.
 * Source: Cloudflare's documentation of 5xx errors.
 */
const failures: Partial<Record<number, string>> = {
  520: 'the host closed the connection, or its response is not HTTP',
  521: 'the host refused the connection',
  522: 'the host did not accept the connection in time',
  523: 'the host cannot be reached',
  524: 'the host accepted the connection and did not respond in time',
  525: 'the TLS handshake with the host failed',
  526: 'the certificate of the host is not valid',
  530: 'the name of the host does not resolve',
}

/** TLS failed: the host exists, and nothing else is known of it. */
export function isTlsFailure(status: number): boolean {
  return status === 525 || status === 526
}

/** Why the host did not respond; null if the status is its response. */
export function connectionFailureOf(status: number): string | null {
  return failures[status] ?? null
}
