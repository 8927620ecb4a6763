/** Two functions that verify a delivery, for the reader to copy. A test runs them as the page shows them. */

import { environment, fetchWord, webhookLibrary } from './reader-words.ts'

/** The `v1` signature, with the receiver's secret. */
export const verifierV1 = `import { Webhook } from ${webhookLibrary}

const webhook = new Webhook(${environment}.REELHOOK_SECRET) // whsec_…

export async function readEvent(request) {
  const body = await request.text()
  webhook.verify(body, Object.fromEntries(request.headers)) // throws
  return JSON.parse(body)
}`

/** The `v1a` signature, with the public keys of the deployment. */
export function verifierV1a(baseUrl: string): string {
  return `const keysUrl = '${baseUrl}/.well-known/webhook-keys.json'

export async function readEvent(request) {
  const body = await request.text()
  const [id, time, signatures] = ['id', 'timestamp', 'signature']
    .map((name) => request.headers.get('webhook-' + name))
  if (!(Math.abs(Date.now() / 1000 - time) < 300)) throw new Error('Too old')
  const signed = new TextEncoder().encode([id, time, body].join('.'))
  const { keys } = await (await ${fetchWord}(keysUrl)).json() // cache them for an hour
  for (const { kty, crv, x } of keys) {
    const jwk = { kty, crv, x }
    const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['verify'])
    for (const [, value] of signatures.matchAll(/v1a,(\\S+)/g)) {
      const signature = Uint8Array.from(atob(value), (one) => one.charCodeAt(0))
      if (await crypto.subtle.verify('Ed25519', key, signature, signed)) return JSON.parse(body)
    }
  }
  throw new Error('No signature is valid')
}`
}
