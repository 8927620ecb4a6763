/** The requests of the AI SDK's provider, and how it reads the responses. */
import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it, vi } from 'vitest'
import { createReelhook, type ReelhookVideoModel } from '../../../src/sdk/ai-sdk/index.ts'

type StartOptions = Parameters<ReelhookVideoModel['doStart']>[0]

const nothing: StartOptions = {
  prompt: 'A paper boat',
  n: 1,
  aspectRatio: undefined,
  resolution: undefined,
  duration: undefined,
  fps: undefined,
  seed: undefined,
  image: undefined,
  frameImages: undefined,
  inputReferences: undefined,
  generateAudio: undefined,
  providerOptions: {},
}

const job = {
  id: 'job_1',
  status: 'queued',
  provider: 'runware',
  progress: null,
  cost: null,
  request: {},
  warnings: [],
  outputs: [],
}

/** Answers each request in turn; then always as for the last. */
function provider(...answers: (() => Response | Promise<Response>)[]) {
  const sent: { call: string; body: unknown; headers: Headers }[] = []
  const fetch = vi.fn(async (input: string | URL | Request, init: RequestInit = {}) => {
    const body = typeof init.body === 'string' ? JSON.parse(init.body) : init.body
    const call = `${init.method} ${new URL(String(input)).pathname}`
    const answer = answers[Math.min(sent.length, answers.length - 1)]
    sent.push({ call, body, headers: new Headers(init.headers) })
    return answer?.() ?? Response.json(job, { status: 202 })
  })
  const reelhook = createReelhook({ baseURL: 'https://reelhook.test', apiKey: 'key', fetch })
  return { video: reelhook.video('seedance-2.0'), video25: reelhook.video('seedance-2.5'), sent }
}

const asset =
  (id: string, kind = 'image') =>
  () =>
    Response.json({ id, kind }, { status: 201 })
const accepted = (request: object) => () => Response.json({ ...job, request }, { status: 202 })
const refused = (status: number) => () => Response.json({ title: 'No', errors: [] }, { status })
const png = () => ({ type: 'file' as const, mediaType: 'image/png', data: new Uint8Array([1, 2, 3]) })

describe('a size in pixels', () => {
  it.each(['720p', '0x720', '1280x', '-1x2'])('%s is none, and nothing is sent', async (resolution) => {
    const { video, sent } = provider()
    await expect(video.doStart({ ...nothing, resolution: resolution as '1x1' })).rejects.toThrow(
      'resolution must be a width and a height in pixels',
    )
    expect(sent).toEqual([])
  })

  it('gives way to an aspect ratio, with a warning', async () => {
    const { video, sent } = provider()
    const { warnings } = await video.doStart({ ...nothing, resolution: '1280x720', aspectRatio: '1:1' })
    expect(sent[0]?.body).toMatchObject({ resolution: '720p', aspect_ratio: '1:1' })
    expect(warnings).toEqual([
      { type: 'compatibility', feature: 'resolution', details: '1280x720 is made as 720p and 1:1.' },
    ])
  })

  it('chooses no aspect ratio beside a first frame, at a model that takes it from there', async () => {
    const { video25, sent } = provider()
    const options = {
      resolution: '1280x720',
      providerOptions: { reelhook: { first_frame: 'asset_1' } },
    } as const
    const { warnings } = await video25.doStart({ ...nothing, ...options })
    expect(sent[0]?.body).toMatchObject({ resolution: '720p', first_frame: 'asset_1' })
    expect(sent[0]?.body).not.toHaveProperty('aspect_ratio')
    expect(warnings).toEqual([])
  })

  it('is not needed: "adaptive" follows the media', async () => {
    const { video, sent } = provider()
    const { warnings } = await video.doStart({ ...nothing, aspectRatio: 'adaptive', seed: 7 })
    expect(sent[0]?.body).toMatchObject({ aspect_ratio: 'auto', seed: 7 })
    expect(warnings).toEqual([])
  })
})

