import { describe, expect, it } from 'vitest'
import type { InputMedia } from '../../src/providers/provider.ts'
import { createScenario, credentials } from './a-scenario.ts'
import type { Reply } from './a-submission.ts'

const partUrl = 'https://storage.example.com/part-1?signature=x'
const bytes = new TextEncoder().encode('a picture of a boat')

function aPicture(overrides: Partial<InputMedia> = {}): InputMedia {
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      stream.enqueue(bytes)
      stream.close()
    },
  })
  const about = {
    kind: 'image',
    contentType: 'image/png',
    fileName: 'boat.png',
    bytes: bytes.length,
  } as const
  return { ...about, body, ...overrides }
}

const announced: Reply = {
  json: { upload: { id: 'up_1', status: 'pending', parts: [{ number: 1, url: partUrl, expires: 'soon' }] } },
}
const stored: Reply = { text: '' }
const at = (status: string, more: Record<string, unknown> = {}): Reply => ({
  json: { upload: { id: 'up_1', status, ...more } },
})
const imported = at('imported', { entityId: 'asset_1' })

/** Scenario and its storage, answering one after another, and how long the adapter waited in between. */
function anUpload(...replies: Reply[]) {
  const sent: { call: string; authorization: string | null; body: string }[] = []
  const waits: number[] = []
  const provider = createScenario(
    async (request) => {
      const reply = replies[Math.min(sent.length, replies.length - 1)] ?? stored
      const call = `${request.method} ${request.url.replace('https://api.cloud.scenario.com/v1', '')}`
      sent.push({
        call,
        authorization: request.headers.get('authorization'),
        body: new TextDecoder().decode(await request.arrayBuffer()),
      })
      if (reply instanceof Error) throw reply
      const { status = 200 } = reply
      return new Response('json' in reply ? JSON.stringify(reply.json) : reply.text, { status })
    },
    async (ms) => {
      waits.push(ms)
    },
  )
  return { upload: (media = aPicture()) => provider.upload?.(media), sent, waits }
}

describe('handing media over', () => {
  it('announces, sends, completes and waits until they are imported', async () => {
    const { upload, sent, waits } = anUpload(
      announced,
      stored,
      at('complete'),
      at('validating'),
      at('validated'),
      imported,
    )
    expect(await upload()).toEqual({ ok: true, value: { assetId: 'asset_1' } })
    expect(sent.map(({ call }) => call)).toEqual([
      'POST /uploads',
      `PUT ${partUrl}`,
      'POST /uploads/up_1/action',
      'GET /uploads/up_1',
      'GET /uploads/up_1',
      'GET /uploads/up_1',
    ])
    expect(sent.map(({ body }) => body).slice(0, 3)).toEqual([
      '{"kind":"image","fileName":"boat.png","contentType":"image/png","fileSize":19,"parts":1}',
      'a picture of a boat',
      '{"action":"complete"}',
    ])
    expect(waits).toEqual([1_000, 1_000])
  })

  it('shows its key to Scenario, and not to the storage', async () => {
    const { upload, sent } = anUpload(announced, stored, at('complete'), imported)
    await upload()
    const basic = `Basic ${credentials}`
    expect(sent.map(({ authorization }) => authorization)).toEqual([basic, null, basic, basic])
  })

  it('does not wait for ever', async () => {
    const { upload, sent, waits } = anUpload(announced, stored, at('validating'))
    expect(await upload()).toMatchObject({ fault: { code: 'unavailable' } })
    expect(sent).toHaveLength(13)
    expect(waits).toHaveLength(9)
  })

  it('goes on asking when an answer fails or cannot be read', async () => {
    const { upload } = anUpload(
      announced,
      stored,
      { text: '' },
      { status: 503, text: '' },
      { json: 7 },
      imported,
    )
    expect(await upload()).toEqual({ ok: true, value: { assetId: 'asset_1' } })
  })
})

describe('refused', () => {
  it('has refused media that it could not read', async () => {
    const { upload } = anUpload(
      announced,
      stored,
      at('complete'),
      at('failed', { errorMessage: 'not a PNG' }),
    )
    expect(await upload()).toMatchObject({
      fault: {
        code: 'bad_request',
        message: 'Scenario could not read the media that were uploaded.',
        evidence: { errorMessage: 'not a PNG' },
      },
    })
  })

  it('names what an announcement was refused for', async () => {
    const { upload, sent } = anUpload({ status: 400, json: { reason: 'contentType is not allowed' } })
    expect(await upload()).toMatchObject({
      fault: { code: 'bad_request', message: 'Scenario refused: 400 (contentType).' },
    })
    expect(sent).toHaveLength(1)
  })

  it.each([
    [401, 'auth'],
    [402, 'out_of_credit'],
    [403, 'not_entitled'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
    [302, 'unavailable'],
  ])('turns %i into %s', async (status, code) => {
    const refused: Reply = { status, text: '{}' }
    expect(await anUpload(refused).upload()).toMatchObject({ fault: { code } })
    expect(await anUpload(announced, stored, refused).upload()).toMatchObject({ fault: { code } })
  })
})

describe('hostile', () => {
  it.each([
    ['Scenario is unreachable', [new TypeError('Network connection lost.')]],
    ['no place is named', [{ json: { upload: { id: 'up_1', status: 'pending', parts: [] } } }]],
    [
      'the place is none',
      [{ json: { upload: { id: 'up_1', parts: [{ url: 'ftp://storage.example.com' }] } } }],
    ],
    ['the announcement cannot be read', [{ text: '<html>' }]],
    ['the storage is unreachable', [announced, new TypeError('Network connection lost.')]],
    ['the storage refuses', [announced, { status: 403, text: '<Error/>' }]],
    ['the storage sends elsewhere', [announced, { status: 307, text: '' }]],
    ['nothing of it is named', [announced, stored, at('imported')]],
  ] satisfies [string, Reply[]][])('may be tried again when %s', async (_, replies) => {
    expect(await anUpload(...replies).upload()).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it('completes nothing when the media break off', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (stream) => stream.error(new Error('reset')) })
    const { upload, sent } = anUpload(announced, stored)
    expect(await upload(aPicture({ body }))).toMatchObject({ fault: { code: 'unavailable' } })
    expect(sent).toHaveLength(1)
  })
})
