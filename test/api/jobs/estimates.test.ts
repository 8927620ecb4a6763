import { afterEach, describe, expect, it } from 'vitest'
import type { Cost } from '../../../src/core/cost.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { aRequest, post } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { simulatorUrl, world } from '../../support/world.ts'

interface Estimate {
  provider: string
  eligible: boolean
  cost: Cost | null
  unpriced: string | null
  reasons: { path: string; message: string }[]
  warnings: { path: string; message: string }[]
}

async function estimate(overrides: Record<string, unknown> = {}): Promise<Estimate[]> {
  const response = await post('/v1/estimates', aRequest({ provider: 'auto', ...overrides }))
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json<{ data: Estimate[] }>()).data
}

// An estimate stores nothing and buys nothing.
afterEach(async () => {
  expect(await countRows('jobs')).toBe(0)
  expect(world.simulator.tasks()).toEqual([])
})

describe('an estimate', () => {
  it('has the cost at every provider, in the order of preference', async () => {
    const common = { eligible: true, unpriced: null, reasons: [], warnings: [] }
    expect(await estimate()).toEqual([
      { ...common, provider: 'runware', cost: { amount_usd: 0.18, source: 'price_table' } },
      { ...common, provider: 'crun', cost: { credits: 15, source: 'provider_estimate' } },
      { ...common, provider: 'scenario', cost: { credits: 20, source: 'provider_estimate' } },
      { ...common, provider: 'aimlapi', cost: { amount_usd: 0.06, source: 'provider_estimate' } },
      { ...common, provider: 'byteplus', cost: { amount_usd: 0.175_77, source: 'price_table' } },
      { ...common, provider: 'fal', cost: { amount_usd: 0.3605, source: 'price_table' } },
    ])
  })

  it('covers the whole job', async () => {
    const costs = (await estimate({ count: 3 })).map(({ cost }) => cost)
    expect(costs).toMatchObject([
      { amount_usd: 0.54 },
      { credits: 45 },
      { credits: 60 },
      { amount_usd: 0.18 },
      { amount_usd: 0.527_31 },
      { amount_usd: 1.0815 },
    ])
  })

  it('requests a price from Runware if it publishes none', async () => {
    const [runware] = await estimate({ model: 'seedance-2.0', provider: 'runware' })
    expect(runware).toMatchObject({ cost: { amount_usd: 0.4, source: 'provider_estimate' } })
  })

  it('sorts the cheapest first, and providers without a price in USD last', async () => {
    const names = (await estimate({ provider: 'cheapest' })).map(({ provider }) => provider)
    expect(names).toEqual(['aimlapi', 'byteplus', 'runware', 'fal', 'crun', 'scenario'])
  })

  it('shows which providers are not eligible and why, and which have warnings', async () => {
    const estimates = await estimate({ seed: 7, count: 2, first_frame: 'https://media.test/a.png' })
    expect(estimates).toMatchObject([
      { provider: 'runware', eligible: false, cost: null, reasons: [{ path: 'seed' }] },
      { provider: 'crun', eligible: false, cost: null, reasons: [{ path: 'seed' }] },
      { provider: 'scenario', eligible: true, warnings: [{ path: 'seed' }] },
      { provider: 'aimlapi', eligible: true, warnings: [{ path: 'seed' }] },
      { provider: 'byteplus', eligible: false, cost: null, reasons: [{ path: 'seed' }] },
      { provider: 'fal', eligible: true, warnings: [{ path: 'seed' }] },
    ])
  })

  it('shows which providers exceed max_cost_usd, with their price', async () => {
    const estimates = await estimate({ max_cost_usd: 0.1 })
    expect(estimates).toMatchObject([
      {
        provider: 'runware',
        eligible: false,
        cost: { amount_usd: 0.18 },
        reasons: [{ path: 'max_cost_usd', message: 'it would cost $0.18' }],
      },
      { provider: 'crun', eligible: false, cost: { credits: 15 }, reasons: [{ path: 'max_cost_usd' }] },
      { provider: 'scenario', eligible: false, cost: { credits: 20 }, reasons: [{ path: 'max_cost_usd' }] },
      { provider: 'aimlapi', eligible: true, cost: { amount_usd: 0.06 }, reasons: [] },
      { provider: 'byteplus', eligible: false, reasons: [{ path: 'max_cost_usd' }] },
      { provider: 'fal', eligible: false, cost: { amount_usd: 0.3605 } },
    ])
  })

  it('shows why one price is not known, and has the others', async () => {
    world.respondNext(
      `${simulatorUrl}/crun/api/v1/client/job/estimate-credits`,
      () => new Response('', { status: 500 }),
    )
    const estimates = await estimate({ duration: 7, reference_videos: ['https://media.test/a.mp4'] })
    expect(estimates).toMatchObject([
      { provider: 'runware', cost: { amount_usd: 0.301 }, unpriced: null },
      { provider: 'crun', cost: null, unpriced: expect.stringMatching(/500/) },
      { provider: 'scenario', cost: null, unpriced: expect.stringMatching(/reference videos/) },
      { provider: 'aimlapi', cost: { amount_usd: expect.any(Number) } },
      // With the longest videos that are allowed.
      { provider: 'byteplus', cost: { amount_usd: 0.464_033 }, unpriced: null },
      // Its price depends on the length of the videos.
      { provider: 'fal', cost: null },
    ])
  })
})

describe('a refused estimate', () => {
  it('has every fault at once, like a refused job', async () => {
    const body = aRequest({ duration: 3, max_cost_usd: 0, callback_url: 'https://localhost/hook' })
    const problem = await expectProblem(await post('/v1/estimates', body), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['callback_url', 'duration', 'max_cost_usd'])
  })

  it('has a body that is not JSON', async () => {
    const response = await post('/v1/estimates', undefined)
    await expectProblem(response, 400, 'invalid_json')
  })
})