describe('options of Reelhook', () => {
  it.each([
    ['first_frame', { image: png() }, 'prompt.image or frameImages'],
    ['last_frame', { frameImages: [{ image: png(), frameType: 'last_frame' as const }] }, 'frameImages'],
  ])('may not repeat a frame of the call: %s', async (field, options, name) => {
    const { video, sent } = provider()
    const providerOptions = { reelhook: { [field]: 'asset_1' } }
    await expect(video.doStart({ ...nothing, ...options, providerOptions })).rejects.toThrow(
      `providerOptions.reelhook.${field} means the same as ${name}: leave one of them out`,
    )
    expect(sent).toEqual([])
  })

  it('that are undefined change nothing', async () => {
    const { video, sent } = provider(asset('asset_a'), accepted({ first_frame: 'asset_a' }))
    const reelhook = { first_frame: undefined, resolution: undefined } as never
    await video.doStart({ ...nothing, image: png(), resolution: '1280x720', providerOptions: { reelhook } })
    expect(sent[1]?.body).toMatchObject({ first_frame: 'asset_a', resolution: '720p' })
  })

  it('decide the resolution, with a warning if the size is another one', async () => {
    const { video, sent } = provider()
    const providerOptions = { reelhook: { resolution: '480p' } }
    const { warnings } = await video.doStart({ ...nothing, resolution: '1280x720', providerOptions })
    expect(sent[0]?.body).toMatchObject({ resolution: '480p', aspect_ratio: '16:9' })
    expect(warnings).toMatchObject([{ details: '1280x720 is made as 480p and 16:9.' }])
  })
})

describe('files', () => {
  it('become assets, and each reference goes to the list of its kind', async () => {
    const { video, sent } = provider(asset('asset_a'), asset('asset_b', 'video'), accepted({}))
    const clip = { type: 'file' as const, mediaType: 'image/png', data: btoa('clip') }
    const sound = { type: 'url' as const, url: 'https://a.test/rain', mediaType: 'audio/mpeg' }
    await video.doStart({
      ...nothing,
      inputReferences: [png(), clip, sound],
      headers: { 'idempotency-key': 'one' },
    })
    expect(sent.map(({ call }) => call)).toEqual([
      'POST /v1/assets',
      'POST /v1/assets',
      'POST /v1/jobs',
      ...unused,
    ])
    expect(sent[1]?.body).toEqual(new TextEncoder().encode('clip'))
    expect(sent.map(({ headers }) => headers.get('idempotency-key'))).toEqual([null, null, 'one', null, null])
    expect(sent[2]?.body).toMatchObject({
      reference_images: ['asset_a'],
      reference_videos: ['asset_b'],
      reference_audios: ['https://a.test/rain'],
    })
  })

  const unused = ['DELETE /v1/assets/asset_a', 'DELETE /v1/assets/asset_b']

  it('that an earlier start has uploaded are not kept twice', async () => {
    const { video, sent } = provider(asset('asset_b'), accepted({ first_frame: 'asset_a' }))
    await video.doStart({ ...nothing, image: png() })
    expect(sent.map(({ call }) => call)).toEqual([
      'POST /v1/assets',
      'POST /v1/jobs',
      'DELETE /v1/assets/asset_b',
    ])
  })

  it('are uploaded once while a start is repeated, and deleted if it is refused', async () => {
    const { video, sent } = provider(asset('asset_a'), refused(503), refused(422), refused(500))
    const options = { ...nothing, image: png() }
    await expect(video.doStart(options)).rejects.toMatchObject({ statusCode: 503, isRetryable: true })
    await expect(video.doStart(options)).rejects.toMatchObject({ statusCode: 422, isRetryable: false })
    expect(sent.map(({ call }) => call)).toEqual([
      'POST /v1/assets',
      'POST /v1/jobs',
      'POST /v1/jobs',
      'DELETE /v1/assets/asset_a',
    ])
  })
})

describe('an answer', () => {
  it.each([
    [401, false],
    [402, false],
    [409, false],
    [429, true],
    [500, true],
    [507, false],
  ])('with the status %i may be repeated: %s', async (statusCode, isRetryable) => {
    const { video } = provider(refused(statusCode))
    const failure: unknown = await video.doStart(nothing).catch((error) => error)
    expect(APICallError.isInstance(failure)).toBe(true)
    expect(failure).toMatchObject({ statusCode, isRetryable })
  })

  it('that is lost may be repeated, and one of another server may not', async () => {
    const lost = provider(() => Promise.reject(new TypeError('fetch failed')))
    await expect(lost.video.doStart(nothing)).rejects.toMatchObject({ isRetryable: true })
    const other = provider(() => new Response('<html>'))
    await expect(other.video.doStart(nothing)).rejects.toThrow('is not one of Reelhook')
  })

  it('has warnings of the job', async () => {
    const warnings = [{ path: 'seed', message: 'is only a hint at this provider' }]
    const { video } = provider(() => Response.json({ ...job, warnings }, { status: 202 }))
    expect((await video.doStart(nothing)).warnings).toEqual([
      { type: 'other', message: 'seed is only a hint at this provider' },
    ])
  })
})

it('a status call needs the operation of a start', async () => {
  const { video, sent } = provider()
  await expect(video.doStatus({ operation: 'job_1' })).rejects.toThrow('experimental_startVideo')
  await video.doStatus({ operation: { id: '../api-keys' } })
  expect(sent.map(({ call }) => call)).toEqual(['GET /v1/jobs/..%2Fapi-keys'])
})
