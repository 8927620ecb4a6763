import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import { aScenarioJob, aSimulator, scenarioMini, type TestSimulator } from './a-simulator.ts'

async function submitAll(sim: TestSimulator, prompts: string[]): Promise<void> {
  for (const prompt of prompts) {
    await sim.scenario(scenarioMini, aScenarioJob({ prompt }))
    await sim.advance(100)
  }
}

const promptsOf = (body: { jobs: { metadata: { input: { prompt: string } } }[] }) =>
  body.jobs.map(({ metadata }) => metadata.input.prompt)

describe('the list of jobs', () => {
  it('shows the newest first, each job as its own endpoint does', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one', 'two', 'three'])
    const { body } = await sim.scenario('jobs')
    expect(promptsOf(body)).toEqual(['three', 'two', 'one'])
    const [newest] = body.jobs
    expect((await sim.scenario(`jobs/${newest.jobId}`)).body.job).toEqual(newest)
    expect(body).not.toHaveProperty('nextPaginationToken')
  })

  it('continues after the last page, even after new submits', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one', 'two', 'three'])
    const first = (await sim.scenario('jobs?pageSize=2')).body
    await submitAll(sim, ['four'])
    const token = encodeURIComponent(first.nextPaginationToken)
    const second = (await sim.scenario(`jobs?pageSize=2&paginationToken=${token}`)).body
    expect([promptsOf(first), promptsOf(second)]).toEqual([['three', 'two'], ['one']])
    expect(second).not.toHaveProperty('nextPaginationToken')
  })

  it('filters by status and type', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one sim(seconds=0)', 'two sim(fail=provider, seconds=0)', 'three'])
    await sim.advance(1000)
    const ask = async (query: string) => promptsOf((await sim.scenario(`jobs?${query}`)).body)
    expect(await ask('status=success')).toEqual(['one sim(seconds=0)'])
    expect(await ask('status=failure')).toEqual(['two sim(fail=provider, seconds=0)'])
    expect(await ask('status=in-progress&type=custom')).toEqual(['three'])
    expect(await ask('types=upscale,custom')).toHaveLength(3)
    expect(await ask('type=upscale')).toEqual([])
  })

  it('omits results with hideResults', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one'])
    const { jobs } = (await sim.scenario('jobs?hideResults=true')).body
    expect(jobs[0].metadata).not.toHaveProperty('assetIds')
  })

  it.each(['pageSize=0', 'pageSize=201', 'status=failed', 'paginationToken=none'])(
    'refuses %s',
    async (query) => {
      expect((await aSimulator().scenario(`jobs?${query}`)).status).toBe(400)
    },
  )

  it('lags by directive', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one sim(list=lagging)', 'two'])
    expect(promptsOf((await sim.scenario('jobs')).body)).toEqual(['two'])
    await sim.advance(5 * 60_000)
    expect(promptsOf((await sim.scenario('jobs')).body)).toEqual(['two', 'one sim(list=lagging)'])
  })

  it('shows whether a lost submit was accepted', async () => {
    const { scenario } = aSimulator()
    const lost = aScenarioJob({ prompt: 'one sim(submit=lost-after)' })
    const never = aScenarioJob({ prompt: 'two sim(submit=reset-before)' })
    await expect(scenario(scenarioMini, lost)).rejects.toThrow(ConnectionLost)
    await expect(scenario(scenarioMini, never)).rejects.toThrow(ConnectionLost)
    const { jobs } = (await scenario('jobs')).body
    expect(jobs).toMatchObject([
      { metadata: { modelId: 'model_bytedance-seedance-2-0-mini', input: lost, assetIds: [] } },
    ])
  })
})
