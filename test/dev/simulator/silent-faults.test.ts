/** The faults of the two providers that ring nobody. */
import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import {
  aGeneration,
  aScenarioJob,
  aSimulator,
  generations,
  type Stand,
  scenarioMini,
} from './a-simulator.ts'

const scenario = {
  submit: (stand: Stand, directive: string) =>
    stand.scenario(scenarioMini, aScenarioJob({ prompt: `a paper boat sim(${directive})` })),
  look: async (stand: Stand) => {
    const { status, body } = await stand.scenario(`jobs/${stand.simulator.tasks()[0]?.taskId}`)
    return { status, word: body.job?.status, error: body.job?.metadata.error }
  },
  link: async (stand: Stand) => {
    const [output] = stand.simulator.tasks()[0]?.outputs ?? []
    return (await stand.scenario(`assets/${output?.outputId}`)).body.asset?.url
  },
}

const aimlapi = {
  submit: (stand: Stand, directive: string) =>
    stand.aimlapi(generations, aGeneration({ prompt: `a paper boat sim(${directive})` })),
  look: async (stand: Stand) => {
    const id = stand.simulator.tasks()[0]?.taskId
    const { status, body } = await stand.aimlapi(`${generations}?generation_id=${id}`)
    return { status, word: body.status, error: body.error?.message }
  },
  link: async (stand: Stand) => {
    const id = stand.simulator.tasks()[0]?.taskId
    return (await stand.aimlapi(`${generations}?generation_id=${id}`)).body.video?.url
  },
}

