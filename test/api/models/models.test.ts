import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { models, sellerNames } from '../../../src/core/request/choices.ts'
import { modelLimits } from '../../../src/core/request/model-limits.ts'
import { ask } from '../../support/api-call.ts'
import { api, aRequest, post } from '../../support/reelhook.ts'

interface Offer {
  provider: string
  configured: boolean
  webhooks: boolean
  cancels: string
  modes: Record<'text' | 'frames' | 'references', { aspect_ratios: string[] }>
  resolutions: string[]
  output_formats: string[]
  limits: {
    prompt: { required: boolean; min_length: number; max_length: number }
    duration: { min_seconds: number; max_seconds: number; auto: boolean }
    references: { images: number; videos: number; audios: number; audios_alone: boolean }
    deadline: { default_seconds: number }
    seed: boolean
    media: Record<string, string[]>
    media_files: Record<string, object>
  }
  provider_options: { properties?: Record<string, unknown>; additionalProperties?: boolean }
  prices: { source: string; as_of: string; usd_per_second: { resolution: string; usd: number }[] } | null
}

interface Listed {
  model: string
  providers: Offer[]
}

async function listModels(): Promise<Listed[]> {
  const response = await api('/v1/models')
  expect(response.status).toBe(200)
  return (await response.json<{ data: Listed[] }>()).data
}

/** In US dollars per second, by resolution. Null: there are none. */
function pricesOf({ providers }: Listed, name: string): Record<string, number> | null {
  const prices = providers.find(({ provider }) => provider === name)?.prices ?? null
  return prices && Object.fromEntries(prices.usd_per_second.map(({ resolution, usd }) => [resolution, usd]))
}

async function isEligible(provider: string, overrides: Record<string, unknown>): Promise<boolean> {
  const response = await post('/v1/estimates', aRequest({ provider, ...overrides }))
  // A request beyond the limits of its model is refused before any provider is asked.
  const { data = [] } = await response.json<{ data?: { eligible: boolean }[] }>()
  return data[0]?.eligible ?? false
}

describe('the list of models', () => {
  it('has every model with every provider that sells it', async () => {
    const list = await listModels()
    expect(list.map(({ model }) => model)).toEqual([...models])
    for (const { model, providers } of list) {
      const names = model === 'seedance-2.5' ? ['aimlapi', 'byteplus', 'fal'] : [...sellerNames]
      expect(providers.map(({ provider }) => provider)).toEqual(names)
      expect(providers.every(({ configured }) => configured)).toBe(true)
    }
  })

  it('has the limits of each model', async () => {
    for (const { model, providers } of await listModels()) {
      const limits = modelLimits[models.find((one) => one === model) ?? 'seedance-2.0']
      for (const offer of providers) {
        const { min_seconds, max_seconds } = offer.limits.duration
        expect({ min: min_seconds, max: max_seconds }).toEqual(limits.durationSeconds)
        const { audios_alone, ...references } = offer.limits.references
        expect(references).toEqual(limits.references)
        expect(audios_alone).toBe(limits.audios === 'also_alone')
        expect(offer.limits.deadline.default_seconds).toBe(limits.deadlineSeconds)
        expect(limits.resolutions).toEqual(expect.arrayContaining(offer.resolutions))
        expect(limits.outputFormats).toEqual(expect.arrayContaining(offer.output_formats))
      }
    }
  })

  it('shows which providers send webhooks', async () => {
    const [first] = await listModels()
    const names = first?.providers.filter(({ webhooks }) => webhooks).map(({ provider }) => provider)
    expect(names).toEqual(['runware', 'crun', 'byteplus', 'fal'])
  })

  it('shows which providers cancel a task', async () => {
    const [first] = await listModels()
    const cancels = Object.fromEntries(
      (first?.providers ?? []).map((offer) => [offer.provider, offer.cancels]),
    )
    expect(cancels).toEqual({
      runware: 'never',
      crun: 'never',
      scenario: 'never',
      aimlapi: 'never',
      byteplus: 'queued',
      fal: 'running',
    })
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

  it('has the prices per second of a provider that bills tokens, in 16:9', async () => {
    const prices = Object.fromEntries(
      (await listModels()).map((one) => [one.model, pricesOf(one, 'byteplus')]),
    )
    expect(prices).toEqual({
      'seedance-2.0': { '480p': 0.070_308, '720p': 0.1512, '1080p': 0.374_22, '4k': 0.7776 },
      'seedance-2.0-fast': { '480p': 0.056_246, '720p': 0.120_96 },
      'seedance-2.0-mini': { '480p': 0.035_154, '720p': 0.0756 },
      'seedance-2.5': { '480p': 0.107_471, '720p': 0.231_12, '1080p': 0.568_62 },
    })
  })

  it('has no prices where they are in yuan, whatever other deployments have', async () => {
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
    const volcengine = { BYTEPLUS_BASE_URL: 'https://ark.cn-beijing.volces.com/api/v3' }
    const response = await ask('/v1/models', { headers }, volcengine)
    const { data } = await response.json<{ data: Listed[] }>()
    for (const one of data) expect(pricesOf(one, 'byteplus')).toBeNull()
    expect(data.map((one) => pricesOf(one, 'fal'))).not.toContain(null)
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
      byteplus: [
        ['omni_reference_task_type', 'priority', 'return_last_frame', 'safety_identifier', 'watermark'],
        false,
      ],
      fal: [['end_user_id'], false],
    })
  })
})

describe('the limits of media files', () => {
  it('are the documented ones, which AI/ML API has for every model of Seedance 2.0', async () => {
    for (const { providers } of (await listModels()).slice(0, 3)) {
      // BytePlus and fal limit every field, by the model: test/providers/ has them.
      const others = providers.filter(({ provider }) => provider !== 'byteplus' && provider !== 'fal')
      const documented = others.map(({ provider, limits }) => [
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
    for (const { provider, resolutions, output_formats, modes, limits } of offers) {
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
      const { min_seconds, max_seconds } = limits.duration
      for (const duration of [min_seconds - 1, min_seconds, max_seconds, max_seconds + 1])
        await check({ duration }, duration >= min_seconds && duration <= max_seconds)
      const audio = 'https://media.test/a.mp3'
      await check({ reference_audios: [audio] }, limits.references.audios_alone)
      const { images } = limits.references
      await check({ reference_images: Array(images).fill(image) }, true)
      await check({ reference_images: Array(images + 1).fill(image) }, false)
      for (const output_format of ['mp4', 'mov'])
        await check({ output_format }, output_formats.includes(output_format))
      for (const [form, value] of Object.entries(forms))
        await check({ reference_images: [value] }, limits.media.reference_images?.includes(form) ?? false)
      await check({ seed: 7 }, limits.seed)
      await check({ duration: 'auto' }, limits.duration.auto)
      await check({ prompt: undefined, first_frame: image }, !limits.prompt.required)
      await check({ prompt: 'x'.repeat(limits.prompt.max_length) }, true)
    }
  })
})
