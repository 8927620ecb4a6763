/**
 * Four deliveries that mean nothing, to learn what a receiver does with each: a valid one, one with a forged signature,
 * one that was signed an hour ago, and the valid one again. Reads no row and writes none; nothing is tried again.
 */
import { newId } from '../core/id.ts'
import { keyPairOf } from '../core/key-pair.ts'
import { type AttemptEdges, attemptPost } from './attempt.ts'
import { newSecret } from './secrets.ts'
import { type Signers, signedHeaders } from './sign.ts'
import { isTlsTrouble, whyUnconnected } from './unconnected.ts'

export const probeNames = ['valid', 'forged', 'stale', 'duplicate'] as const
type ProbeName = (typeof probeNames)[number]

export interface Probe {
  name: ProbeName
  /** The status that the receiver itself answered with. */
  status: number | null
  durationMs: number | null
  /** Null when it was accepted. */
  error: string | null
  redirectHost: string | null
  tls: 'established' | 'failed' | 'unknown' | 'unused'
}

export type Probes = Record<ProbeName, Probe>

const staleMs = 60 * 60 * 1_000

export async function probe(edges: AttemptEdges, url: string, signers: Signers): Promise<Probes> {
  const nowMs = edges.now()
  const body = harmlessBody(nowMs)
  const send = async (name: ProbeName, eventId: string, by: Signers, signedAtMs: number): Promise<Probe> => {
    const startedAt = edges.now()
    const signed = await signedHeaders(by, eventId, body, signedAtMs)
    const { status, error, redirect } = await attemptPost(edges, { url, body, signed })
    const isItsOwn = status !== null && whyUnconnected(status) === null
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

function tlsOf(url: string, status: number | null): Probe['tls'] {
  // Where the guard is lifted.
  if (new URL(url).protocol === 'http:') return 'unused'
  if (status === null) return 'unknown'
  if (whyUnconnected(status) === null) return 'established'
  return isTlsTrouble(status) ? 'failed' : 'unknown'
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

function unsent(name: ProbeName): Probe {
  return {
    name,
    status: null,
    durationMs: null,
    error: 'not sent, as the first got no answer',
    redirectHost: null,
    tls: 'unknown',
  }
}
