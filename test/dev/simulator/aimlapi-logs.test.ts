import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '../../../src/dev/simulator/simulator.ts'
import { aGeneration, aSimulator, generations, type TestSimulator } from './a-simulator.ts'

const fast = 'bytedance/seedance-2-0-fast'

async function submitAll(sim: TestSimulator, ids: string[], overrides = {}): Promise<void> {
  for (const id of ids) {
    await sim.aimlapi(generations, aGeneration(overrides), { 'x-client-request-id': id })
    await sim.advance(100)
  }
}

const idsOf = async ({ aimlapi }: TestSimulator, query: string) => {
  const { data } = (await aimlapi(`logs?${query}`)).body
  return data.map((row: { client_request_id: string }) => row.client_request_id)
}

describe('the log of requests', () => {
  it('has a row for a generation immediately, and its cost at the end', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['mine'])
    const [task] = sim.simulator.tasks()
    const row = {
      created: '2026-01-01T00:00:00.000Z',
      status: 'succeeded',
      origin: 'api',
      model: 'bytedance/dreamina-seedance-2-0-mini',
      cost: { usd: 0, credits: 0 },
      tokens: { input: 0, output: 0, total: 0 },
      request_id: expect.any(String),
      inference_id: task?.taskId,
      client_request_id: 'mine',
    }
    const pagination = { limit: 50, offset: 0, total: 1, has_more: false }
    expect((await sim.aimlapi('logs?period=24h')).body).toEqual({ data: [row], pagination })
    await sim.advance(11_000)
    const [ended] = (await sim.aimlapi('logs?period=24h')).body.data
    expect(ended).toEqual({ ...row, cost: { usd: 0.06, credits: 120000 } })
  })

  it('shows the newest first, page by page', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['one', 'two', 'three'])
    expect(await idsOf(sim, 'period=1d')).toEqual(['three', 'two', 'one'])
    expect(await idsOf(sim, 'period=1d&limit=2&offset=1')).toEqual(['two', 'one'])
    const { pagination } = (await sim.aimlapi('logs?period=1d&limit=2')).body
    expect(pagination).toEqual({ limit: 2, offset: 0, total: 3, has_more: true })
  })

  it('filters by time window, model and outcome', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['old'])
    await sim.advance(2 * 3_600_000)
    await submitAll(sim, ['failed'], { prompt: 'boat sim(fail=provider, seconds=0)' })
    await submitAll(sim, ['fast'], { model: fast })
    await sim.advance(1000)
    expect(await idsOf(sim, 'period=1h')).toEqual(['fast', 'failed'])
    expect(await idsOf(sim, 'start=2026-01-01T00:00:00&end=2026-01-01T02:00:00%2B01:00')).toEqual(['old'])
    expect(await idsOf(sim, 'period=1d&model=seedance-2-0-fast')).toEqual(['fast'])
    expect(await idsOf(sim, `period=1d&status=failed&model=${fast}`)).toEqual([])
    expect(await idsOf(sim, 'period=1d&status=failed')).toEqual(['failed'])
    expect(await idsOf(sim, 'period=1d&status=failed&status=succeeded')).toHaveLength(3)
  })

  it('does not filter by client request id', async () => {
    const sim = aSimulator()
    await submitAll(sim, ['mine', 'theirs'])
    expect(await idsOf(sim, 'period=1h&client_request_id=mine')).toEqual(['theirs', 'mine'])
  })

  it.each([
    '',
    'client_request_id=mine',
    'period=7',
    'period=93d',
    'period=1h&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z',
    'start=2026-01-01T00:00:00Z',
    'start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z',
    'start=yesterday&end=today',
    'period=1h&limit=101',
    'period=1h&status=succeeded,failed',
  ])('refuses %j', async (query) => {
    expect(await aSimulator().aimlapi(`logs?${query}`)).toMatchObject({
      status: 400,
      body: { path: '/v2/logs' },
    })
  })

  it('shows the row late or never, by directive', async () => {
    const sim = aSimulator()
    await sim.aimlapi(generations, aGeneration({ prompt: 'boat sim(log=never)' }))
    await submitAll(sim, ['late'], { prompt: 'boat sim(log=late, seconds=1500)' })
    await sim.advance(1_500_000)
    expect(await idsOf(sim, 'period=1h')).toEqual([])
    await sim.advance(2_000)
    expect(await idsOf(sim, 'period=1h')).toEqual(['late'])
  })

  it('shows whether a lost submit was accepted', async () => {
    const sim = aSimulator()
    const lose = (directive: string, mine: string) =>
      sim.aimlapi(generations, aGeneration({ prompt: `boat sim(submit=${directive})` }), {
        'x-client-request-id': mine,
      })
    await expect(lose('lost-after', 'arrived')).rejects.toThrow(ConnectionLost)
    await expect(lose('reset-before', 'never')).rejects.toThrow(ConnectionLost)
    expect((await lose('500-after', 'broken')).status).toBe(500)
    expect(await idsOf(sim, 'period=1h')).toEqual(['broken', 'arrived'])
  })
})
