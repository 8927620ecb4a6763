import { describe, expect, it } from 'vitest'
import type { InputMedia } from '../../../src/providers/media-uploads.ts'
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

/** Scenario and its storage, which play the given replies in order. */
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

describe('sending media to Scenario', () => {
  it('announces, sends and completes an upload without waiting for the import', async () => {
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

  it('sends the key to Scenario, not to its storage', async () => {
    const { send, sent } = anUpload(announced, stored, at('complete'))
    await send()
    const basic = `Basic ${credentials}`
    expect(sent.map(({ authorization }) => authorization)).toEqual([basic, null, basic])
  })

  it.each<[string, Reply]>([
    ['is lost', new TypeError('Network connection lost.')],
    ['is a 503', { status: 503, text: '' }],
    ['is unreadable', { text: '' }],
    ['is a refusal', { status: 400, text: '{}' }],
  ])('returns the upload even if the response to its completion %s', async (_, reply) => {
    expect(await anUpload(announced, stored, reply).send()).toEqual({ ok: true, value: { uploadId: 'up_1' } })
  })
})

describe('polling an upload at Scenario', () => {
  it.each(['complete', 'validating', 'validated', 'reticulating', 'imported'])(
    'is pending with the status %s while there is no asset',
    async (status) => {
      const { check, sent } = anUpload(at(status))
      expect(await check()).toEqual(isPending)
      expect(sent.map(({ call }) => call)).toEqual(['GET /uploads/up_1'])
    },
  )

  it('returns the id of the imported asset', async () => {
    expect(await anUpload(imported).check()).toEqual({
      ok: true,
      value: { state: 'imported', assetId: 'asset_1' },
    })
  })

  it('completes a pending upload, since its completion was lost', async () => {
    const { check, sent } = anUpload(at('pending'), at('complete'))
    expect(await check()).toEqual(isPending)
    expect(sent.map(({ call, body }) => [call, body])).toEqual([
      ['GET /uploads/up_1', ''],
      ['POST /uploads/up_1/action', '{"action":"complete"}'],
    ])
  })

  it.each<[string, Reply[]]>([
    ['is not found', [{ status: 404, text: '{}' }]],
    ['is gone', [{ status: 410, text: '{}' }]],
    ['cannot be completed', [at('pending'), { status: 400, text: '{}' }]],
  ])('reports an upload as lost that %s', async (_, replies) => {
    expect(await anUpload(...replies).check()).toEqual({ ok: true, value: { state: 'lost' } })
  })

  it.each<[string, Reply]>([
    ['no connection', new TypeError('Network connection lost.')],
    ['503', { status: 503, text: '' }],
    ['a redirect', { status: 302, text: '' }],
  ])('is retryable after %s', async (_, reply) => {
    expect(await anUpload(reply).check()).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it.each<[string, Reply]>([
    ['an empty body', { text: '' }],
    ['a number', { json: 7 }],
  ])('is pending after %s', async (_, reply) => {
    expect(await anUpload(reply).check()).toEqual(isPending)
  })
})

describe('a refusal of an upload at Scenario', () => {
  it('reports media that Scenario could not read', async () => {
    const { check } = anUpload(at('failed', { errorMessage: 'not a PNG' }))
    expect(await check()).toMatchObject({
      fault: {
        code: 'bad_request',
        message: 'Scenario could not read the uploaded media.',
        evidence: { message: 'not a PNG' },
      },
    })
  })

  it('names the refused field of an announcement', async () => {
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
  ])('with status %i is the fault %s', async (status, code) => {
    const refused: Reply = { status, text: '{}' }
    expect(await anUpload(refused).send()).toMatchObject({ fault: { code } })
    expect(await anUpload(refused).check()).toMatchObject({ fault: { code } })
    expect(await anUpload(at('pending'), refused).check()).toMatchObject({ fault: { code } })
  })
})

describe('a failing upload to Scenario', () => {
  it.each([
    ['Scenario is unreachable', [new TypeError('Network connection lost.')]],
    ['no upload URL is returned', [{ json: { upload: { id: 'up_1', status: 'pending', parts: [] } } }]],
    [
      'the upload URL is invalid',
      [{ json: { upload: { id: 'up_1', parts: [{ url: 'ftp://storage.example.com' }] } } }],
    ],
    ['the response to the announcement is unreadable', [{ text: '<html>' }]],
    ['the storage is unreachable', [announced, new TypeError('Network connection lost.')]],
    ['the storage refuses', [announced, { status: 403, text: '<Error/>' }]],
    ['the storage redirects', [announced, { status: 307, text: '' }]],
  ] satisfies [string, Reply[]][])('may be retried when %s', async (_, replies) => {
    expect(await anUpload(...replies).send()).toMatchObject({ fault: { code: 'unavailable' } })
  })

  it('is not completed if the media break off', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: (stream) => stream.error(new Error('reset')) })
    const { send, sent } = anUpload(announced, stored)
    expect(await send(aPicture({ body }))).toMatchObject({ fault: { code: 'unavailable' } })
    expect(sent).toHaveLength(1)
  })
})
