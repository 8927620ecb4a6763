import { describe, expect, it } from 'vitest'
import type { InputMedia } from '../../../src/providers/provider.ts'
import type { Reply } from '../a-submission.ts'
import { createScenario, credentials } from './a-scenario.ts'

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

/** Scenario and its storage, answering one after another. */
function anUpload(...replies: Reply[]) {
  const sent: { call: string; authorization: string | null; body: string }[] = []
  const { uploads } = createScenario(async (request) => {
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
  })
  if (uploads === undefined) throw new Error('Scenario takes uploads')
  return { send: (media = aPicture()) => uploads.send(media), check: () => uploads.check('up_1'), sent }
}

const isPending = { ok: true, value: { state: 'pending' } }

describe('sending media', () => {
  it('announces, sends and completes them, and waits for nothing', async () => {
    const { send, sent } = anUpload(announced, stored, at('complete'))
    expect(await send()).toEqual({ ok: true, value: { uploadId: 'up_1' } })
    expect(sent.map(({ call }) => call)).toEqual([
      'POST /uploads',
      `PUT ${partUrl}`,
      'POST /uploads/up_1/action',
    ])
    expect(sent.map(({ body }) => body)).toEqual([
      '{"kind":"image","fileName":"boat.png","contentType":"image/png","fileSize":19,"parts":1}',
      'a picture of a boat',
      '{"action":"complete"}',
    ])
  })

  it('shows its key to Scenario, and not to the storage', async () => {
    const { send, sent } = anUpload(announced, stored, at('complete'))
    await send()
    const basic = `Basic ${credentials}`
    expect(sent.map(({ authorization }) => authorization)).toEqual([basic, null, basic])
  })

  it.each<[string, Reply]>([
    ['is lost', new TypeError('Network connection lost.')],
    ['fails', { status: 503, text: '' }],
    ['cannot be read', { text: '' }],
    ['refuses', { status: 400, text: '{}' }],
  ])('keeps the upload when the answer to its completion %s: its status will tell', async (_, reply) => {
    expect(await anUpload(announced, stored, reply).send()).toEqual({ ok: true, value: { uploadId: 'up_1' } })
  })
})

describe('asking about media that were sent', () => {
  it.each(['complete', 'validating', 'validated', 'reticulating', 'imported'])(
    'has patience with %s, as long as there is no asset',
    async (status) => {
      const { check, sent } = anUpload(at(status))
      expect(await check()).toEqual(isPending)
      expect(sent.map(({ call }) => call)).toEqual(['GET /uploads/up_1'])
    },
  )

  it('learns the asset', async () => {
    expect(await anUpload(imported).check()).toEqual({
      ok: true,
      value: { state: 'imported', assetId: 'asset_1' },
    })
  })

  it('completes what is not complete: that call was lost', async () => {
    const { check, sent } = anUpload(at('pending'), at('complete'))
    expect(await check()).toEqual(isPending)
    expect(sent.map(({ call, body }) => [call, body])).toEqual([
      ['GET /uploads/up_1', ''],
      ['POST /uploads/up_1/action', '{"action":"complete"}'],
    ])
  })

  it.each<[string, Reply[]]>([
    ['is not known', [{ status: 404, text: '{}' }]],
    ['is gone', [{ status: 410, text: '{}' }]],
    ['cannot be completed', [at('pending'), { status: 400, text: '{}' }]],
  ])('takes an upload that %s for lost', async (_, replies) => {
    expect(await anUpload(...replies).check()).toEqual({ ok: true, value: { state: 'lost' } })
  })

  it.each<[string, Reply]>([
    ['no connection', new TypeError('Network connection lost.')],
    ['503', { status: 503, text: '' }],
    ['a redirect', { status: 302, text: '' }],
  ])('may be asked again after %s', async (_, reply) => {
    expect(await anUpload(reply).check()).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it.each<[string, Reply]>([
    ['an empty body', { text: '' }],
    ['a number', { json: 7 }],
  ])('takes %s for no news', async (_, reply) => {
    expect(await anUpload(reply).check()).toEqual(isPending)
  })
})

describe('refused', () => {
  it('has refused media that it could not read', async () => {
    const { check } = anUpload(at('failed', { errorMessage: 'not a PNG' }))
    expect(await check()).toMatchObject({
      fault: {
        code: 'bad_request',
        message: 'Scenario could not read the media that were uploaded.',
        evidence: { message: 'not a PNG' },
      },
    })
  })

  it('names what an announcement was refused for', async () => {
    const { send, sent } = anUpload({ status: 400, json: { reason: 'contentType is not allowed' } })
    expect(await send()).toMatchObject({
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
    expect(await anUpload(refused).send()).toMatchObject({ fault: { code } })
    expect(await anUpload(refused).check()).toMatchObject({ fault: { code } })
    expect(await anUpload(at('pending'), refused).check()).toMatchObject({ fault: { code } })
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
  ] satisfies [string, Reply[]][])('may be sent again when %s', async (_, replies) => {
    expect(await anUpload(...replies).send()).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it('completes nothing when the media break off', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (stream) => stream.error(new Error('reset')) })
    const { send, sent } = anUpload(announced, stored)
    expect(await send(aPicture({ body }))).toMatchObject({ fault: { code: 'unavailable' } })
    expect(sent).toHaveLength(1)
  })
})
