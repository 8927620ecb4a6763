/** The simulator's own pair of keys for webhooks: an Ed25519 key of a fixed seed, so that it needs no state. */

const { subtle } = crypto

const userId = 'simulated-user'

/** The headers of one attempt. */
export async function signWebhook(
  requestId: string,
  body: string,
  nowMs: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000))
  const hash = toHex(await subtle.digest('SHA-256', encoder.encode(body)))
  const message = encoder.encode([requestId, userId, timestamp, hash].join('\n'))
  const signature = await subtle.sign('Ed25519', await privateKey(), message)
  return {
    'x-fal-webhook-request-id': requestId,
    'x-fal-webhook-user-id': userId,
    'x-fal-webhook-timestamp': timestamp,
    'x-fal-webhook-signature': toHex(signature),
  }
}

export async function publishedKeys(): Promise<unknown> {
  const exported = await subtle.exportKey('jwk', await privateKey())
  return { keys: [{ kty: 'OKP', crv: 'Ed25519', x: Reflect.get(exported, 'x'), kid: 'simulated-1' }] }
}

function privateKey(): Promise<CryptoKey> {
  // The bytes before the seed of an Ed25519 key in PKCS #8 (RFC 8410 §7), and 32 bytes.
  const prefix = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
  const pkcs8 = new Uint8Array([...prefix, ...Array<number>(32).fill(0x5e)])
  return subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, true, ['sign'])
}

/** The simulator runs in Node too, which has no `Uint8Array.toHex` by default. */
function toHex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const encoder = new TextEncoder()
