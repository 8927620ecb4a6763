/** Builders of fal's responses and webhooks, and its adapter on a network that plays the given replies. */
import type { Fetch } from '../../../src/connections.ts'
import { sha256 } from '../../../src/core/crypto/derived-keys.ts'
import { fal } from '../../../src/providers/fal/index.ts'
import { aNetwork, type Reply, taskId } from '../a-submission.ts'
import { connect } from '../connect.ts'
import type { SignedCandidate } from '../signature-contract.ts'

export const falKey = 'key-id-0001:key_secret'

export const createFal = (fetch: Fetch) => connect('fal', { FAL_KEY: falKey }, fetch)

export function aFal(...replies: [Reply, ...Reply[]]) {
  const { fetch, sent } = aNetwork(...replies)
  return { provider: createFal(fetch), sent }
}

export const storedId = `seedance-2.0/${taskId}`
export const queueUrl = 'https://queue.fal.run'
export const requestUrl = `${queueUrl}/bytedance/seedance-2.0/requests/${taskId}`
export const videoUrl = 'https://v3b.fal.media/files/b/boat.mp4'

const urls = {
  response_url: requestUrl,
  status_url: `${requestUrl}/status`,
  cancel_url: `${requestUrl}/cancel`,
}

export const accepted = { request_id: taskId, gateway_request_id: taskId, ...urls, queue_position: 0 }

export function aStatus(status: string): Reply {
  const code = status === 'COMPLETED' ? 200 : 202
  return { status: code, json: { status, request_id: taskId, ...urls, queue_position: 1 } }
}

export const anOutput = {
  video: { url: videoUrl, content_type: 'video/mp4', file_name: 'boat.mp4', file_size: 4_404_019 },
  seed: 7,
}

/** The body of a model's error. */
export function aModelError(type: string, msg = 'It failed') {
  return { detail: [{ loc: ['body'], msg, type, url: `https://docs.fal.ai/errors#${type}`, input: {} }] }
}

export const failed: [Reply, Reply] = [
  aStatus('COMPLETED'),
  { status: 400, json: aModelError('downstream_service_error') },
]

export function aWebhook(overrides: Record<string, unknown> = {}) {
  return {
    request_id: taskId,
    gateway_request_id: taskId,
    status: 'OK',
    payload: anOutput,
    error: null,
    ...overrides,
  }
}

export function aFailedWebhook(payload: unknown = aModelError('downstream_service_error')) {
  return aWebhook({ status: 'ERROR', error: 'Invalid status code: 400', payload })
}

/** Three pairs of keys, and how fal signs with them. */
const pairs = await Promise.all(
  [0, 1, 2].map(() => crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])),
)

export const signature: SignedCandidate = {
  create: (edges) => {
    const settings = { FAL_KEY: falKey, FAL_JWKS_URL: `https://${crypto.randomUUID()}.example.com/jwks.json` }
    const account = fal.readAccount(settings)
    if (account === null) throw new Error('fal has no account with these settings')
    return account({ ...edges, guard: async () => null })
  },
  async sign(body, signedAt, pair) {
    const lines = [taskId, 'user_1', String(Math.floor(signedAt / 1_000)), await sha256(body)]
    const message = new TextEncoder().encode(lines.join('\n'))
    const bytes = await crypto.subtle.sign('Ed25519', pairAt(pair).privateKey, message)
    return {
      'x-fal-webhook-request-id': taskId,
      'x-fal-webhook-user-id': 'user_1',
      'x-fal-webhook-timestamp': lines[2] ?? '',
      'x-fal-webhook-signature': new Uint8Array(bytes).toHex(),
    }
  },
  async published(...numbers) {
    const jwks = numbers.map((number) => crypto.subtle.exportKey('jwk', pairAt(number).publicKey))
    return {
      json: { keys: (await Promise.all(jwks)).map((jwk, index) => ({ ...jwk, kid: `key-${index}` })) },
    }
  },
  toleranceMs: { early: 300_000, late: 7_500_000 },
}

function pairAt(number: number): CryptoKeyPair {
  const pair = pairs[number]
  if (pair === undefined || !('privateKey' in pair)) throw new Error(`there is no pair ${number}`)
  return pair
}