describe.each([
  ['Scenario', scenario, { accepted: 200, made: 'success', running: 'in-progress', failed: 'failure' }],
  ['AI/ML API', aimlapi, { accepted: 201, made: 'completed', running: 'generating', failed: 'error' }],
])('%s, on request,', (_, { submit, look, link }, words) => {
  it.each(['429', '402', '403', '455', '503', '505', '500-before'])(
    'refuses with submit=%s and bills nothing',
    async (fault) => {
      const stand = aSimulator()
      for (const _ of [1, 2, 3]) {
        expect((await submit(stand, `submit=${fault}`)).status).toBeGreaterThanOrEqual(400)
      }
      expect(stand.simulator.tasks()).toHaveLength(0)
    },
  )

  it('lets in after as many tries as were asked for', async () => {
    const stand = aSimulator()
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await submit(stand, 'submit=429*2')).status)
    expect(statuses).toEqual([429, 429, words.accepted])
    expect(stand.simulator.tasks()).toHaveLength(1)
  })

  it('breaks the connection before, which costs nothing', async () => {
    const stand = aSimulator()
    await expect(submit(stand, 'submit=reset-before')).rejects.toThrow(ConnectionLost)
    expect(stand.simulator.tasks()).toHaveLength(0)
  })

  it('breaks the connection after, which is billed, and each time again', async () => {
    const stand = aSimulator()
    await expect(submit(stand, 'submit=lost-after*1')).rejects.toThrow(ConnectionLost)
    expect(stand.simulator.tasks()).toHaveLength(1)
    expect((await submit(stand, 'submit=lost-after*1')).status).toBe(words.accepted)
    expect(stand.simulator.tasks()).toHaveLength(2)
    await stand.advance(11_000)
    expect((await look(stand)).word).toBe(words.made)
  })

  it('answers a 500 to a submit that is billed', async () => {
    const stand = aSimulator()
    expect((await submit(stand, 'submit=500-after')).status).toBe(500)
    expect(stand.simulator.tasks()).toHaveLength(1)
  })

  it.each([
    ['500*3', [500, 500, 500, 200]],
    ['404*2', [404, 404, 200, 200]],
    ['odd*2', [200, 200, 200, 200]],
  ])('answers poll=%s in the end', async (fault, expected) => {
    const stand = aSimulator()
    await submit(stand, `poll=${fault}`)
    await stand.advance(11_000)
    const statuses: number[] = []
    for (const _ of expected) statuses.push((await look(stand)).status)
    expect(statuses).toEqual(expected)
    expect((await look(stand)).word).toBe(words.made)
  })

  it.each(['400', '409', '422', '455', '502'])('refuses a question with poll=%s*1', async (status) => {
    const stand = aSimulator()
    await submit(stand, `poll=${status}*1`)
    expect((await look(stand)).status).toBe(Number(status))
    expect((await look(stand)).status).toBe(200)
  })

  it('says once of a task that goes on that it has failed', async () => {
    const stand = aSimulator()
    await submit(stand, 'poll=failed*1')
    expect((await look(stand)).word).toBe(words.failed)
    await stand.advance(11_000)
    expect((await look(stand)).word).toBe(words.made)
  })

  it('answers once without the task', async () => {
    const stand = aSimulator()
    await submit(stand, 'poll=empty*1')
    expect(await look(stand)).toMatchObject({ status: 200, word: undefined })
  })

  it('has made a video that cannot be found with link=missing', async () => {
    const stand = aSimulator()
    await submit(stand, 'link=missing')
    await stand.advance(11_000)
    expect((await look(stand)).word).toBe(words.made)
    const url = await link(stand)
    expect(url === undefined ? 404 : (await stand.get(url)).status).toBe(404)
  })

  it('says a word nobody knows', async () => {
    const stand = aSimulator()
    await submit(stand, 'poll=odd')
    expect((await look(stand)).word).toBe('reticulating')
  })

  it.each(['moderated', 'provider', 'timeout', 'canceled'])('fails with fail=%s, unbilled', async (fault) => {
    const stand = aSimulator()
    await submit(stand, `fail=${fault}`)
    await stand.advance(11_000)
    const isScenarioWord = fault === 'canceled' && words.failed === 'failure'
    const word = isScenarioWord ? 'canceled' : words.failed
    expect(await look(stand)).toEqual({ status: 200, word, error: expect.any(String) })
    expect(await link(stand)).toBeUndefined()
    expect(stand.simulator.tasks()).toMatchObject([{ billedUsd: 0 }])
  })

  it('hands out a link that is dead on arrival, and a good one when asked again', async () => {
    const stand = aSimulator()
    await submit(stand, 'link=expired')
    await stand.advance(11_000)
    const links = [await link(stand), await link(stand)]
    const statuses = await Promise.all(links.map(async (url) => (await stand.get(url)).status))
    expect(statuses).toEqual([403, 200])
  })

  it('serves a bad body, and a large one', async () => {
    const stand = aSimulator()
    await submit(stand, 'body=bad-gateway*1, megabytes=2')
    await stand.advance(11_000)
    expect((await stand.get(await link(stand))).status).toBe(504)
    const bytes = await (await stand.get(await link(stand))).arrayBuffer()
    expect(bytes.byteLength).toBe(2_000_000)
  })

  it('takes as long as it is told', async () => {
    const stand = aSimulator()
    await submit(stand, 'seconds=60')
    await stand.advance(30_000)
    expect((await look(stand)).word).toBe(words.running)
    await stand.advance(31_000)
    expect((await look(stand)).word).toBe(words.made)
  })

  it.each(['early', 'announced', 'doubled+wrapped', 'array'])(
    'rings nobody, whatever webhook=%s asks for, and takes its time',
    async (webhook) => {
      const stand = aSimulator()
      await submit(stand, `webhook=${webhook}`)
      await stand.advance(10_999)
      expect((await look(stand)).word).not.toBe(words.made)
      await stand.advance(1)
      expect((await look(stand)).word).toBe(words.made)
      await stand.advance(600_000)
      expect(stand.heard).toEqual([])
    },
  )

  it.each(['webhook=never', 'weather=rain', 'submit=418', 'poll', 'fail=some', 'webhook=early+late'])(
    'does not understand %s',
    async (directive) => {
      const stand = aSimulator()
      const { status, body } = await submit(stand, directive)
      expect([status, body.reason ?? body.message]).toEqual([400, expect.stringMatching(/^prompt: /)])
      expect(stand.simulator.tasks()).toHaveLength(0)
    },
  )
})
