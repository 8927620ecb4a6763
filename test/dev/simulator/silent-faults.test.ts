/** The faults of the two providers without webhooks. */
import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import {
  aGeneration,
  aScenarioJob,
  aSimulator,
  generations,
  scenarioMini,
  type TestSimulator,
} from './a-simulator.ts'

const scenario = {
  submit: (sim: TestSimulator, directive: string) =>
    sim.scenario(scenarioMini, aScenarioJob({ prompt: `a paper boat sim(${directive})` })),
  getStatus: async (sim: TestSimulator) => {
    const { status, body } = await sim.scenario(`jobs/${sim.simulator.tasks()[0]?.taskId}`)
    return { status, word: body.job?.status, error: body.job?.metadata.error }
  },
  link: async (sim: TestSimulator) => {
    const [output] = sim.simulator.tasks()[0]?.outputs ?? []
    return (await sim.scenario(`assets/${output?.outputId}`)).body.asset?.url
  },
}

const aimlapi = {
  submit: (sim: TestSimulator, directive: string) =>
    sim.aimlapi(generations, aGeneration({ prompt: `a paper boat sim(${directive})` })),
  getStatus: async (sim: TestSimulator) => {
    const id = sim.simulator.tasks()[0]?.taskId
    const { status, body } = await sim.aimlapi(`${generations}?generation_id=${id}`)
    return { status, word: body.status, error: body.error?.message }
  },
  link: async (sim: TestSimulator) => {
    const id = sim.simulator.tasks()[0]?.taskId
    return (await sim.aimlapi(`${generations}?generation_id=${id}`)).body.video?.url
  },
}

