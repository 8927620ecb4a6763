/** Estimates from providers, in the documented form of each and in unexpected forms. */
import { describe, expect, it } from 'vitest'
import { priceOf } from '../../src/providers/price-table.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { aRequest, image, type Reply, video } from './a-submission.ts'
import { anAimlapi } from './aimlapi/a-aimlapi.ts'
import { aCrun, enveloped } from './crun/a-crun.ts'
import { aRunware } from './runware/a-runware.ts'
import { aScenario } from './scenario/a-scenario.ts'

const estimated = (cost: object) => ({ ok: true, value: { ...cost, source: 'provider_estimate' } })
const makers: Record<string, (reply: Reply) => { provider: Provider; sent: unknown[] }> = {
  runware: aRunware,
  crun: aCrun,
  scenario: aScenario,
  aimlapi: anAimlapi,
}

describe('an estimate of Runware', () => {
  const priced = { json: { data: [{ taskType: 'videoInference', taskUUID: 'any', cost: 0.54 }] } }

  it('comes from a dry run of the whole task, without a webhook', async () => {
    const { provider, sent } = aRunware(priced)
    const estimate = await provider.estimate?.(aRequest({ model: 'seedance-2.0', count: 3 }))
    expect(estimate).toEqual(estimated({ amount_usd: 0.54 }))
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({
      headers: { 'x-runware-dry-run': '1' },
      body: [{ taskType: 'videoInference', model: 'bytedance:seedance@2.0', numberResults: 3 }],
    })
    expect(JSON.stringify(sent[0]?.body)).not.toContain('webhookURL')
  })

  it('can be computed from the price table for the mini model', () => {
    const { prices } = aRunware(priced).provider.capabilities
    const price = (overrides: object) => priceOf(prices, aRequest({ resolution: '480p', ...overrides }))
    expect(price({})).toEqual({ amount_usd: 0.18, source: 'price_table' })
    expect(price({ duration: 15, resolution: '720p' })).toMatchObject({ amount_usd: 1.215 })
    expect(price({ reference_images: [image] })).toMatchObject({ amount_usd: 0.18 })
    expect(price({ reference_videos: [video] })).toMatchObject({ amount_usd: 0.215 })
    expect(price({ reference_videos: [video], resolution: '720p' })).toMatchObject({ amount_usd: 0.48 })
    expect(price({ count: 4 })).toMatchObject({ amount_usd: 0.72 })
    expect(price({ duration: 'auto' })).toBeNull()
    expect(price({ model: 'seedance-2.0' })).toBeNull()
  })
})

describe('an estimate of Crun', () => {
  it('comes from a separate call with the task but without the callback', async () => {
    const { provider, sent } = aCrun({ json: enveloped({ credits: 40, estimated: true }) })
    expect(await provider.estimate?.(aRequest({ reference_images: [image], count: 2 }))).toEqual(
      estimated({ credits: 80 }),
    )
    expect(sent).toMatchObject([
      {
        method: 'POST',
        url: 'https://api.crun.ai/api/v1/client/job/estimate-credits',
        body: { model: 'bytedance/seedance2-0-mini-r2v', input: { reference_images: [image] } },
      },
    ])
    expect(JSON.stringify(sent)).not.toContain('callback')
  })

  it('is refused by the code in the body', async () => {
    const { provider } = aCrun({ json: { code: 402, message: 'Insufficient Credits' } })
    expect(await provider.estimate?.(aRequest())).toMatchObject({ fault: { code: 'out_of_credit' } })
  })
})

describe('an estimate of Scenario', () => {
  const priced = { status: 269, json: { creativeUnitsCost: 12.5 } }

  it('comes from a dry run without media, which are not uploaded yet', async () => {
    const { provider, sent } = aScenario(priced)
    const request = aRequest({ first_frame: image, prompt: undefined, count: 2 })
    expect(await provider.estimate?.(request)).toEqual(estimated({ credits: 25 }))
    expect(sent).toMatchObject([{ body: { prompt: expect.any(String), duration: 5, resolution: '720p' } }])
    expect((sent[0] as { url: string }).url).toMatch(/seedance-2-0-mini\?dryRun=true$/)
    expect(JSON.stringify(sent)).not.toContain(image)
  })

  it('is unknown for reference videos, without a call', async () => {
    const { provider, sent } = aScenario(priced)
    expect(await provider.estimate?.(aRequest({ reference_videos: [video] }))).toMatchObject({
      fault: { code: 'price_unknown' },
    })
    expect(sent).toEqual([])
  })
})

