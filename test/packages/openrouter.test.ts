/** The published provider of OpenRouter for the AI SDK, with Reelhook as its OpenRouter. */
import { createOpenRouter, type OpenRouterProviderSettings } from '@openrouter/ai-sdk-provider'
import { experimental_generateVideo as generateVideo } from 'ai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { billsOf, createKey, markedPrompt, type PassedRequest, startLossyProxy, url } from './support.ts'

const apiKey = await createKey({ name: 'openrouter' })

/** `origin`: of Reelhook, or of a proxy in front of it. */
function openrouter(origin: string, settings: OpenRouterProviderSettings = {}) {
  return createOpenRouter({ baseURL: `${origin}/openrouter/api/v1`, apiKey: apiKey.key, ...settings })
}

function mini(origin: string) {
  return openrouter(origin).videoModel('bytedance/seedance-2.0-mini', { pollIntervalMs: 50 })
}

/** The AI SDK itself refuses to download from this machine. */
const download = async ({ url }: { url: URL }) => ({
  data: new Uint8Array(await (await fetch(url)).arrayBuffer()),
  mediaType: 'video/mp4',
})

/** The provider passes them on as fields of its request. */
const providerOptions = {
  openrouter: {
    provider: { options: { reelhook: { provider: 'runware', metadata: { from: 'openrouter' } } } },
  },
}

const metadataSchema = z.object({ openrouter: z.object({ generationId: z.string(), cost: z.number() }) })

describe.concurrent('a video', () => {
  it('is generated from a picture, with its size and its cost', async () => {
    const prompt = markedPrompt()
    const image = Buffer.concat([png, Buffer.alloc(300_000)])
    const { videos, warnings, providerMetadata } = await generateVideo({
      model: mini(url),
      prompt: { text: prompt, image },
      resolution: '720x1280',
      duration: 4,
      providerOptions,
      download,
    })
    expect(videos).toHaveLength(1)
    expect(warnings).toEqual([])
    const { generationId, cost } = metadataSchema.parse(providerMetadata).openrouter
    expect(cost).toBeGreaterThan(0)
    const headers = { authorization: `Bearer ${apiKey.key}` }
    expect(await (await fetch(`${url}/v1/jobs/${generationId}`, { headers })).json()).toMatchObject({
      metadata: { from: 'openrouter' },
      request: {
        resolution: '720p',
        aspect_ratio: '9:16',
        duration: 4,
        first_frame: expect.stringMatching(/^asset_/),
      },
    })
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it.concurrent.each([
    ['of the request', isPost],
    ['of a poll', ({ method }: PassedRequest) => method === 'GET'],
  ])('is bought once if the answer %s is lost and the call is repeated with its key', async (_, isMatch) => {
    const prompt = markedPrompt()
    const lost: PassedRequest[] = []
    const proxy = await startLossyProxy((request) => {
      const isLost = lost.length === 0 && isMatch(request)
      if (isLost) lost.push(request)
      return isLost
    })
    const headers = { 'Idempotency-Key': crypto.randomUUID() }
    const { videos } = await generateVideo({
      model: mini(proxy.url),
      prompt,
      headers,
      providerOptions,
      download,
    })
    expect(lost).toHaveLength(1)
    expect(proxy.passed.filter(isPost)).toHaveLength(2)
    expect(videos).toHaveLength(1)
    expect(await billsOf(prompt)).toHaveLength(1)
  })
})

describe.concurrent('a call fails', () => {
  it('with the reason of the job', async () => {
    const generating = generateVideo({
      model: mini(url),
      prompt: markedPrompt('fail=moderated'),
      providerOptions,
      maxRetries: 0,
    })
    await expect(generating).rejects.toThrow(/moderation|content/i)
  })

  it('at once with the faults of the request, and with a wrong key', async () => {
    const prompt = markedPrompt()
    await expect(generateVideo({ model: mini(url), prompt, duration: 99 })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('duration: '),
    })
    const wrong = openrouter(url, { apiKey: 'wrong' }).videoModel('bytedance/seedance-2.0')
    await expect(generateVideo({ model: wrong, prompt })).rejects.toMatchObject({ statusCode: 401 })
    expect(await billsOf(prompt)).toEqual([])
  })
})

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

function isPost({ method }: PassedRequest): boolean {
  return method === 'POST'
}
