import { describe, expect, it } from 'vitest'
import { aGeneration, aSimulator, generations } from './a-simulator.ts'

const image = 'https://m.example.test/a.png'
const video = 'https://m.example.test/a.mp4'
const audio = 'https://m.example.test/a.mp3'
const fast = 'bytedance/seedance-2-0-fast'

describe('happy', () => {
  it('is queued, then generating, then completed, with a meaningless error', async () => {
    const { aimlapi, advance, get } = aSimulator()
    const created = await aimlapi(generations, aGeneration())
    const { id } = created.body
    expect([created.status, created.body]).toEqual([201, { id: expect.any(String), status: 'queued' }])
    const getStatus = async () => (await aimlapi(`${generations}?generation_id=${id}`)).body

    expect(await getStatus()).toEqual({ id, status: 'queued' })
    await advance(1000)
    expect(await getStatus()).toEqual({ id, status: 'generating' })
    await advance(10_000)
    const ended = await getStatus()
    expect(ended).toEqual({
      id,
      status: 'completed',
      video: { url: expect.stringContaining('.mp4?expires=') },
      error: { name: '<name>', message: '<message>' },
      meta: { usage: { credits_used: 120000, usd_spent: 0.06 } },
    })
    expect((await get(ended.video.url)).status).toBe(200)
  })

  it('returns the client request id, its own id, and at the end the cost', async () => {
    const { aimlapi, advance } = aSimulator()
    const mine = { 'x-client-request-id': 'task:1.a_B-2' }
    const created = await aimlapi(generations, aGeneration(), mine)
    const { id } = created.body
    const getStatus = async () =>
      (await aimlapi(`${generations}?generation_id=${id}`, undefined, mine)).headers
    const names = ['x-inference-id', 'x-client-request-id', 'x-aimlapi-credits-used', 'x-aimlapi-usd-spent']
    const read = (headers: Headers) => names.map((name) => headers.get(name))

    expect(read(created.headers)).toEqual([id, 'task:1.a_B-2', null, null])
    expect(read(await getStatus())).toEqual([id, 'task:1.a_B-2', null, null])
    await advance(11_000)
    expect(read(await getStatus())).toEqual([id, 'task:1.a_B-2', '120000', '0.060000000'])
  })

  it.each(['', 'a b', 'a/b', 'a'.repeat(129)])('silently drops the client request id %j', async (mine) => {
    const { aimlapi } = aSimulator()
    const { status, headers } = await aimlapi(generations, aGeneration(), { 'x-client-request-id': mine })
    expect([status, headers.get('x-client-request-id')]).toEqual([201, null])
    expect((await aimlapi('logs?period=1h')).body.data).toMatchObject([{ client_request_id: null }])
  })

  it('bills a successful generation', async () => {
    const { aimlapi, simulator } = aSimulator()
    await aimlapi(generations, aGeneration())
    expect(simulator.tasks()).toMatchObject([{ provider: 'aimlapi', credits: 120000, billedUsd: 0.06 }])
  })

  it('defaults to eight seconds with the fast model, and to five with the others', async () => {
    const { aimlapi, simulator } = aSimulator()
    await aimlapi(generations, aGeneration({ model: fast, duration: undefined }))
    await aimlapi(generations, aGeneration({ duration: undefined }))
    expect(simulator.tasks().map(({ billedUsd }) => billedUsd)).toEqual([0.16, 0.06])
  })

  it.each([
    ['a duration as a string, as in the documented example', { duration: '5' }],
    ['a route in any letter case', { provider: 'ByteDance' }],
    ['frames', { image_url: image, last_image_url: 'data:image/png;base64,AAAA' }],
    ['references', { image_urls: [image], video_urls: [video], audio_urls: [audio] }],
    ['a single reference of each kind', { video_url: video, audio_url: 'asset://A1' }],
    ['an asset by its bare id', { video_url: video, audio_url: 'asset-20260801-rain' }],
    ['audio in bare base64', { video_url: video, audio_url: 'SUQzBA==' }],
    ['all other fields', { aspect_ratio: '9:16', generate_audio: false, seed: -7, watermark: true }],
    ['4k on the standard model', { model: 'bytedance/seedance-2-0', resolution: '4k' }],
  ])('accepts %s', async (_, overrides) => {
    expect((await aSimulator().aimlapi(generations, aGeneration(overrides))).status).toBe(201)
  })
})

