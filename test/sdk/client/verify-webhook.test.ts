/** Deliveries, good and forged. They are signed with the published package of Standard Webhooks. */
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { verifyWebhook } from '../../../src/sdk/client/index.ts'

const secret = `whsec_${btoa('a secret of thirty-two characters')}`
const otherSecret = `whsec_${btoa('another secret, of the day before')}`
const nowMs = Date.UTC(2026, 10, 29)
const body = JSON.stringify({
  type: 'job.succeeded',
  timestamp: '2026-11-29T00:00:00.000Z',
  data: { prompt: 'An ⛵ é' },
})

function headersOf(fields: { secret?: string; atMs?: number } = {}) {
  const at = new Date(fields.atMs ?? nowMs)
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(fields.secret ?? secret).sign('evt_1', at, body),
  }
}

const now = () => nowMs
const received = { body, headers: headersOf(), secret, now }
const signature = received.headers['webhook-signature']

describe('a webhook is accepted', () => {
  const bytes = new TextEncoder().encode(body)
  it.each([
    { name: 'as text', change: {} },
    { name: 'as bytes', change: { body: bytes } },
    { name: 'as an ArrayBuffer', change: { body: bytes.buffer } },
    { name: 'with Headers', change: { headers: new Headers(headersOf()) } },
    {
      name: 'with header names in another case, and lists of values',
      change: {
        headers: {
          'Webhook-Id': ['evt_1'],
          'WEBHOOK-TIMESTAMP': headersOf()['webhook-timestamp'],
          'webhook-signature': ['v1,AAAA', signature],
          host: undefined,
        },
      },
    },
    { name: 'with a secret without its prefix', change: { secret: secret.slice('whsec_'.length) } },
    { name: 'after five minutes', change: { now: () => nowMs + 300_000 } },
    { name: 'five minutes early', change: { now: () => nowMs - 300_000 } },
    {
      name: 'after an hour, with that tolerance',
      change: { now: () => nowMs + 3_600_000, toleranceSeconds: 3_600 },
    },
    {
      name: 'with the signature of a rotated secret and an Ed25519 signature beside its own',
      change: {
        headers: {
          ...headersOf(),
          'webhook-signature': `${headersOf({ secret: otherSecret })['webhook-signature']} v1a,AAAA ${signature}`,
        },
      },
    },
  ])('$name', async ({ change }) => {
    expect(await verifyWebhook({ ...received, ...change })).toEqual(JSON.parse(body))
  })
})

describe('a webhook is refused', () => {
  it.each([
    { name: 'another body', change: { body: `${body} ` }, code: 'invalid_signature' },
    { name: 'another secret', change: { secret: otherSecret }, code: 'invalid_signature' },
    {
      name: 'another id',
      change: { headers: { ...headersOf(), 'webhook-id': 'evt_2' } },
      code: 'invalid_signature',
    },
    {
      name: 'no v1 signature',
      change: withSignature(signature.replace('v1,', 'v1a,')),
      code: 'invalid_signature',
    },
    {
      name: 'a shortened signature',
      change: withSignature(signature.slice(0, -4)),
      code: 'invalid_signature',
    },
    { name: 'a signature that is not base64', change: withSignature('v1,***'), code: 'invalid_signature' },
    { name: 'an empty signature', change: withSignature('v1,'), code: 'invalid_signature' },
    { name: 'an old timestamp', change: { now: () => nowMs + 301_000 }, code: 'invalid_timestamp' },
    { name: 'a future timestamp', change: { now: () => nowMs - 301_000 }, code: 'invalid_timestamp' },
    {
      name: 'a timestamp that is no number',
      change: { headers: { ...headersOf(), 'webhook-timestamp': 'now' } },
      code: 'invalid_timestamp',
    },
    { name: 'a missing header', change: { headers: { 'webhook-id': 'evt_1' } }, code: 'missing_header' },
    { name: 'a secret that is none', change: { secret: 'hunter2!' }, code: 'invalid_argument' },
    { name: 'an empty secret', change: { secret: 'whsec_' }, code: 'invalid_argument' },
  ])('$name', async ({ change, code }) => {
    await expect(verifyWebhook({ ...received, ...change })).rejects.toMatchObject({
      name: 'ReelhookError',
      code,
    })
  })
})

function withSignature(value: string) {
  return { headers: { ...headersOf(), 'webhook-signature': value } }
}
