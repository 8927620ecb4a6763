/**
 * Statuses that Cloudflare's own network answers with when it could not speak to a host: what fetch tells of a failed
 * connection or TLS there, where elsewhere it throws. Source: Cloudflare's documentation of 5xx errors.
 */
const failures: Partial<Record<number, string>> = {
  520: 'the host closed the connection, or answered with what is no HTTP',
  521: 'the host refused the connection',
  522: 'the host did not take the connection in time',
  523: 'the host cannot be reached',
  524: 'the host took the connection and did not answer in time',
  525: 'the TLS handshake with the host failed',
  526: 'the certificate of the host is not valid',
  530: 'the name of the host does not resolve',
}

/** Whether it was TLS that failed, and no more is known of the host than that it is there. */
export function isTlsFailure(status: number): boolean {
  return status === 525 || status === 526
}

/** Why no answer of the host came, or null when one did. */
export function connectionFailureOf(status: number): string | null {
  return failures[status] ?? null
}
