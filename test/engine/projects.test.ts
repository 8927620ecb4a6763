/** What a project costs, and a project whose jobs are in several databases. */
import { describe, expect, it } from 'vitest'
import { shardOf } from '../../src/core/id.ts'
import { apiRequest } from '../support/api-call.ts'
import { bearerHeader, type NewApiKey } from '../support/api-keys.ts'
import { createMeteredWorker, type MeteredWorker } from '../support/meter.ts'
import { aKeyOf } from '../support/projects.ts'
import { aRequest } from '../support/reelhook.ts'
import { createShardedWorker, emptyShards } from '../support/shards.ts'

async function postAs(worker: MeteredWorker, key: NewApiKey, once: string): Promise<string> {
  const body = aRequest({ callback_secret: undefined, prompt: 'A paper boat sim(submit=402)' })
  const headers = { ...bearerHeader(key), 'idempotency-key': once }
  const response = await worker.fetch(apiRequest('POST', '/v1/jobs', body, headers))
  return (await response.json<{ id: string }>()).id
}

async function get<T>(worker: MeteredWorker, path: string, key: NewApiKey): Promise<T> {
  return (await worker.fetch(apiRequest('GET', path, undefined, bearerHeader(key)))).json<T>()
}

describe('a job of a project', () => {
  it('writes a row more for itself and one for its delivery, and takes no round trip more', async () => {
    const worker = createMeteredWorker()
    const costOf = async (key: NewApiKey) => {
      await postAs(worker, key, 'first')
      await worker.drain()
      const before = worker.bill()
      await postAs(worker, key, 'second')
      await worker.drain()
      const after = worker.bill()
      return {
        rowsWritten: after.rowsWritten - before.rowsWritten,
        roundTrips: after.roundTrips - before.roundTrips,
      }
    }
    const plain = await costOf(await aKeyOf(null))
    const ofProject = await costOf(await aKeyOf('shop'))
    expect(ofProject).toEqual({ rowsWritten: plain.rowsWritten + 2, roundTrips: plain.roundTrips })
  })
})

describe('a project with four databases', () => {
  it('has its jobs, deliveries and statistics from all of them', async () => {
    await emptyShards()
    const worker = createShardedWorker(4)
    const [shop, film] = [await aKeyOf('shop'), await aKeyOf('film')]
    const ids: string[] = []
    for (let n = 0; n < 8; n++) {
      ids.push(await postAs(worker, shop, `one of the shop ${n}`))
      await postAs(worker, film, `one of the film ${n}`)
    }
    await worker.passSeconds(60)
    expect(new Set(ids.map(shardOf)).size).toBeGreaterThan(1)

    const { data: jobs } = await get<{ data: { id: string }[] }>(worker, '/v1/jobs', shop)
    const newestFirst = ids.toSorted().toReversed()
    expect(jobs.map(({ id }) => id)).toEqual(newestFirst)
    const deliveries = await get<{ data: { job_id: string }[] }>(worker, '/v1/deliveries', shop)
    expect(new Set(deliveries.data.map(({ job_id }) => job_id))).toEqual(new Set(ids))
    expect(await get(worker, '/v1/stats', shop)).toMatchObject({
      jobs: [{ provider: 'runware', status: 'failed', count: 8 }],
    })
    const [id = ''] = ids
    const foreign = await worker.fetch(apiRequest('GET', `/v1/jobs/${id}`, undefined, bearerHeader(film)))
    expect(foreign.status).toBe(404)
  })
})
