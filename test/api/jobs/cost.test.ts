/** Money decides before it is spent, and is told in every place where a job is shown. */
import { describe, expect, it } from 'vitest'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import {
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

describe('a limit', () => {
  it('keeps out who would cost more, and asks the others in their order', async () => {
    const { id, provider, cost } = await postJob({ provider: ['runware', 'aimlapi'], max_cost_usd: 0.1 })
    expect({ provider, cost }).toEqual({
      provider: 'aimlapi',
      cost: { amount_usd: 0.06, source: 'provider_estimate' },
    })
    await untilSubmitted(id)
    expect(billsFor(id)).toEqual([])
  })

  it('is met by a price that is just as high', async () => {
    expect(await postJob({ provider: 'runware', max_cost_usd: 0.18 })).toMatchObject({ provider: 'runware' })
  })

  it('that nobody meets refuses the job with every price, before anything is kept or spent', async () => {
    const jobs = await countRows('jobs')
    const bills = world.simulator.tasks().length
    const response = await post('/v1/jobs', aRequest({ provider: 'auto', max_cost_usd: 0.01 }))
    const problem = await expectProblem(response, 422, 'no_provider')
    expect(pathsOf(problem)).toEqual(['max_cost_usd'])
    expect(problem.errors?.map(({ message }) => message)).toEqual([
      'runware: it would cost $0.18',
      'crun: its price is in credits, and what a credit costs is not set here',
      'scenario: its price is in credits, and what a credit costs is not set here',
      'aimlapi: it would cost $0.06',
    ])
    expect([await countRows('jobs'), world.simulator.tasks().length]).toEqual([jobs, bills])
  })

  it('refuses what cannot be priced now', async () => {
    world.respondNext(estimateCredits, () => Promise.reject(new TypeError('Network connection lost.')))
    const response = await post('/v1/jobs', aRequest({ provider: 'crun', duration: 9, max_cost_usd: 5 }))
    const problem = await expectProblem(response, 422, 'no_provider')
    expect(problem.errors).toEqual([
      { path: 'max_cost_usd', message: 'crun: its price is not known: The provider did not respond.' },
    ])
  })
})

describe('the cheapest', () => {
  it('makes it', async () => {
    const { provider } = await postJob({ provider: 'cheapest' })
    expect(provider).toBe('aimlapi')
  })

  it('is not a matter of who can be priced: the others follow', async () => {
    const { provider } = await postJob({
      provider: 'cheapest',
      reference_videos: ['https://media.test/a.mp4'],
      duration: 'auto',
    })
    expect(provider).toBe('scenario')
  })
})

describe('the cost of a job', () => {
  it('is an estimate, then what the provider told, on the job, its task and in the event', async () => {
    const { id, cost } = await postJob({ provider: 'crun' })
    expect(cost).toEqual({ credits: 15, source: 'provider_estimate' })
    await untilSubmitted(id)
    expect(await getJob(id)).toMatchObject({ cost, tasks: [{ cost: null }] })
    await world.advance(10_000)
    const told = { credits: 15, source: 'provider' }
    expect(await untilStatus(id, 'succeeded')).toMatchObject({ cost: told, tasks: [{ cost: told }] })
    const [delivery] = await untilNotified(id)
    expect(JSON.parse(delivery?.body ?? '{}')).toMatchObject({ data: { cost: told } })
  })

  it('does not keep a job from being accepted where it cannot be learned, and is asked for once', async () => {
    const asked: string[] = []
    const refuse = ({ url }: Request) => {
      asked.push(url)
      return new Response('', { status: 500 })
    }
    world.respondNext(estimateCredits, refuse)
    world.respondNext(estimateCredits, refuse)
    const jobs = [
      await postJob({ provider: 'crun', duration: 11 }),
      await postJob({ provider: 'crun', duration: 11 }),
    ]
    expect(jobs).toMatchObject([{ cost: null }, { cost: null }])
    expect(asked).toHaveLength(1)
  })

  it('is not asked for by a rehearsal unless somebody decides by it', async () => {
    const asked: (string | null)[] = []
    world.respondNext(`${simulatorUrl}/runware`, (request) => {
      asked.push(request.headers.get('x-runware-dry-run'))
      return world.simulator.fetch(request)
    })
    const { id, cost } = await postJob({ provider: 'runware', model: 'seedance-2.0' })
    expect(cost).toBeNull()
    await untilSubmitted(id)
    // The first call that it heard was the purchase.
    expect(asked).toEqual([null])
  })
})
