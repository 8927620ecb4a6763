/** Costs decide before money is spent, and are shown wherever a job is shown. */
import { describe, expect, it } from 'vitest'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import {
  api,
  aRequest,
  billsFor,
  getJob,
  post,
  postJob,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const estimateCredits = `${simulatorUrl}/crun/api/v1/client/job/estimate-credits`

describe('max_cost_usd', () => {
  it('excludes providers that would cost more, and keeps the order of the others', async () => {
    const { id, provider, cost } = await postJob({ provider: ['runware', 'aimlapi'], max_cost_usd: 0.1 })
    expect({ provider, cost }).toEqual({
      provider: 'aimlapi',
      cost: { amount_usd: 0.06, source: 'provider_estimate' },
    })
    await untilSubmitted(id)
    expect(billsFor(id)).toEqual([])
  })

  it('allows a price that equals it', async () => {
    expect(await postJob({ provider: 'runware', max_cost_usd: 0.18 })).toMatchObject({ provider: 'runware' })
  })

  it('refuses the job with every price if no provider is within it', async () => {
    const jobs = await countRows('jobs')
    const bills = world.simulator.tasks().length
    const response = await post('/v1/jobs', aRequest({ provider: 'auto', max_cost_usd: 0.01 }))
    const problem = await expectProblem(response, 422, 'no_provider')
    expect(pathsOf(problem)).toEqual(['max_cost_usd'])
    expect(problem.errors?.map(({ message }) => message)).toEqual([
      'runware: it would cost $0.18',
      'crun: its price is in credits, and this deployment does not set what a credit costs',
      'scenario: its price is in credits, and this deployment does not set what a credit costs',
      'aimlapi: it would cost $0.06',
      'byteplus: it would cost $0.17577',
      expect.stringMatching(/^fal: it would cost \$0\.36/),
    ])
    expect([await countRows('jobs'), world.simulator.tasks().length]).toEqual([jobs, bills])
  })

  it('refuses a job whose price is not available', async () => {
    world.respondNext(estimateCredits, () => Promise.reject(new TypeError('Network connection lost.')))
    const response = await post('/v1/jobs', aRequest({ provider: 'crun', duration: 9, max_cost_usd: 5 }))
    const problem = await expectProblem(response, 422, 'no_provider')
    expect(problem.errors).toEqual([
      { path: 'max_cost_usd', message: 'crun: its price is not known: The provider did not respond.' },
    ])
  })
})

describe('the cheapest provider', () => {
  it('gets the job', async () => {
    const { provider } = await postJob({ provider: 'cheapest' })
    expect(provider).toBe('aimlapi')
  })

  it('can be one without a price in USD, which sorts last', async () => {
    const { provider } = await postJob({
      provider: 'cheapest',
      reference_videos: ['https://media.test/a.mp4'],
      duration: 'auto',
      // BytePlus, which has a price, cannot take it.
      seed: 7,
    })
    expect(provider).toBe('scenario')
  })
})

describe('the cost of a job', () => {
  it('is an estimate first, and then the reported cost, in the job, its task and the event', async () => {
    const { id, cost } = await postJob({ provider: 'crun' })
    expect(cost).toEqual({ credits: 15, source: 'provider_estimate' })
    await untilSubmitted(id)
    expect(await getJob(id)).toMatchObject({ cost, tasks: [{ cost: null }] })
    await world.advance(10_000)
    const reported = { credits: 15, source: 'provider' }
    expect(await untilStatus(id, 'succeeded')).toMatchObject({ cost: reported, tasks: [{ cost: reported }] })
    const [delivery] = await untilNotified(id)
    expect(JSON.parse(delivery?.body ?? '{}')).toMatchObject({ data: { cost: reported } })
  })

  it.each([
    ['runware', 'fal', { amount_usd: 0.7735, source: 'price_table' }],
    // Computed by the provider's code, without a call.
    ['fal', 'byteplus', { amount_usd: 0.378, source: 'price_table' }],
    ['crun', 'runware', { amount_usd: 0.405, source: 'price_table' }],
  ])('is known after a failover from %s to %s, which has a published price', async (first, next, price) => {
    const { id } = await postJob({
      prompt: `A boat sim(at=${first}, submit=402)`,
      resolution: '720p',
      provider: [first, next],
    })
    expect(await estimatesOf(id)).toMatchObject({ [next]: price })
    await untilSubmitted(id)
    expect(await getJob(id)).toMatchObject({ provider: next, cost: price })
    await world.advance(10_000)
    // fal reports no cost, the others do.
    const { cost } = await untilStatus(id, 'succeeded')
    expect(cost).toMatchObject(next === 'fal' ? price : { amount_usd: expect.any(Number) })
  })

  it('is asked of no provider but the first if it decides nothing', async () => {
    const { id } = await postJob({ provider: ['runware', 'crun', 'aimlapi', 'scenario'] })
    expect(await estimatesOf(id)).toEqual({ runware: { amount_usd: 0.18, source: 'price_table' } })
  })

  it('is null if the estimate fails, and the failure is cached', async () => {
    const called: string[] = []
    const refuse = ({ url }: Request) => {
      called.push(url)
      return new Response('', { status: 500 })
    }
    world.respondNext(estimateCredits, refuse)
    world.respondNext(estimateCredits, refuse)
    const jobs = [
      await postJob({ provider: 'crun', duration: 11 }),
      await postJob({ provider: 'crun', duration: 11 }),
    ]
    expect(jobs).toMatchObject([{ cost: null }, { cost: null }])
    expect(called).toHaveLength(1)
  })

  it('is not estimated by a dry run if it decides nothing', async () => {
    const dryRunHeaders: (string | null)[] = []
    world.respondNext(`${simulatorUrl}/runware`, (request) => {
      dryRunHeaders.push(request.headers.get('x-runware-dry-run'))
      return world.simulator.fetch(request)
    })
    const { id, cost } = await postJob({ provider: 'runware', model: 'seedance-2.0' })
    expect(cost).toBeNull()
    await untilSubmitted(id)
    // The first call was the purchase.
    expect(dryRunHeaders).toEqual([null])
  })
})

/** As the job was accepted with them. */
async function estimatesOf(id: string) {
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: { estimates?: object } }[] }>()
  return data.find(({ type }) => type === 'job.accepted')?.data.estimates
}
