import { describe, expect, it } from 'vitest'
import { models, sellerNames } from '../../../src/core/request/choices.ts'
import { api, aRequest, post } from '../../support/reelhook.ts'

interface Offer {
  provider: string
  configured: boolean
  webhooks: boolean
  modes: Record<'text' | 'frames' | 'references', { aspect_ratios: string[] }>
  resolutions: string[]
  limits: {
    prompt: { required: boolean; min_length: number; max_length: number }
    duration: { min_seconds: number; max_seconds: number; auto: boolean }
    seed: boolean
    media: Record<string, string[]>
    media_files: Record<string, object>
  }
  provider_options: { properties?: Record<string, unknown>; additionalProperties?: boolean }
  prices: { source: string; as_of: string; usd_per_second: object[] } | null
}

async function listModels(): Promise<{ model: string; providers: Offer[] }[]> {
  const response = await api('/v1/models')
  expect(response.status).toBe(200)
  return (await response.json<{ data: { model: string; providers: Offer[] }[] }>()).data
}

async function isEligible(provider: string, overrides: Record<string, unknown>): Promise<boolean> {
  const response = await post('/v1/estimates', aRequest({ provider, ...overrides }))
  const { data } = await response.json<{ data: { eligible: boolean }[] }>()
  return data[0]?.eligible ?? false
}

describe('the list of models', () => {
  it('has every model with every provider', async () => {
    const list = await listModels()
    expect(list.map(({ model }) => model)).toEqual([...models])
    for (const { providers } of list) {
      expect(providers.map(({ provider }) => provider)).toEqual([...sellerNames])
      expect(providers.every(({ configured }) => configured)).toBe(true)
    }
  })

  it('shows which providers send webhooks', async () => {
    const [first] = await listModels()
    const names = first?.providers.filter(({ webhooks }) => webhooks).map(({ provider }) => provider)
    expect(names).toEqual(['runware', 'crun'])
  })

  it('has the published prices, with their source and date', async () => {
    const [, , mini] = await listModels()
    const [runware, crun] = mini?.providers ?? []
    expect(runware?.prices).toEqual({
      source: expect.stringMatching(/Runware/),
      as_of: expect.stringMatching(/^\d{4}-\d\d$/),
      usd_per_second: [
        { resolution: '480p', usd: 0.036, with_reference_videos_usd: 0.043 },
        { resolution: '720p', usd: 0.081, with_reference_videos_usd: 0.096 },
      ],
    })
    expect(crun?.prices).toBeNull()
  })

  it('describes the options of each provider, and allows no others', async () => {
    const [first] = await listModels()
    const options = Object.fromEntries(
      (first?.providers ?? []).map(({ provider, provider_options }) => [
        provider,
        [Object.keys(provider_options.properties ?? {}).sort(), provider_options.additionalProperties],
      ]),
    )
    expect(options).toEqual({
      runware: [['directUpload', 'outputFormat', 'outputQuality', 'safety', 'ttl'], false],
      crun: [['byteplus_fallback', 'return_last_frame'], false],
      scenario: [[], false],
      aimlapi: [['audio_url', 'provider', 'video_url', 'watermark'], false],
    })
  })
})

describe('the limits of media files', () => {
  it('are the documented ones, which AI/ML API has for every model', async () => {
    for (const { providers } of await listModels()) {
      const documented = providers.map(({ provider, limits }) => [
        provider,
        Object.fromEntries(Object.entries(limits.media_files).filter(([, file]) => Object.keys(file).length)),
      ])
      expect(Object.fromEntries(documented)).toEqual({
        runware: {},
        crun: {},
        scenario: {},
        aimlapi: {
          reference_videos: {
            content_types: ['video/mp4', 'video/quicktime'],
            pixels: { min: 409_600, max: 927_408 },
          },
          reference_audios: {
            content_types: ['audio/mpeg', 'audio/wav'],
            max_seconds: 15.2,
            max_seconds_together: 15,
          },
        },
      })
    }
  })
})

describe('the eligibility of a provider', () => {
  it.each(models)('follows from the listed data: %s', async (model) => {
    const offers = (await listModels()).find((entry) => entry.model === model)?.providers ?? []
    const image = 'https://media.test/a.png'
    const forms = { url: image, data_uri: 'data:image/png;base64,iVBORw0KGgo=', crun_asset: 'asset://hero' }
    for (const { provider, resolutions, modes, limits } of offers) {
      const check = async (overrides: Record<string, unknown>, isOffered: boolean) => {
        const request = { model, resolution: '480p', ...overrides }
        expect([request, await isEligible(provider, request)]).toEqual([request, isOffered])
      }
      for (const resolution of ['480p', '720p', '1080p', '4k'])
        await check({ resolution }, resolutions.includes(resolution))
      for (const aspect_ratio of ['21:9', '9:16', 'auto']) {
        await check({ aspect_ratio }, modes.text.aspect_ratios.includes(aspect_ratio))
        await check({ aspect_ratio, first_frame: image }, modes.frames.aspect_ratios.includes(aspect_ratio))
      }
      for (const [form, value] of Object.entries(forms))
        await check({ reference_images: [value] }, limits.media.reference_images?.includes(form) ?? false)
      await check({ seed: 7 }, limits.seed)
      await check({ duration: 'auto' }, limits.duration.auto)
      await check({ prompt: undefined, first_frame: image }, !limits.prompt.required)
      await check({ prompt: 'x'.repeat(limits.prompt.max_length) }, true)
    }
  })
})
