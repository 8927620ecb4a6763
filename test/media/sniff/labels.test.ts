/** The first bytes decide what media are; the labels of hosts and callers do not. */
import { describe, expect, it } from 'vitest'
import { openInput } from '../../../src/assets/open.ts'
import { ok } from '../../../src/core/fault.ts'
import type { MediaKind } from '../../../src/core/request/media.ts'
import { aFile, bytesIn, dataUriOf, type TakenType, takenTypes, upload } from '../../support/assets.ts'
import { aRequest, passTimeUntil, post, postJob, untilSubmitted } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'
import { aStream, copyFrom, expectNothingLeft } from '../a-copy.ts'
import { aFilm, formats } from '../a-film.ts'

const labels = [
  '',
  'text/plain',
  'text/html; charset=utf-8',
  'application/json',
  'application/octet-stream',
  'binary/octet-stream',
  'application/mp4',
  'video/x-m4v',
  'video/mov',
  'video/3gpp',
  'image/pjpeg',
  'image/jpg',
  'image/PNG',
  'audio/mp3',
  'audio/x-wav',
  'audio/aac',
  'nonsense',
] as const

const pages = [
  '<!doctype html><h1>Not here</h1>',
  '{"error":"gone"}',
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '#EXTM3U\n',
]

function labelled(
  bytes: Uint8Array,
  label: string,
  length: 'announced' | 'unannounced' = 'announced',
): Response {
  const headers = new Headers(label === '' ? {} : { 'content-type': label })
  if (length === 'announced') headers.set('content-length', String(bytes.length))
  const response = new Response(aStream(bytes), { headers })
  if (label === '') response.headers.delete('content-type')
  return response
}

describe('a result', () => {
  it.each(labels)('that is a video is stored with its real type, labelled "%s"', async (label) => {
    for (const [name, contentType] of [
      ['an MP4 with its header first', 'video/mp4'],
      ['a QuickTime video', 'video/quicktime'],
      ['a WebM', 'video/webm'],
    ] as const) {
      const film = await aFilm({ format: formats[name](), seconds: 1 })
      const { result } = await copyFrom(() => labelled(film, label))
      expect(result).toMatchObject({ ok: true, value: { contentType, bytes: film.length } })
    }
  })

  it.each(pages)('that is text is refused, whatever its label: %s', async (page) => {
    for (const label of ['video/mp4', 'text/html', '']) {
      await expectNothingLeft(await copyFrom(() => labelled(bytesIn(page), label)), 'media_wrong_type')
    }
  })

  it('that is refused is described by its first bytes and its label', async () => {
    const { result } = await copyFrom(() => labelled(aFile('image/png'), 'video/mp4'))
    expect(result).toMatchObject({
      fault: { message: expect.stringMatching(/begins as image\/png, labelled video\/mp4/) },
    })
  })
})

/** The input that a provider receives for a URL with this response. */
async function sentInput(kind: MediaKind, respond: () => Response, path = 'boat.html') {
  const { dbOf, bucket } = aContext()
  const limits = { maxBytes: 1_000_000, timeLeftMs: () => 60_000 }
  const settings = { dbOf, bucket, ...limits, onProgress: async () => undefined }
  return openInput(
    { ...settings, fetch: async () => respond(), guard: async () => null },
    { value: `https://media.test/${path}`, kind },
    async ({ contentType, fileName, bytes, body }) => {
      const read = new Uint8Array(await new Response(body).arrayBuffer())
      return ok({ contentType, fileName, bytes, read: read.length })
    },
  )
}

const kindOf = (type: string) => type.split('/')[0] as MediaKind

describe('an input by URL', () => {
  it.each(labels)('is sent with its real type, labelled "%s"', async (label) => {
    for (const type of takenTypes) {
      for (const length of ['announced', 'unannounced'] as const) {
        const result = await sentInput(kindOf(type), () => labelled(aFile(type, 600_000), label, length))
        expect(result, `${type}, ${length}`).toMatchObject({
          ok: true,
          value: {
            contentType: type,
            bytes: 600_000,
            read: 600_000,
            fileName: expect.stringMatching(/^boat\.\w+$/),
          },
        })
      }
    }
  })

  it.each(pages)('is refused if it is text, whatever its label: %s', async (page) => {
    for (const label of ['image/png', 'video/mp4', 'text/html', '']) {
      const result = await sentInput('image', () => labelled(bytesIn(page), label))
      expect(result).toMatchObject({ ok: false, fault: { code: 'input_wrong_type' } })
    }
  })

  it('is refused if it is of another kind', async () => {
    const result = await sentInput('image', () => labelled(aFile('video/mp4'), 'image/png'))
    expect(result).toMatchObject({ fault: { message: expect.stringContaining('begins as video/mp4') } })
  })

  it('of an unknown type is sent with its label, because the provider may accept it', async () => {
    const heic = bytesIn('\0\0\0\x18ftypheic\0\0\0\0mif1heic')
    const result = await sentInput('image', () => labelled(heic, 'image/heic'), 'boat.heic')
    expect(result).toMatchObject({ ok: true, value: { contentType: 'image/heic', fileName: 'boat.heic' } })
    expect(await sentInput('image', () => labelled(heic, ''))).toMatchObject({ ok: false })
  })

  it('is audio if the field takes audio and the brand leaves it open', async () => {
    const result = await sentInput('audio', () => labelled(aFile('video/mp4'), 'application/octet-stream'))
    expect(result).toMatchObject({ ok: true, value: { contentType: 'audio/mp4', fileName: 'boat.m4a' } })
  })
})

describe('an upload', () => {
  it.each(labels)('is stored with its real type, labelled "%s"', async (label) => {
    for (const type of takenTypes) {
      // This label decides that an MP4 container is audio.
      if (type === 'video/mp4' && label === 'audio/aac') continue
      const response = await upload(aFile(type), label === '' ? {} : { 'content-type': label })
      expect(response.status, type).toBe(201)
      expect(await response.json()).toMatchObject({ kind: kindOf(type), content_type: type })
    }
  })

  it.each(pages)('is refused if it is text: %s', async (page) => {
    for (const label of ['image/png', 'video/mp4', '']) {
      expect((await upload(bytesIn(page), label === '' ? {} : { 'content-type': label })).status).toBe(415)
    }
  })
})

describe('embedded media', () => {
  const fieldOf = { image: 'reference_images', video: 'reference_videos', audio: 'reference_audios' } as const

  it.each(labels)('are accepted with their real type, declared "%s"', async (label) => {
    for (const type of takenTypes) {
      const uri = dataUriOf(label as TakenType, aFile(type))
      const image = dataUriOf('image/png', aFile('image/png'))
      const references = { reference_images: [image], [fieldOf[kindOf(type)]]: [uri] }
      const response = await post('/v1/estimates', aRequest(references))
      expect(response.status, `${type}: ${await response.clone().text()}`).toBe(200)
    }
  })

  it.each(pages)('are refused if they are text: %s', async (page) => {
    const uri = dataUriOf('image/png', bytesIn(page))
    expect((await post('/v1/estimates', aRequest({ first_frame: uri }))).status).toBe(422)
  })
})

describe('a job whose media host labels the video wrongly', () => {
  it.each(['text', 'html', 'json', 'octets', 'binary', 'image', 'none'])('succeeds: %s', async (label) => {
    const { id } = await postJob({ prompt: `A paper boat sim(label=${label})` })
    await untilSubmitted(id)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ content_type: 'video/mp4' }] })
  })
})