describe('an estimate of AI/ML API', () => {
  const model = 'bytedance/dreamina-seedance-2-0-mini'
  const catalogue = (pricing: unknown, names: object = { id: model }) => ({
    json: { object: 'list', data: [{ id: 'another', pricing: 7 }, null, { ...names, pricing }] },
  })
  const variant = (when: object, price: number) => ({ when, price, unit: 'second', per: 1 })
  const byResolution = {
    kind: 'variants',
    dimensions: ['resolution'],
    variants: [variant({ resolution: '480p' }, 0.012), variant({ resolution: '720p' }, 0.027)],
  }
  const priceOf720p = estimated({ amount_usd: 0.135 })

  it('comes from the public catalogue, without the key', async () => {
    const { provider, sent } = anAimlapi(catalogue(byResolution))
    expect(await provider.estimate?.(aRequest())).toEqual(priceOf720p)
    expect(sent).toMatchObject([
      {
        method: 'GET',
        url: `https://api.aimlapi.com/v1/models?id=${encodeURIComponent(model)}&include=pricing`,
      },
    ])
    expect(Object.keys(sent[0]?.headers ?? {})).not.toContain('authorization')
  })

  it.each([
    ['by resolution', catalogue(byResolution), priceOf720p],
    ['under an alias', catalogue(byResolution, { id: 'new-name', aliases: [model] }), priceOf720p],
    [
      'per 1,000 seconds',
      catalogue({ kind: 'fixed', units: [{ name: 'second', price: 27, per: 1_000 }] }),
      priceOf720p,
    ],
    [
      'per video',
      catalogue({ kind: 'fixed', units: [{ unit: 'video', price: 0.5 }] }),
      estimated({ amount_usd: 0.5 }),
    ],
    [
      'by resolution and audio',
      catalogue({
        kind: 'variants',
        variants: [
          variant({ resolution: '720p', generate_audio: false }, 1),
          variant({ resolution: '720p', generate_audio: true }, 0.027),
        ],
      }),
      priceOf720p,
    ],
    [
      'beside an unreadable entry',
      catalogue({ kind: 'variants', variants: [{ when: 7 }, ...byResolution.variants] }),
      priceOf720p,
    ],
  ])('is read from a price %s', async (_, reply, estimate) => {
    expect(await anAimlapi(reply).provider.estimate?.(aRequest())).toEqual(estimate)
  })

  it.each([
    ['varies', catalogue({ kind: 'variable' })],
    ['is in tokens', catalogue({ kind: 'fixed', units: [{ name: 'token', price: 2, per: 1_000_000 }] })],
    [
      'is for other resolutions',
      catalogue({ ...byResolution, variants: [variant({ resolution: '8k' }, 1)] }),
    ],
    ['depends on an unsent field', catalogue({ ...byResolution, variants: [variant({ fps: 24 }, 1)] })],
    ['is missing', catalogue(null)],
    ['is of another model', catalogue(byResolution, { id: 'another' })],
  ])('is unknown if the price %s', async (_, reply) => {
    expect(await anAimlapi(reply).provider.estimate?.(aRequest())).toMatchObject({
      fault: { code: 'price_unknown' },
    })
  })

  it('covers every video of the job', async () => {
    const { provider } = anAimlapi(catalogue(byResolution))
    expect(await provider.estimate?.(aRequest({ count: 4 }))).toEqual(estimated({ amount_usd: 0.54 }))
  })
})

describe.each(Object.entries(makers))('an estimate of %s', (_, make) => {
  it.each([
    ['the connection breaks', new TypeError('Network connection lost.')],
    ['the response is a 500', { status: 500, json: {} }],
    ['the response is HTML from a gateway', { status: 502, text: '<html>' }],
  ] as [string, Reply][])('may be retried when %s', async (_, reply) => {
    expect(await make(reply).provider.estimate?.(aRequest())).toMatchObject({
      fault: { code: 'unavailable' },
    })
  })

  it.each([
    ['an empty object', { json: {} }],
    ['an invalid price', { json: { data: [{ taskUUID: 'u', cost: -1 }], creativeUnitsCost: 'many' } }],
  ] as [string, Reply][])('is a fault if the response is %s', async (_, reply) => {
    const estimate = await make(reply).provider.estimate?.(aRequest())
    expect(estimate).toMatchObject({ ok: false })
  })
})
