/**
 * Four deliveries that mean nothing, to learn what a receiver does with each: a valid one, one with a forged signature,
 * one that was signed an hour ago, and the valid one again. Reads no row and writes none; nothing is tried again.
 */

import { keyPairOf } from '../../core/crypto/key-pair.ts'
import { newId } from '../../core/id.ts'
import { type AttemptEdges, attemptPost } from '../attempt.ts'
import { connectionFailureOf, isTlsFailure } from '../cloudflare-status.ts'
import { newSecret } from '../secrets.ts'
import { type Signers, signedHeaders } from '../sign.ts'

export const testDeliveryNames = ['valid', 'forged', 'stale', 'duplicate'] as const
type ProbeName = (typeof testDeliveryNames)[number]

export interface TestDelivery {
  name: ProbeName
  /** The status that the receiver itself answered with. */
  status: number | null
  durationMs: number | null
  /** Null when it was accepted. */
  error: string | null
  redirectHost: string | null
  tls: 'established' | 'failed' | 'unknown' | 'unused'
}

export type TestDeliveries = Record<ProbeName, TestDelivery>

const staleMs = 60 * 60 * 1_000

export async function sendTestDeliveries(
  edges: AttemptEdges,
  url: string,
  signers: Signers,
): Promise<TestDeliveries> {
  const nowMs = edges.now()
  const body = harmlessBody(nowMs)
  const send = async (
    name: ProbeName,
    eventId: string,
    by: Signers,
    signedAtMs: number,
  ): Promise<TestDelivery> => {
    const startedAt = edges.now()
    const signed = await signedHeaders(by, eventId, body, signedAtMs)
    const { status, error, redirect } = await attemptPost(edges, { url, body, signed })
    const isItsOwn = status !== null && connectionFailureOf(status) === null
    return {
      name,
      status: isItsOwn ? status : null,
      durationMs: edges.now() - startedAt,
      error,
      redirectHost: redirect?.host ?? null,
      tls: tlsOf(url, status),
    }
  }

  const eventId = newId('event')
  const valid = await send('valid', eventId, signers, nowMs)
  // Where nobody answers, three more would only wait as long.
  if (valid.status === null) {
    return { valid, forged: unsent('forged'), stale: unsent('stale'), duplicate: unsent('duplicate') }
  }
  const [forged, stale, duplicate] = await Promise.all([
    send('forged', newId('event'), await anybody(), nowMs),
    send('stale', newId('event'), signers, nowMs - staleMs),
    send('duplicate', eventId, signers, edges.now()),
  ])
  return { valid, forged, stale, duplicate }
}

function tlsOf(url: string, status: number | null): TestDelivery['tls'] {
  // Where the guard is lifted.
  if (new URL(url).protocol === 'http:') return 'unused'
  if (status === null) return 'unknown'
  if (connectionFailureOf(status) === null) return 'established'
  return isTlsFailure(status) ? 'failed' : 'unknown'
}

/** What is sent: it means nothing. */
export function harmlessBody(nowMs: number): string {
  const message = 'Reelhook tests this callback URL. Nothing happened, and nothing needs to be done.'
  const timestamp = new Date(nowMs).toISOString()
  return JSON.stringify({ type: 'callback.test', timestamp, data: { message } })
}

/** Whoever knows neither the secret nor the key of the deployment, and signs as well as they can. */
async function anybody(): Promise<Signers> {
  return { secrets: [newSecret()], pairs: [await keyPairOf(crypto.getRandomValues(new Uint8Array(32)))] }
}

function unsent(name: ProbeName): TestDelivery {
  return {
    name,
    status: null,
    durationMs: null,
    error: 'not sent, as the first got no answer',
    redirectHost: null,
    tls: 'unknown',
  }
}
