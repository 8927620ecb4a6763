/** The published AI SDK with Reelhook as its provider. */
import {
  experimental_generateVideo as generateVideo,
  experimental_getVideoStatus as getVideoStatus,
  experimental_startVideo as startVideo,
} from 'ai'
import { Webhook } from 'standardwebhooks'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { createReelhook } from '../../src/sdk/ai-sdk/index.ts'
import { listen } from '../support/listen.ts'
import { billsOf, createKey, markedPrompt, type PassedRequest, startLossyProxy, url } from './support.ts'

const apiKey = await createKey({ name: 'ai-sdk' })
const reelhook = createReelhook({ baseURL: url, apiKey: apiKey.key })
const model = reelhook.video('seedance-2.0-mini')

/** The AI SDK itself refuses to download from this machine. */
const download = async ({ url }: { url: URL }) => ({
  data: new Uint8Array(await (await fetch(url)).arrayBuffer()),
  mediaType: 'video/mp4',
})
const local = { download, poll: { intervalMs: 50 } }

const metadataSchema = z.object({
  reelhook: z.object({
    job_id: z.string(),
    provider: z.string(),
    cost_usd: z.number().nullable(),
    videos: z.array(z.object({ job_id: z.string(), sha256: z.string() })).default([]),
  }),
})

