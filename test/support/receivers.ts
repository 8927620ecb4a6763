/** Receivers of callbacks, careful and careless, and what POST /v1/callbacks/test finds out about each. */
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

export interface Heard {
  body: string
  headers: Record<string, string>
}

export type Receiver = (heard: Heard) => Response | Promise<Response>

let receivers = 0

/** A URL where nobody else is, and what the receiver there hears. */
export function anAddress(): { url: string; heard: Heard[] } {
  return { url: `https://receiver-${receivers++}.test/hook`, heard: [] }
}

/** The report on the receiver, made with a key of the test's own: each may ask for few in a minute. */
export async function reportOn(receiver: Receiver, { url, heard } = anAddress()): Promise<Report> {
  for (const _ of [1, 2, 3, 4]) {
    world.respondNext(url, async (request) => {
      const one = { body: await request.text(), headers: Object.fromEntries(request.headers) }
      heard.push(one)
      return receiver(one)
    })
  }
  const body = { url, secret: callbackSecret }
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

/** As a careful receiver does it, with the published package. */
export function verifies({ body, headers }: Heard): Response {
  try {
    new Webhook(callbackSecret).verify(body, headers)
    return new Response('ok')
  } catch (error) {
    return new Response(String(error), { status: 401 })
  }
}

/** The signature is right, whenever it was made. */
export function verifiesWithoutClock({ body, headers }: Heard): Response {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000)
  const signature = new Webhook(callbackSecret).sign(headers['webhook-id'] ?? '', at, body)
  return new Response('', { status: headers['webhook-signature']?.startsWith(signature) ? 200 : 401 })
}

/** Takes each id once, and complains of it afterwards. */
export function complainsOfRepeats(): Receiver {
  const known = new Set<string>()
  return (heard) => {
    const id = heard.headers['webhook-id'] ?? ''
    if (known.has(id)) return new Response('known', { status: 409 })
    known.add(id)
    return verifies(heard)
  }
}

/** Takes one, and puts off all that follow. */
export function isOverwhelmed(): Receiver {
  let count = 0
  return (heard) => (count++ === 0 ? verifies(heard) : new Response('slow down', { status: 429 }))
}
