/**
 * Verifies deliveries as receivers do: with the published packages, and with the published public keys. The packages
 * compare the timestamp with the machine's clock, so they refuse a delivery sent after the test's clock was advanced.
 */
import { OpenAI } from 'openai'
import { Webhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { api } from './reelhook.ts'

type Headers = Record<string, string>

/** Each throws on an invalid signature. svix wraps standardwebhooks; openai has its own implementation. */
export const packages: [string, (secret: string, body: string, headers: Headers) => unknown][] = [
  ['standardwebhooks', (secret, body, headers) => new Webhook(secret).verify(body, headers)],
  ['svix', (secret, body, headers) => new SvixWebhook(secret).verify(body, headers)],
  ['openai', (secret, body, headers) => openai(secret).webhooks.unwrap(body, headers)],
]

export async function isVerified(
  verify: (typeof packages)[number][1],
  secret: string,
  body: string,
  headers: Headers,
): Promise<boolean> {
  try {
    await verify(secret, body, headers)
    return true
  } catch (error) {
    if (error instanceof Error && /signature|timestamp/i.test(error.message)) return false
    throw error
  }
}

export interface PublishedKey {
  kty: string
  crv: string
  x: string
  kid: string
  whpk: string
  status: string
}

export async function publishedKeys(): Promise<PublishedKey[]> {
  const response = await api('/.well-known/webhook-keys.json', { headers: { authorization: '' } })
  return (await response.json<{ keys: PublishedKey[] }>()).keys
}

/** Verifies id, timestamp and body with a key of the form `whpk_…`, as the specification says. */
export async function isSignedBy(whpk: string, body: string, headers: Headers): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', bytesOf(whpk.replace('whpk_', '')), 'Ed25519', false, [
    'verify',
  ])
  const text = new TextEncoder().encode(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  const signatures = (headers['webhook-signature'] ?? '').split(' ').filter((one) => one.startsWith('v1a,'))
  const results = signatures.map((one) => crypto.subtle.verify('Ed25519', key, bytesOf(one.slice(4)), text))
  return (await Promise.all(results)).includes(true)
}

function openai(webhookSecret: string): OpenAI {
  return new OpenAI({ apiKey: 'not needed to verify', webhookSecret })
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
