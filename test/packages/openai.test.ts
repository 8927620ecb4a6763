/** The published package `openai`, unmodified, against the running Worker. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import type { Video } from 'openai/resources/videos'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../src/dev/local/client.ts'
import { billsOf, createKey, markedPrompt, type PassedRequest, startLossyProxy, url } from './support.ts'

let apiKey = ''
let folder = ''
beforeAll(async () => {
  apiKey = (await createKey({ project: `openai-${crypto.randomUUID()}` })).key
  folder = await mkdtemp(join(tmpdir(), 'reelhook-openai-'))
})
afterAll(() => rm(folder, { recursive: true }))

const clientOf = (base: string) => new OpenAI({ apiKey, baseURL: `${base}/openai/v1` })

/** Polls as a program does: the package has no method that waits. */
async function untilEnded(client: OpenAI, id: string): Promise<{ video: Video; progress: number[] }> {
  const progress: number[] = []
  const look = async () => {
    const video = await client.videos.retrieve(id)
    progress.push(video.progress)
    return (video.status === 'completed' || video.status === 'failed') && video
  }
  const video = await vi.waitUntil(look, { timeout: 60_000, interval: 100 })
  return { video, progress }
}

async function completed(client: OpenAI, prompt = markedPrompt()): Promise<Video> {
  const { id } = await client.videos.create({ prompt, model: 'sora-2', seconds: '4', size: '1280x720' })
  const { video } = await untilEnded(client, id)
  expect(video).toMatchObject({ status: 'completed', error: null })
  return video
}

function aPng(): Uint8Array<ArrayBuffer> {
  const start = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
  const file = crypto.getRandomValues(new Uint8Array(60_000))
  file.set(start)
  return file
}

describe.concurrent('a video', () => {
  it('is created, polled, downloaded and deleted', async () => {
    const client = clientOf(url)
    const prompt = markedPrompt()
    const made = await client.videos.create({ prompt, model: 'sora-2-pro', seconds: '4', size: '720x1280' })
    expect(made).toMatchObject({
      object: 'video',
      status: 'queued',
      model: 'sora-2-pro',
      error: null,
      prompt,
    })
    const { video, progress } = await untilEnded(client, made.id)
    expect(video).toMatchObject({ status: 'completed', progress: 100, seconds: '4', size: '720x1280' })
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))

    const content = await client.videos.downloadContent(made.id)
    const bytes = new Uint8Array(await content.arrayBuffer())
    const job = await createClient(url, apiKey).job(made.id)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(job.outputs[0]?.sha256)
    expect(content.headers.get('content-type')).toBe('video/mp4')

    expect(await client.videos.delete(made.id)).toEqual({
      id: made.id,
      object: 'video.deleted',
      deleted: true,
    })
    await expect(client.videos.retrieve(made.id)).rejects.toThrow(OpenAI.NotFoundError)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('takes every kind of file, and the names of stored ones', async () => {
    const client = clientOf(url)
    const file = aPng()
    const path = join(folder, 'boat.png')
    await writeFile(path, file)
    const uploaded = await createClient(url, apiKey).upload(file, 'image/png')
    const references = [
      new File([file], 'boat.png', { type: 'image/png' }),
      await toFile(file, 'boat.png'),
      createReadStream(path),
      { file_id: uploaded.id },
      { image_url: `data:image/png;base64,${Buffer.from(file).toString('base64')}` },
    ]
    for (const input_reference of references) {
      const { id } = await client.videos.create({ prompt: markedPrompt(), seconds: '4', input_reference })
      const { request } = await createClient(url, apiKey).job(id)
      expect(request.first_frame).toMatch(/^asset_/)
    }
  })

  it('is remixed and edited', async () => {
    const client = clientOf(url)
    const source = await completed(client)
    const remix = await client.videos.remix(source.id, { prompt: markedPrompt() })
    expect(remix).toMatchObject({ remixed_from_video_id: source.id, size: '1280x720', model: 'sora-2' })
    const edit = await client.videos.edit({ prompt: markedPrompt(), video: { id: source.id } })
    expect(edit.remixed_from_video_id).toBe(source.id)
    const bytes = await (await client.videos.downloadContent(source.id)).arrayBuffer()
    const file = new File([bytes], 'source.mp4', { type: 'video/mp4' })
    const fromFile = await client.videos.edit({ prompt: markedPrompt(), video: file })
    const ends = await Promise.all([remix, edit, fromFile].map(({ id }) => untilEnded(client, id)))
    expect(ends.map(({ video }) => video.status)).toEqual(['completed', 'completed', 'completed'])
  })

  it('is listed on one of several pages, in both orders', async () => {
    const own = await createKey({ project: `list-${crypto.randomUUID()}` })
    const client = new OpenAI({ apiKey: own.key, baseURL: `${url}/openai/v1` })
    const ids: string[] = []
    for (let n = 0; n < 5; n++) ids.push((await client.videos.create({ prompt: markedPrompt() })).id)
    const list = async (order: 'asc' | 'desc') => {
      const listed: string[] = []
      for await (const { id } of client.videos.list({ limit: 2, order })) listed.push(id)
      return listed
    }
    expect(await list('asc')).toEqual(ids)
    expect(await list('desc')).toEqual(ids.toReversed())
  })
})

