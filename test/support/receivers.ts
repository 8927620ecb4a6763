/** Receivers of callbacks, careful and careless, and the reports of POST /v1/callbacks/test on them. */
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import { bearerHeader, createApiKey } from './api-keys.ts'
import { callbackSecret } from './caller.ts'
import { post } from './reelhook.ts'
import { world } from './world.ts'

export interface Report {
  ok: boolean
  test_deliveries: {
    name: string
    status: number | null
    duration_ms: number | null
    error: string | null
    redirect_host: string | null
  }[]
  results: { name: string; result: string; message: string }[]
}

export interface ReceivedDelivery {
  body: string
  headers: Record<string, string>
}

export type Receiver = (received: ReceivedDelivery) => Response | Promise<Response>

let receivers = 0

/** A URL that no other test uses, and the deliveries received there. */
export function anAddress(): { url: string; received: ReceivedDelivery[] } {
  return { url: `https://receiver-${receivers++}.test/hook`, received: [] }
}

/** The report on the receiver, requested with a new key: a key may request few in a minute. */
export async function reportOn(
  receiver: Receiver,
  { url, received } = anAddress(),
  fields: Record<string, unknown> = {},
): Promise<Report> {
  for (const _ of [1, 2, 3, 4]) {
    world.respondNext(url, async (request) => {
      const one = { body: await request.text(), headers: Object.fromEntries(request.headers) }
      received.push(one)
      return receiver(one)
    })
  }
  const body = { url, secret: callbackSecret, ...fields }
  const response = await post('/v1/callbacks/test', body, bearerHeader(await createApiKey()))
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

export function resultsOf({ results }: Report): Record<string, string> {
  return Object.fromEntries(results.map(({ name, result }) => [name, result]))
}

export function messageOf({ results }: Report, name: string): string {
  return results.find((result) => result.name === name)?.message ?? ''
}

export const allPassed = {
  reachable: 'passed',
  speaks_tls: 'passed',
  accepts_valid: 'passed',
  refuses_forged: 'passed',
  refuses_stale: 'passed',
  accepts_duplicate: 'passed',
}

/** Verifies as a careful receiver does, with the published package. */
export function verifies({ body, headers }: ReceivedDelivery): Response {
  try {
    new Webhook(callbackSecret).verify(body, headers)
    return new Response('ok')
  } catch (error) {
    return new Response(String(error), { status: 401 })
  }
}

/** Verifies as OpenRouter's documentation does: the first `v1`, with the text of the secret, and the age. */
export async function verifiesAsOpenrouter({ body, headers }: ReceivedDelivery): Promise<Response> {
  const parts = (headers['x-openrouter-signature'] ?? '').split(',')
  const [timestamp, hash] = ['t=', 'v1='].map((start) =>
    parts.find((part) => part.startsWith(start))?.slice(start.length),
  )
  const isFresh = Math.abs(Date.now() / 1_000 - Number(timestamp)) < 300
  const isValid = hash === (await hexHmac(callbackSecret, `${timestamp},${body}`))
  return new Response('', { status: isFresh && isValid ? 200 : 401 })
}

/** Of the text of a secret, as it is shown. */
export async function hexHmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text))).toHex()
}

/** Verifies the signature, but not the age of the timestamp. */
export function verifiesWithoutClock({ body, headers }: ReceivedDelivery): Response {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000)
  const signature = new Webhook(callbackSecret).sign(headers['webhook-id'] ?? '', at, body)
  return new Response('', { status: headers['webhook-signature']?.startsWith(signature) ? 200 : 401 })
}

/** Accepts each id once, and refuses it afterwards. */
export function complainsOfRepeats(): Receiver {
  const ids = new Set<string>()
  return (received) => {
    const id = received.headers['webhook-id'] ?? ''
    if (ids.has(id)) return new Response('known', { status: 409 })
    ids.add(id)
    return verifies(received)
  }
}

/** Accepts one delivery, and answers 429 to all that follow. */
export function isOverwhelmed(): Receiver {
  let count = 0
  return (received) => (count++ === 0 ? verifies(received) : new Response('slow down', { status: 429 }))
}
