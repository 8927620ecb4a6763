/** The typed client against the running Worker. */
import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createClient,
  type Job,
  type JobRequest,
  type ReelhookClient,
  ReelhookError,
} from '../../src/sdk/client/index.ts'
import { billsOf, createKey, markedPrompt, startLossyProxy, url } from './support.ts'

let apiKey = ''
let reelhook: ReelhookClient
beforeAll(async () => {
  apiKey = (await createKey()).key
  reelhook = createClient({ baseUrl: url, apiKey })
})

function aRequest(prompt = markedPrompt()): JobRequest {
  return { model: 'seedance-2.0-mini', prompt, duration: 5, resolution: '480p' }
}

async function throughProxy(isLost: Parameters<typeof startLossyProxy>[0]) {
  const proxy = await startLossyProxy(isLost)
  return { ...proxy, reelhook: createClient({ baseUrl: proxy.url, apiKey }) }
}

describe.concurrent('create', () => {
  it('buys one video although its answer is lost, and returns the job', async () => {
    const request = aRequest()
    const { reelhook: unlucky, passed } = await throughProxy(({ method }, n) => method === 'POST' && n < 2)
    const job = await unlucky.create(request)
    await reelhook.wait(job.id)
    expect(passed.filter(({ method }) => method === 'POST')).toHaveLength(3)
    expect(await billsOf(request.prompt ?? '')).toHaveLength(1)
  })

  it('names the key to repeat with if every answer is lost', async () => {
    const request = aRequest()
    const { reelhook: unlucky } = await throughProxy(({ method }) => method === 'POST')
    const error = await unlucky.create(request).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'unreachable', status: null })
    const idempotencyKey = error instanceof ReelhookError ? error.idempotencyKey : undefined
    const job = await reelhook.create(request, { idempotencyKey })
    await reelhook.wait(job.id)
    expect(await billsOf(request.prompt ?? '')).toHaveLength(1)
  })

  it('names every fault of a request', async () => {
    const error = await reelhook
      .create({ ...aRequest(), duration: 99, seed: -1 })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'ReelhookError', status: 422, code: 'invalid_request' })
    expect(error instanceof ReelhookError && error.errors.map(({ path }) => path).sort()).toEqual([
      'duration',
      'seed',
    ])
    expect(error instanceof ReelhookError && error.requestId).toMatch(/./)
  })
})

describe.concurrent('wait', () => {
  it('returns the job at its end, and every state that was seen with onChange', async () => {
    const { id } = await reelhook.create(aRequest())
    const seen: Job[] = []
    const job = await reelhook.wait(id, { onChange: (job) => void seen.push(job) })
    expect(job).toMatchObject({ id, status: 'succeeded' })
    expect(seen.at(-1)).toEqual(job)
    expect(new Set(seen.map(({ status }) => status)).size).toBeGreaterThan(1)
  })

  it('returns a failed job too', async () => {
    const { id } = await reelhook.create(aRequest(markedPrompt('fail=moderated')))
    expect(await reelhook.wait(id)).toMatchObject({ status: 'failed', fault: { code: 'moderated' } })
  })

  it('survives lost answers', async () => {
    const { reelhook: unlucky } = await throughProxy(({ method }, n) => method === 'GET' && n === 1)
    const { id } = await unlucky.create(aRequest())
    expect(await unlucky.wait(id)).toMatchObject({ id, status: 'succeeded' })
  })
})

describe.concurrent('watch', () => {
  it('ends with the end of the job, although streams break', async () => {
    const { reelhook: unlucky, passed } = await throughProxy(
      ({ path }) => path.endsWith('/events') && passed.filter((one) => one.path === path).length === 1,
    )
    const { id } = await unlucky.create(aRequest())
    const states: Job[] = []
    for await (const job of unlucky.watch(id)) states.push(job)
    expect(states.at(-1)).toMatchObject({ id, status: 'succeeded' })
    expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(states.length)
  })
})

describe.concurrent('follow and timeline', () => {
  it('see the end of a job', async () => {
    const { id } = await reelhook.create({ ...aRequest(), metadata: { order: '7' } })
    await reelhook.wait(id)
    expect((await reelhook.timeline(id)).map(({ type }) => type)).toContain('job.succeeded')
    const lastEventId = `evt_01m7y12e4tecwv3dvtedr424pe.${Date.now() - 60_000}`
    for await (const { event, body } of reelhook.follow({ metadata: { order: '7' } }, { lastEventId })) {
      expect(event).toMatchObject({ type: 'job.succeeded', data: { id } })
      expect(JSON.parse(body)).toEqual(event)
      break
    }
  })
})

describe.concurrent('download', () => {
  it('passes on the stored bytes, with an expired link too', async () => {
    const { id } = await reelhook.create(aRequest())
    const {
      outputs: [output],
    } = await reelhook.wait(id)
    if (output === undefined) throw new Error('The job has no output.')
    const expired = { ...output, url: output.url?.replace(/expires=\d+/, 'expires=1') ?? null }
    for (const one of [output, expired]) {
      const response = await reelhook.download(one)
      expect(response.headers.get('content-type')).toBe('video/mp4')
      const bytes = new Uint8Array(await response.arrayBuffer())
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(output.sha256)
    }
  })
})

describe.concurrent('api', () => {
  it('has every operation', async () => {
    const order = crypto.randomUUID()
    const { id } = await reelhook.create({ ...aRequest(), metadata: { order } })
    const { data } = await reelhook.api.listJobs({ query: { 'metadata[order]': order } })
    expect(data.map((job) => job.id)).toEqual([id])
    const file = new Blob([Uint8Array.fromBase64(onePixel)], { type: 'image/png' })
    expect(await reelhook.api.uploadAsset({ body: { file } })).toMatchObject({ content_type: 'image/png' })
    await expect(reelhook.api.getJob({ path: { id: 'job_none' } })).rejects.toThrow(ReelhookError)
  })
})

const onePixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