describe.concurrent('a video', () => {
  it('is generated with polling', async () => {
    const prompt = markedPrompt()
    const result = await generateVideo({
      model,
      prompt,
      aspectRatio: '9:16',
      resolution: '480x854',
      duration: 4,
      fps: 24,
      providerOptions: { reelhook: { provider: 'runware' } },
      ...local,
    })
    expect(result.videos).toHaveLength(1)
    expect(result.video.mediaType).toBe('video/mp4')
    expect(result.warnings).toEqual([{ type: 'unsupported', feature: 'fps', details: expect.any(String) }])
    const { reelhook: metadata } = metadataSchema.parse(result.providerMetadata)
    expect(metadata.videos).toEqual([
      { job_id: metadata.job_id, sha256: await sha256(result.video.uint8Array) },
    ])
    const { request } = await jobOf(metadata.job_id)
    expect(request).toMatchObject({
      aspect_ratio: '9:16',
      resolution: '480p',
      duration: 4,
      count: 1,
    })
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('is started now and asked for later, also by another process', async () => {
    const prompt = markedPrompt('seconds=3600')
    const { operation } = await startVideo({ model, prompt })
    const stored = JSON.parse(JSON.stringify(operation))
    const status = await getVideoStatus(createReelhook({ baseURL: url, apiKey: apiKey.key })('any'), {
      operation: stored,
    })
    expect(status).toMatchObject({ status: 'pending', providerMetadata: { reelhook: { job_id: stored.id } } })
  })

  it('is announced by a signed webhook, after which one status call completes', async () => {
    const prompt = markedPrompt()
    const receiver = await startReceiver()
    const requests: string[] = []
    const counting = createReelhook({
      baseURL: `${url}/`,
      apiKey: apiKey.key,
      fetch: async (input, init) => {
        requests.push(`${init?.method} ${new URL(String(input)).pathname.split('/')[2]}`)
        return fetch(input, init)
      },
    })
    const result = await generateVideo({
      model: counting.videoModel('seedance-2.0-mini'),
      prompt,
      download,
      webhook: async () => ({ url: receiver.url, received: receiver.received }),
    })
    expect(result.videos).toHaveLength(1)
    expect(requests).toEqual(['POST jobs', 'GET jobs'])
    const { body, headers } = await receiver.received
    expect(new Webhook(apiKey.callback_secret).verify(JSON.stringify(body), headers)).toMatchObject({
      type: 'job.succeeded',
    })
  })

  it('is one of four in one job', async () => {
    const prompt = markedPrompt()
    const { videos, providerMetadata } = await generateVideo({ model, prompt, n: 2, ...local })
    expect(videos).toHaveLength(2)
    const { job_id, videos: shown } = metadataSchema.parse(providerMetadata).reelhook
    expect(shown.map((video) => video.job_id)).toEqual([job_id, job_id])
  })

  it('is one of five in two jobs', async () => {
    const prompt = markedPrompt()
    const { videos, responses, providerMetadata } = await generateVideo({ model, prompt, n: 5, ...local })
    expect(videos).toHaveLength(5)
    const jobs = responses.map((response) => metadataSchema.parse(response.providerMetadata).reelhook.job_id)
    expect(new Set(jobs).size).toBe(2)
    const shown = metadataSchema.parse(providerMetadata).reelhook.videos
    expect(shown.map((video) => video.job_id).sort()).toEqual([...Array(4).fill(jobs[0]), jobs[1]].sort())
  })

  it('has options of Reelhook, and media beside a prompt', async () => {
    const { operation } = await startVideo({
      model,
      prompt: markedPrompt('seconds=3600'),
      inputReferences: ['https://example.com/boat.png', 'https://example.com/rain.mp4?size=2'],
      generateAudio: false,
      aspectRatio: '21:9',
      providerOptions: {
        reelhook: {
          provider: 'crun',
          resolution: '480p',
          metadata: { order: '42' },
          reference_audios: ['https://example.com/rain.mp3'],
        },
      },
    })
    const job = await jobOf(idOf(operation))
    expect(job).toMatchObject({ provider: 'crun', metadata: { order: '42' } })
    expect(job.request).toMatchObject({
      resolution: '480p',
      aspect_ratio: '21:9',
      generate_audio: false,
      reference_images: ['https://example.com/boat.png'],
      reference_videos: ['https://example.com/rain.mp4?size=2'],
      reference_audios: ['https://example.com/rain.mp3'],
    })
  })
})

describe.concurrent('a lost answer', () => {
  // Each waits two seconds before it repeats a request.
  it.each([
    ['of the start', isPost('/v1/jobs'), {}],
    ['of the start with a file', isPost('/v1/jobs'), { frameImages: frames() }],
    ['of the upload', isPost('/v1/assets'), { frameImages: frames() }],
    ['of a status call', isGet, {}],
  ])('%s costs nothing: one video, one bill', async (_, isMatch, inputs) => {
    const prompt = markedPrompt()
    const lost: PassedRequest[] = []
    const proxy = await startLossyProxy((request) => {
      const isLost = lost.length === 0 && isMatch(request)
      if (isLost) lost.push(request)
      return isLost
    })
    const { video } = createReelhook({ baseURL: proxy.url, apiKey: apiKey.key })
    const result = await generateVideo({ model: video('seedance-2.0-mini'), prompt, ...inputs, ...local })
    expect(lost).toHaveLength(1)
    expect(result.videos).toHaveLength(1)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('costs nothing when another process starts again with its own key and the same file', async () => {
    const prompt = markedPrompt()
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const start = async () =>
      idOf((await startVideo({ model, prompt, frameImages: frames(), headers })).operation)
    const [first, again] = [await start(), await start()]
    expect(again).toBe(first)
    await vi.waitFor(async () => expect((await jobOf(first)).status).toBe('succeeded'), { timeout: 60_000 })
    expect(await billsOf(prompt)).toHaveLength(1)
  })
})

describe.concurrent('a call fails', () => {
  it('with the fault of a failed job', async () => {
    const prompt = markedPrompt('fail=moderated')
    await expect(generateVideo({ model, prompt, ...local })).rejects.toThrow(
      /job_\w+ failed \(moderated\): \S/,
    )
  })

  it('at once and without a bill if a field is refused, which it names as the AI SDK does', async () => {
    const prompt = markedPrompt()
    const options = { reelhook: { max_cost_usd: -1 } }
    const failure = startVideo({ model, prompt, duration: 99, aspectRatio: '5:1', providerOptions: options })
    await expect(failure).rejects.toThrow(
      /duration: .*aspectRatio \(aspect_ratio\): .*providerOptions\.reelhook\.max_cost_usd/,
    )
    expect(await billsOf(prompt)).toEqual([])
  })

  it('before any request if an option is unknown or a resolution is no size', async () => {
    const fetch = vi.fn()
    const { video } = createReelhook({ baseURL: url, apiKey: 'none', fetch })
    const start = (options: object) =>
      startVideo({ model: video('seedance-2.0'), prompt: 'A boat', ...options })
    const unknown = start({ providerOptions: { reelhook: { callback_events: ['output.stored'] } } })
    await expect(unknown).rejects.toThrow('unknown options: callback_events')
    await expect(start({ resolution: '720p' })).rejects.toThrow('such as 1280x720')
    expect(fetch).not.toHaveBeenCalled()
  })

  it('at once if the API key is wrong, and says what to set if there is none', async () => {
    const wrong = createReelhook({ baseURL: url, apiKey: 'wrong' }).video('seedance-2.0')
    await expect(startVideo({ model: wrong, prompt: 'A boat' })).rejects.toMatchObject({
      name: 'AI_APICallError',
      statusCode: 401,
    })
    const none = createReelhook({ baseURL: url }).video('seedance-2.0')
    await expect(startVideo({ model: none, prompt: 'A boat' })).rejects.toThrow('REELHOOK_API_KEY')
  })

  it('when it is aborted, and leaves the job as it is', async () => {
    const prompt = markedPrompt()
    const controller = new AbortController()
    const started: string[] = []
    const watching = createReelhook({
      baseURL: url,
      apiKey: apiKey.key,
      fetch: async (input, init) => {
        const response = await fetch(input, init)
        if (init?.method === 'POST') {
          started.push(z.object({ id: z.string() }).parse(await response.clone().json()).id)
          controller.abort()
        }
        return response
      },
    })
    const { signal: abortSignal } = controller
    const generating = generateVideo({ model: watching('seedance-2.0-mini'), prompt, abortSignal, ...local })
    await expect(generating).rejects.toMatchObject({ name: 'AbortError' })
    expect((await jobOf(started[0] ?? '')).status).not.toBe('canceled')
  })
})

it('a finished video of a job that failed in part is returned with a warning', async () => {
  const prompt = markedPrompt('fail=some')
  const result = await generateVideo({ model, prompt, n: 4, ...local })
  expect(result.videos.length).toBeGreaterThan(0)
  expect(result.videos.length).toBeLessThan(4)
  expect(result.warnings).toEqual([{ type: 'other', message: expect.stringContaining('partial_failure') }])
})

const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function frames() {
  return [{ image: picture, frameType: 'first_frame' as const }]
}

function isPost(path: string) {
  return (request: PassedRequest) => request.method === 'POST' && request.path === path
}

function isGet({ method }: PassedRequest): boolean {
  return method === 'GET'
}

async function jobOf(id: string) {
  const headers = { authorization: `Bearer ${apiKey.key}` }
  const response = await fetch(`${url}/v1/jobs/${id}`, { headers })
  return z.looseObject({ status: z.string(), request: z.unknown() }).parse(await response.json())
}

function idOf(operation: unknown): string {
  return z.object({ id: z.string() }).parse(operation).id
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex')
}

const receivers: { close: () => Promise<unknown> }[] = []
afterAll(() => Promise.all(receivers.map(({ close }) => close())))

/** A receiver on this machine that gets one webhook. */
async function startReceiver() {
  const { promise: received, resolve } = Promise.withResolvers<{
    headers: Record<string, string>
    body: { [name: string]: string }
  }>()
  const server = await listen(async (request) => {
    const body = await request.json()
    resolve({ headers: Object.fromEntries(request.headers), body })
    return new Response()
  })
  receivers.push(server)
  return { url: server.url, received }
}
