/** The callback server of `npm start`, and what it prints. */

import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CallbackServer,
  type Received,
  startCallbackServer,
} from '../../../src/dev/local/callback-server.ts'
import { deliveryLines } from '../../../src/dev/local/print/delivery-lines.ts'

const secret = `whsec_${btoa('the secret of the callback server')}`
const otherSecret = `whsec_${btoa('the secret of somebody else here')}`
const printed: Received[] = []
let server: CallbackServer

beforeAll(async () => {
  server = await startCallbackServer(() => secret, { onReceived: (received) => printed.push(received) })
})
afterAll(() => server.close())

const createdAt = '2026-11-29T12:00:00.000Z'
const succeeded = {
  type: 'job.succeeded',
  data: { id: 'job_1', created_at: createdAt, outputs: [{ n: 0, url: 'https://reelhook.test/video.mp4' }] },
}

interface Target {
  id?: string
  url?: string
  key?: string
}

async function deliver(body: unknown, target: Target = {}) {
  const { id = crypto.randomUUID(), url = server.url, key = secret } = target
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const at = new Date()
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(key).sign(id, at, text),
  }
  return (await fetch(url, { method: 'POST', headers, body: text })).status
}

const plain = (_: string, text: string) => text
const linesOf = (received: Received | undefined) =>
  received === undefined ? '' : deliveryLines({ ...received, at: Date.parse(createdAt) + 4_250 }, plain)

describe('a delivery', () => {
  it('is printed with its type, its job, the time since the post and the link of the video', async () => {
    expect(await deliver(succeeded)).toBe(200)
    expect(linesOf(printed.at(-1))).toBe(`
← job.succeeded  job_1
    signature verified, 4.3 s after the post
    video 0: https://reelhook.test/video.mp4
`)
  })

  it('is refused and printed with the reason why its signature is not valid', async () => {
    expect(await deliver(succeeded, { key: otherSecret })).toBe(401)
    expect(printed.at(-1)?.verified).toBe(false)
    expect(linesOf(printed.at(-1))).toContain('NOT VERIFIED, refused: No matching signature found')
  })

  it('of a failed job is printed with its fault', async () => {
    const fault = { code: 'moderated', message: 'The provider refused the prompt.' }
    await deliver({ type: 'job.failed', data: { id: 'job_2', created_at: createdAt, outputs: [], fault } })
    expect(linesOf(printed.at(-1))).toContain('moderated: The provider refused the prompt.')
  })

  it('in the format of OpenAI is printed too', async () => {
    await deliver({ id: 'evt_1', object: 'event', type: 'video.completed', data: { id: 'job_3' } })
    expect(linesOf(printed.at(-1))).toContain('← video.completed  job_3\n    signature verified\n')
  })

  it('of an unknown type, and one that is not about a job, is accepted and printed', async () => {
    for (const data of [{ message: 'Nothing happened.' }, { id: 7 }, null, 'text']) {
      expect(await deliver({ type: 'some.news', data })).toBe(200)
      expect(linesOf(printed.at(-1))).toBe('\n← some.news\n    signature verified\n')
    }
  })

  it('that arrives twice is printed once', async () => {
    const before = printed.length
    await deliver(succeeded, { id: 'evt_twice' })
    await deliver(succeeded, { id: 'evt_twice' })
    expect(printed.length).toBe(before + 1)
    expect(server.received.filter(({ eventId }) => eventId === 'evt_twice')).toHaveLength(2)
  })

  it('to the unreliable URL is refused once, and printed once', async () => {
    const before = printed.length
    const target = { id: 'evt_refused', url: server.unreliableUrl }
    expect(await deliver(succeeded, target)).toBe(500)
    expect(await deliver(succeeded, target)).toBe(200)
    expect(printed.length).toBe(before + 1)
  })

  it('to the silent URL is accepted and not printed', async () => {
    const before = printed.length
    expect(await deliver(succeeded, { url: server.silentUrl })).toBe(200)
    expect(printed.length).toBe(before)
  })

  it('that is no event is refused, and the server continues', async () => {
    expect(await deliver('<html>')).toBe(400)
    expect(await deliver({ hello: 'world' })).toBe(400)
    expect(await deliver(succeeded)).toBe(200)
  })
})