describe.each([
  ['Scenario', scenario, { accepted: 200, made: 'success', running: 'in-progress', failed: 'failure' }],
  ['AI/ML API', aimlapi, { accepted: 201, made: 'completed', running: 'generating', failed: 'error' }],
])('%s, by directive,', (_, { submit, getStatus, link }, words) => {
  it.each(['429', '402', '403', '455', '503', '505', '500-before'])(
    'refuses a submit with submit=%s and does not bill it',
    async (fault) => {
      const sim = aSimulator()
      for (const _ of [1, 2, 3]) {
        expect((await submit(sim, `submit=${fault}`)).status).toBeGreaterThanOrEqual(400)
      }
      expect(sim.simulator.tasks()).toHaveLength(0)
    },
  )

  it('accepts a submit after the given number of refusals', async () => {
    const sim = aSimulator()
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await submit(sim, 'submit=429*2')).status)
    expect(statuses).toEqual([429, 429, words.accepted])
    expect(sim.simulator.tasks()).toHaveLength(1)
  })

  it('breaks the connection before a submit, which is not billed', async () => {
    const sim = aSimulator()
    await expect(submit(sim, 'submit=reset-before')).rejects.toThrow(ConnectionLost)
    expect(sim.simulator.tasks()).toHaveLength(0)
  })

  it('breaks the connection after a submit, which is billed each time', async () => {
    const sim = aSimulator()
    await expect(submit(sim, 'submit=lost-after*1')).rejects.toThrow(ConnectionLost)
    expect(sim.simulator.tasks()).toHaveLength(1)
    expect((await submit(sim, 'submit=lost-after*1')).status).toBe(words.accepted)
    expect(sim.simulator.tasks()).toHaveLength(2)
    await sim.advance(11_000)
    expect((await getStatus(sim)).word).toBe(words.made)
  })

  it('responds with 500 to a submit that is billed', async () => {
    const sim = aSimulator()
    expect((await submit(sim, 'submit=500-after')).status).toBe(500)
    expect(sim.simulator.tasks()).toHaveLength(1)
  })

  it.each([
    ['500*3', [500, 500, 500, 200]],
    ['404*2', [404, 404, 200, 200]],
    ['odd*2', [200, 200, 200, 200]],
  ])('recovers from poll=%s after the given number of faults', async (fault, expected) => {
    const sim = aSimulator()
    await submit(sim, `poll=${fault}`)
    await sim.advance(11_000)
    const statuses: number[] = []
    for (const _ of expected) statuses.push((await getStatus(sim)).status)
    expect(statuses).toEqual(expected)
    expect((await getStatus(sim)).word).toBe(words.made)
  })

  it.each(['400', '409', '422', '455', '502'])('refuses one poll with poll=%s*1', async (status) => {
    const sim = aSimulator()
    await submit(sim, `poll=${status}*1`)
    expect((await getStatus(sim)).status).toBe(Number(status))
    expect((await getStatus(sim)).status).toBe(200)
  })

  it('reports a running task as failed once', async () => {
    const sim = aSimulator()
    await submit(sim, 'poll=failed*1')
    expect((await getStatus(sim)).word).toBe(words.failed)
    await sim.advance(11_000)
    expect((await getStatus(sim)).word).toBe(words.made)
  })

  it('responds once without the task', async () => {
    const sim = aSimulator()
    await submit(sim, 'poll=empty*1')
    expect(await getStatus(sim)).toMatchObject({ status: 200, word: undefined })
  })

  it('returns 404 for the made video with link=missing', async () => {
    const sim = aSimulator()
    await submit(sim, 'link=missing')
    await sim.advance(11_000)
    expect((await getStatus(sim)).word).toBe(words.made)
    const url = await link(sim)
    expect(url === undefined ? 404 : (await sim.get(url)).status).toBe(404)
  })

  it('returns an unknown status', async () => {
    const sim = aSimulator()
    await submit(sim, 'poll=odd')
    expect((await getStatus(sim)).word).toBe('reticulating')
  })

  it.each(['moderated', 'provider', 'timeout', 'canceled'])(
    'fails a task with fail=%s and does not bill it',
    async (fault) => {
      const sim = aSimulator()
      await submit(sim, `fail=${fault}`)
      await sim.advance(11_000)
      const isScenarioWord = fault === 'canceled' && words.failed === 'failure'
      const word = isScenarioWord ? 'canceled' : words.failed
      expect(await getStatus(sim)).toEqual({ status: 200, word, error: expect.any(String) })
      expect(await link(sim)).toBeUndefined()
      expect(sim.simulator.tasks()).toMatchObject([{ billedUsd: 0 }])
    },
  )

  it('returns an expired link first, and a valid one at the next poll', async () => {
    const sim = aSimulator()
    await submit(sim, 'link=expired')
    await sim.advance(11_000)
    const links = [await link(sim), await link(sim)]
    const statuses = await Promise.all(links.map(async (url) => (await sim.get(url)).status))
    expect(statuses).toEqual([403, 200])
  })

  it('serves a faulty body, and a large one', async () => {
    const sim = aSimulator()
    await submit(sim, 'body=bad-gateway*1, megabytes=2')
    await sim.advance(11_000)
    expect((await sim.get(await link(sim))).status).toBe(504)
    const bytes = await (await sim.get(await link(sim))).arrayBuffer()
    expect(bytes.byteLength).toBe(2_000_000)
  })

  it('runs for the given number of seconds', async () => {
    const sim = aSimulator()
    await submit(sim, 'seconds=60')
    await sim.advance(30_000)
    expect((await getStatus(sim)).word).toBe(words.running)
    await sim.advance(31_000)
    expect((await getStatus(sim)).word).toBe(words.made)
  })

  it.each(['early', 'announced', 'doubled+wrapped', 'array'])('ignores webhook=%s', async (webhook) => {
    const sim = aSimulator()
    await submit(sim, `webhook=${webhook}`)
    await sim.advance(10_999)
    expect((await getStatus(sim)).word).not.toBe(words.made)
    await sim.advance(1)
    expect((await getStatus(sim)).word).toBe(words.made)
    await sim.advance(600_000)
    expect(sim.webhooks).toEqual([])
  })

  it.each(['webhook=never', 'weather=rain', 'submit=418', 'poll', 'fail=some', 'webhook=early+late'])(
    'refuses the directive %s',
    async (directive) => {
      const sim = aSimulator()
      const { status, body } = await submit(sim, directive)
      expect([status, body.reason ?? body.message]).toEqual([400, expect.stringMatching(/^prompt: /)])
      expect(sim.simulator.tasks()).toHaveLength(0)
    },
  )
})