it('has models, which a tool lists to test its key', async () => {
  const client = clientOf(url)
  const ids: string[] = []
  for await (const { id } of client.models.list()) ids.push(id)
  expect(ids).toEqual(expect.arrayContaining(['sora-2', 'sora-2-pro', 'seedance-2.0', 'seedance-2.0-fast']))
  for (const id of ids) {
    expect(await client.models.retrieve(id)).toEqual({
      id,
      object: 'model',
      created: expect.any(Number),
      owned_by: 'bytedance',
    })
  }
  await expect(client.models.retrieve('gpt-5')).rejects.toThrow(OpenAI.NotFoundError)
  const stranger = new OpenAI({ apiKey: 'none', baseURL: `${url}/openai/v1` })
  await expect(stranger.models.list()).rejects.toThrow(OpenAI.AuthenticationError)
})

describe.concurrent('an error', () => {
  const refused = (promise: PromiseLike<unknown>) =>
    promise.then(
      () => null,
      (error: unknown) => error,
    )

  it('names every fault, and the first field', async () => {
    const client = clientOf(url)
    const error = await refused(
      client.videos.create({ prompt: '', seconds: '60' as never, size: 'large' as never, model: 'sora-9' }),
    )
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      param: 'model',
      code: 'model_not_found',
      requestID: expect.any(String),
    })
    expect(String(error)).toMatch(
      /model: must be one of .*sora-2-pro.*seconds: must be .* 4 to 30; size: must be .*prompt: must/,
    )
    const seconds = await refused(client.videos.create({ prompt: 'A paper boat', seconds: '60' as never }))
    expect(seconds).toMatchObject({ code: 'invalid_seconds', param: 'seconds' })
  })

  it('is of the class that a program expects, and is not repeated', async () => {
    const proxy = await startLossyProxy(() => false)
    const client = clientOf(proxy.url)
    const { id } = await client.videos.create({ prompt: markedPrompt('seconds=3600') })
    const source = { id }
    const errors = [
      await refused(client.videos.retrieve('video_1')),
      await refused(client.videos.downloadContent(id)),
      await refused(client.videos.downloadContent(id, { variant: 'thumbnail' })),
      await refused(client.videos.delete(id)),
      await refused(client.videos.remix(id, { prompt: markedPrompt() })),
      await refused(client.videos.extend({ prompt: markedPrompt(), seconds: '4', video: source })),
      await refused(client.videos.createCharacter({ name: 'Boat', video: await toFile(aPng(), 'boat.png') })),
      await refused(new OpenAI({ apiKey: 'none', baseURL: `${proxy.url}/openai/v1` }).videos.retrieve(id)),
    ]
    const kinds = errors.map((error) =>
      error instanceof OpenAI.APIError ? [error.status, error.code] : error,
    )
    expect(kinds).toEqual([
      [404, 'not_found'],
      [404, 'video_not_ready'],
      [404, 'variant_not_available'],
      [409, 'not_settled'],
      [400, 'invalid_video'],
      [400, 'not_supported'],
      [400, 'not_supported'],
      [401, 'unauthorized'],
    ])
    // A connection that breaks on this machine is tried again, an answer is not.
    const answered = proxy.passed.filter(({ status }) => status !== undefined)
    expect(answered).toHaveLength(1 + errors.length)
  })
})

describe.concurrent('a lost answer', () => {
  const isFirstPost = ({ method }: PassedRequest, n: number) => method === 'POST' && n === 0

  type Make = (client: OpenAI, prompt: string) => Promise<Video>
  const make: Record<string, Make> = {
    'a text': (client, prompt) => client.videos.create({ prompt, seconds: '4' }),
    'a file': async (client, prompt) => {
      const input_reference = await toFile(aPng(), 'boat.png', { type: 'image/png' })
      return client.videos.create({ prompt, seconds: '4', input_reference })
    },
    'a remix': async (client, prompt) => client.videos.remix(await sourceId(), { prompt }),
    'an edit': async (client, prompt) => client.videos.edit({ prompt, video: { id: await sourceId() } }),
  }
  let source: Promise<Video> | null = null
  const sourceId = async () => {
    source ??= completed(clientOf(url))
    return (await source).id
  }

  it.each(Object.entries(make))('of %s is repeated, and bought once', async (_, send) => {
    await sourceId()
    const proxy = await startLossyProxy(isFirstPost)
    const prompt = markedPrompt()
    const { id } = await send(clientOf(proxy.url), prompt)
    const posts = proxy.passed.filter(({ method }) => method === 'POST')
    expect(posts.map(({ headers }) => headers.get('x-stainless-retry-count'))).toEqual(['0', '1'])
    expect(posts.some(({ headers }) => headers.has('idempotency-key'))).toBe(false)
    const { video } = await untilEnded(clientOf(url), id)
    expect(video.status).toBe('completed')
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('of a request that still runs is not waited for, and bought once', async () => {
    const prompt = markedPrompt()
    const client = clientOf(url)
    // The client gives up on the first one at once, and the Worker does not.
    const [first, second] = await Promise.all([
      client.videos.create({ prompt }, { headers: { 'x-stainless-retry-count': '0' } }),
      client.videos.create({ prompt }, { headers: { 'x-stainless-retry-count': '1' } }),
    ])
    expect(second.id).toBe(first.id)
    await untilEnded(client, first.id)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('is none if two requests are meant: they are two videos, and two bills', async () => {
    const prompt = markedPrompt()
    const client = clientOf(url)
    const videos = [await client.videos.create({ prompt }), await client.videos.create({ prompt })]
    await Promise.all(videos.map(({ id }) => untilEnded(client, id)))
    expect(await billsOf(prompt)).toHaveLength(2)
  })
})
