import { describe, expect, it } from 'vitest'
import { aspectRatios } from '../../../src/core/request/choices.ts'
import { aNetwork, aRequest, aTask, image, video } from '../a-submission.ts'
import { aSuccess, createBytePlus, expiry } from './a-byteplus.ts'

const volcengine = { BYTEPLUS_BASE_URL: 'https://ark.cn-beijing.volces.com/api/v3' }

function connected(settings: Record<string, string> = {}, json: unknown = {}) {
  const { fetch, sent } = aNetwork({ json })
  return { provider: createBytePlus(fetch, settings), sent }
}

const estimate = (request: Record<string, unknown>, settings: Record<string, string> = {}) =>
  connected(settings).provider.estimate?.(aRequest(request))

async function billOf(task: Record<string, unknown>, settings: Record<string, string> = {}) {
  const { provider } = connected(settings, aSuccess(task))
  const status = await provider.getStatus(aTask({ provider: 'byteplus' }))
  return status.ok && status.value.state === 'done' ? status.value.cost : status
}

describe('an estimate of BytePlus', () => {
  it.each([
    ['its page: mini', {}, 0.378],
    ['its page: 2.0', { model: 'seedance-2.0' }, 0.756],
    ['its page: fast', { model: 'seedance-2.0-fast' }, 0.6048],
    ['its page: 2.5', { model: 'seedance-2.5' }, 1.1556],
    ['1080p', { model: 'seedance-2.0', resolution: '1080p' }, 1.8711],
    ['several videos', { count: 3 }, 1.134],
    ['a shape', { aspect_ratio: '4:3' }, 0.380_382],
    ['the largest shape for a frame', { first_frame: image }, 0.380_382],
    ['the longest duration', { duration: 'auto' }, 1.134],
    ['the longest input video', { reference_videos: [video] }, 0.9072],
  ])('is the published price: %s', async (_, request, amount_usd) => {
    expect(await estimate(request)).toEqual({ ok: true, value: { amount_usd, source: 'price_table' } })
  })

  it('is the listed price of a second in 16:9, and at most 1 % more in another shape', async () => {
    const { prices } = connected().provider.capabilities
    for (const [model, listed] of Object.entries(prices?.perSecond ?? {})) {
      for (const [resolution, { usd, withVideosUsd }] of Object.entries(listed)) {
        expect(withVideosUsd).toBeNull()
        for (const aspect_ratio of aspectRatios) {
          const asked = await estimate({ model, resolution, duration: 10, aspect_ratio })
          const cost = asked?.ok ? (asked.value.amount_usd ?? 0) : 0
          if (aspect_ratio === '16:9') expect(cost).toBeCloseTo(10 * usd, 4)
          else expect(cost).toBeLessThan(10.1 * usd)
        }
      }
    }
  })

  it('sends nothing', async () => {
    const { provider, sent } = connected()
    await provider.estimate?.(aRequest())
    expect(sent).toEqual([])
  })

  it('is missing where no price is known', async () => {
    const edited = { model: 'seedance-2.5', reference_videos: [video] }
    expect(await estimate(edited)).toMatchObject({ ok: false, fault: { code: 'price_unknown' } })
    expect(connected(volcengine).provider.capabilities.prices).toBeNull()
    const large = { model: 'seedance-2.0', resolution: '4k' }
    expect(await estimate(large, volcengine)).toMatchObject({ fault: { code: 'price_unknown' } })
  })
})

describe('the bill of a task', () => {
  it('is that of its tokens, by its model, its resolution and its inputs', async () => {
    expect(await billOf({})).toEqual({ amount_usd: 0.378, source: 'price_table' })
    const with4k = { model: 'dreamina-seedance-2-0-260128', resolution: '4k' }
    expect(await billOf(with4k)).toMatchObject({ amount_usd: 0.432 })
    expect(await billOf({ execution_expires_after: expiry + 1 })).toMatchObject({ amount_usd: 0.2268 })
  })

  it.each([
    [{ usage: null }],
    [{ model: 'dreamina-seedance-1-5-pro' }],
    [{ model: null }],
    [{ resolution: '8k' }],
    [{ execution_expires_after: null }],
  ])('is unknown with %j', async (odd) => {
    expect(await billOf(odd)).toBeUndefined()
  })

  it('is in yuan at Volcengine, and in US dollars at the rate of the settings', async () => {
    const model = 'doubao-seedance-2-0-mini-260615'
    expect(await billOf({ model }, volcengine)).toEqual({ credits: 2.484, source: 'price_table' })
    const rated = { ...volcengine, BYTEPLUS_USD_PER_CNY: '0.14' }
    expect(await billOf({ model }, rated)).toMatchObject({ credits: 2.484, amount_usd: 0.347_76 })
    expect(await estimate({}, rated)).toMatchObject({ value: { credits: 2.484, amount_usd: 0.347_76 } })
  })
})
