/**
 * Sends four harmless deliveries to a receiver: a valid one, one with a forged signature, one that was signed an hour
 * ago, and the valid one again. Reads and writes no row, and retries nothing.
 */
import { keyPairOf } from '../../core/crypto/key-pair.ts'
import type { EventFormat } from '../../core/event.ts'
import { openaiBody, openrouterBody } from '../../core/event-formats/body.ts'
import { connectionFailureOf } from '../../core/http/cloudflare-status.ts'
import { newId } from '../../core/id.ts'
import { type AttemptEdges, attemptPost } from '../attempt.ts'
import { headersOf } from '../headers.ts'
import { newSecret } from '../secrets.ts'
import type { Signers } from '../sign.ts'

export const testDeliveryNames = ['valid', 'forged', 'stale', 'duplicate'] as const
type TestDeliveryName = (typeof testDeliveryNames)[number]

export interface TestDelivery {
  name: TestDeliveryName
  /** The status of the receiver's own response. */
  status: number | null
  durationMs: number | null
  /** Null when it was accepted. */
  error: string | null
  redirectHost: string | null
  tls: 'established' | 'failed' | 'unknown' | 'unused'
}

export type TestDeliveries = Record<TestDeliveryName, TestDelivery>

const staleMs = 60 * 60 * 1_000

export async function sendTestDeliveries(
  edges: AttemptEdges,
  { url, format }: { url: string; format: EventFormat },
  signers: Signers,
): Promise<TestDeliveries> {
  const nowMs = edges.now()
  const send = async (
    name: TestDeliveryName,
    eventId: string,
    testSigners: Signers,
    signedAtMs: number,
  ): Promise<TestDelivery> => {
    const startedAt = edges.now()
    const body = harmlessBody(format, eventId, nowMs)
    const signed = { eventId, body, format, idempotencyKey: eventId }
    const headers = await headersOf(testSigners, signed, signedAtMs)
    const attempted = await attemptPost(edges, { url, body, signatureHeaders: headers })
    if (attempted === 'no_connection') return unsent(name, 'no connection was free in time')
    const { status, error, redirect } = attempted
    const isOwnResponse = status !== null && connectionFailureOf(status) === null
    return {
      name,
      status: isOwnResponse ? status : null,
      durationMs: edges.now() - startedAt,
      error,
      redirectHost: redirect?.host ?? null,
      tls: tlsOf(url, status),
    }
  }

  const eventId = newId('event')
  const valid = await send('valid', eventId, signers, nowMs)
  // Without a response, the other three would only wait for the timeout, too.
  if (valid.status === null) {
    const why = 'the valid delivery got no response'
    return {
      valid,
      forged: unsent('forged', why),
      stale: unsent('stale', why),
      duplicate: unsent('duplicate', why),
    }
  }
  const [forged, stale, duplicate] = await Promise.all([
    send('forged', newId('event'), await foreignSigners(), nowMs),
    send('stale', newId('event'), signers, nowMs - staleMs),
    send('duplicate', eventId, signers, edges.now()),
  ])
  return { valid, forged, stale, duplicate }
}

function tlsOf(url: string, status: number | null): TestDelivery['tls'] {
  // Only with ALLOW_PRIVATE_NETWORK.
  if (new URL(url).protocol === 'http:') return 'unused'
  if (status === null) return 'unknown'
  const failure = connectionFailureOf(status)
  if (failure === null) return 'established'
  return failure.isTls ? 'failed' : 'unknown'
}

/** The body of a test delivery. */
export function harmlessBody(format: EventFormat, id: string, createdAt: number): string {
  const data = {
    message: 'Reelhook tests this callback URL. Nothing happened, and nothing needs to be done.',
  }
  const event = { id, type: 'callback.test', createdAt }
  switch (format) {
    case 'reelhook':
      return JSON.stringify({ type: event.type, timestamp: new Date(createdAt).toISOString(), data })
    case 'openai':
      return openaiBody(event, data)
    case 'openrouter':
      return openrouterBody(event, data)
  }
}

/** Signs correctly, but with neither the receiver's secret nor the deployment's key pair. */
async function foreignSigners(): Promise<Signers> {
  return { secrets: [newSecret()], pairs: [await keyPairOf(crypto.getRandomValues(new Uint8Array(32)))] }
}

function unsent(name: TestDeliveryName, why: string): TestDelivery {
  return {
    name,
    status: null,
    durationMs: null,
    error: `not sent, because ${why}`,
    redirectHost: null,
    tls: 'unknown',
  }
}
