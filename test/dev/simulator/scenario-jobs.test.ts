import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import { aScenarioJob, aSimulator, type Stand, scenarioMini } from './a-simulator.ts'

async function submitAll(stand: Stand, prompts: string[]): Promise<void> {
  for (const prompt of prompts) {
    await stand.scenario(scenarioMini, aScenarioJob({ prompt }))
    await stand.advance(100)
  }
}

const promptsOf = (body: { jobs: { metadata: { input: { prompt: string } } }[] }) =>
  body.jobs.map(({ metadata }) => metadata.input.prompt)

describe('the list of jobs', () => {
  it('shows the newest first, each as it shows it alone', async () => {
    const stand = aSimulator()
    await submitAll(stand, ['one', 'two', 'three'])
    const { body } = await stand.scenario('jobs')
    expect(promptsOf(body)).toEqual(['three', 'two', 'one'])
    const [newest] = body.jobs
    expect((await stand.scenario(`jobs/${newest.jobId}`)).body.job).toEqual(newest)
    expect(body).not.toHaveProperty('nextPaginationToken')
  })

  it('goes on where a page ended, whatever was submitted since', async () => {
    const stand = aSimulator()
    await submitAll(stand, ['one', 'two', 'three'])
    const first = (await stand.scenario('jobs?pageSize=2')).body
    await submitAll(stand, ['four'])
    const token = encodeURIComponent(first.nextPaginationToken)
    const second = (await stand.scenario(`jobs?pageSize=2&paginationToken=${token}`)).body
    expect([promptsOf(first), promptsOf(second)]).toEqual([['three', 'two'], ['one']])
    expect(second).not.toHaveProperty('nextPaginationToken')
  })

  it('keeps to a status, and to a type', async () => {
    const stand = aSimulator()
    await submitAll(stand, ['one sim(seconds=0)', 'two sim(fail=provider, seconds=0)', 'three'])
    await stand.advance(1000)
    const ask = async (query: string) => promptsOf((await stand.scenario(`jobs?${query}`)).body)
    expect(await ask('status=success')).toEqual(['one sim(seconds=0)'])
    expect(await ask('status=failure')).toEqual(['two sim(fail=provider, seconds=0)'])
    expect(await ask('status=in-progress&type=custom')).toEqual(['three'])
    expect(await ask('types=upscale,custom')).toHaveLength(3)
    expect(await ask('type=upscale')).toEqual([])
  })

  it('leaves out the results where they are not wanted', async () => {
    const stand = aSimulator()
    await submitAll(stand, ['one'])
    const { jobs } = (await stand.scenario('jobs?hideResults=true')).body
    expect(jobs[0].metadata).not.toHaveProperty('assetIds')
  })

  it.each(['pageSize=0', 'pageSize=201', 'status=failed', 'paginationToken=none'])(
    'refuses %s',
    async (query) => {
      expect((await aSimulator().scenario(`jobs?${query}`)).status).toBe(400)
    },
  )

  it('lags behind, on request', async () => {
    const stand = aSimulator()
    await submitAll(stand, ['one sim(list=lagging)', 'two'])
    expect(promptsOf((await stand.scenario('jobs')).body)).toEqual(['two'])
    await stand.advance(5 * 60_000)
    expect(promptsOf((await stand.scenario('jobs')).body)).toEqual(['two', 'one sim(list=lagging)'])
  })

  it('tells whether a submit that was lost has arrived', async () => {
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