describe('refused', () => {
  it.each([
    ['model', { model: undefined }],
    ['prompt', { prompt: undefined }],
    ['prompt', { prompt: '' }],
    ['provider', { provider: 'replicate' }],
    ['image_url', { image_url: 'a.png' }],
    ['video_url', { video_url: 'data:video/mp4;base64,AAAA' }],
    ['image_urls', { image_urls: [] }],
    ['image_urls', { image_urls: Array(10).fill(image) }],
    ['video_urls', { video_urls: Array(4).fill(video) }],
    ['audio_urls', { audio_urls: Array(4).fill(audio), image_urls: [image] }],
    ['audio_urls', { audio_urls: [audio] }],
    ['audio_url', { audio_url: audio }],
    ['audio_url', { audio_url: 'no sound', image_urls: [image] }],
    ['audio_urls.0', { audio_urls: ['asset-20260801-rain'], image_urls: [image] }],
    ['aspect_ratio', { aspect_ratio: 'adaptive' }],
    ['resolution', { resolution: '1080p' }],
    ['duration', { duration: 3 }],
    ['duration', { duration: 16 }],
    ['duration', { duration: '16' }],
    ['duration', { duration: 'five' }],
    ['duration', { duration: 5.5 }],
    ['seed', { seed: 0.5 }],
    ['generate_audio', { generate_audio: 'true' }],
    ['watermark', { model: fast, watermark: true }],
    ['audio_url', { model: fast, audio_url: audio, image_urls: [image] }],
    ['negative_prompt', { negative_prompt: 'rain' }],
  ])('reports a fault at %s', async (parameter, overrides) => {
    const { aimlapi, simulator } = aSimulator()
    const { status, body } = await aimlapi(generations, aGeneration(overrides))
    expect(status).toBe(400)
    expect(body).toEqual({
      message: expect.stringMatching(new RegExp(`(^|; )${parameter}: `)),
      path: '/v2/video/generations',
      requestId: expect.any(String),
      statusCode: '400',
      timestamp: '2026-01-01T00:00:00.000Z',
    })
    expect(simulator.tasks()).toHaveLength(0)
  })

  it('returns 404 for an unknown model', async () => {
    const { aimlapi } = aSimulator()
    const { status, body } = await aimlapi(generations, aGeneration({ model: 'bytedance/other' }))
    expect([status, body.statusCode]).toEqual([404, '404'])
  })

  it('returns 404 for an unknown generation, and 400 without an id', async () => {
    const { aimlapi } = aSimulator()
    expect((await aimlapi(`${generations}?generation_id=${crypto.randomUUID()}`)).status).toBe(404)
    expect((await aimlapi(generations)).status).toBe(400)
  })

  it('requires its key', async () => {
    const { get, aimlapi } = aSimulator()
    const url = `https://simulator.example.test/aimlapi/v2/${generations}`
    expect((await get(url)).status).toBe(401)
    expect((await aimlapi(generations, aGeneration(), { authorization: 'Bearer other' })).status).toBe(401)
  })

  it('returns 404 for an unknown path', async () => {
    expect(await aSimulator().aimlapi('nowhere')).toMatchObject({
      status: 404,
      body: { path: '/v2/nowhere', statusCode: '404' },
    })
  })

  it('bills a repeated submit again, even with the same client request id', async () => {
    const { aimlapi, simulator } = aSimulator()
    for (const _ of [1, 2]) await aimlapi(generations, aGeneration(), { 'x-client-request-id': 'once' })
    expect(simulator.tasks()).toHaveLength(2)
  })
})

describe('refused by directive', () => {
  it.each([
    ['429', 429, 'Too many requests'],
    ['402', 403, 'run out of credits'],
    ['403', 403, 'no access'],
    ['503', 503, 'unavailable'],
    ['500-before', 500, 'server error'],
  ])('submit=%s returns %i: %s', async (fault, status, message) => {
    const { aimlapi } = aSimulator()
    const generation = aGeneration({ prompt: `a paper boat sim(submit=${fault})` })
    expect(await aimlapi(generations, generation)).toMatchObject({
      status,
      body: { statusCode: String(status), message: expect.stringContaining(message) },
    })
  })

  it('counts refusals for each client request id separately', async () => {
    const { aimlapi } = aSimulator()
    const generation = aGeneration({ prompt: 'boat sim(submit=429*1)' })
    const statuses: number[] = []
    for (const mine of ['one', 'two', 'one', 'two']) {
      statuses.push((await aimlapi(generations, generation, { 'x-client-request-id': mine })).status)
    }
    expect(statuses).toEqual([429, 429, 201, 201])
  })
})
