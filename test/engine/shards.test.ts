/** Jobs in several databases: each in its own, whatever is asked about all of them. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { shardOf } from '../../src/core/id.ts'
import type { DatabaseBindings } from '../../src/store/shards.ts'
import { apiRequest } from '../support/api-call.ts'
import { maxConcurrentTasks } from '../support/limited.ts'
import { withDatabaseSize } from '../support/platform/database-size.ts'
import { aRequest, billsFor } from '../support/reelhook.ts'
import { deadQueue, fetchWith } from '../support/runtime.ts'
import { column, createShardedWorker, emptyShards, keysNamed, postWithKeys } from '../support/shards.ts'
import { world } from '../support/world.ts'

const tables = { jobs: 'id', tasks: 'job_id', outputs: 'job_id', deliveries: 'job_id', webhooks: 'job_id' }
const all = [0, 1, 2, 3]
const minutes = 60

beforeAll(emptyShards)

async function statusesOf(ids: string[]): Promise<unknown[]> {
  const statuses = await Promise.all(
    ids.map((id) => column(shardOf(id), 'SELECT status FROM jobs WHERE id = ?', id)),
  )
  return statuses.flat()
}

describe('with four databases', () => {
  it('every job ends in its own, and nothing of it is in another', async () => {
    const worker = createShardedWorker(4)
    const ids = await postWithKeys(worker, keysNamed('ends', 12))
    await worker.passSeconds(3 * minutes)
    expect(new Set(await statusesOf(ids))).toEqual(new Set(['succeeded']))
    expect(new Set(ids.map(shardOf))).toEqual(new Set(all))
    for (const [table, id] of Object.entries(tables)) {
      for (const shard of all) {
        const owners = (await column(shard, `SELECT DISTINCT ${id} FROM ${table}`)).map(String)
        expect(owners.filter((owner) => shardOf(owner) !== shard)).toEqual([])
      }
    }
    for (const id of ids) {
      expect(billsFor(id)).toHaveLength(1)
      expect(world.caller.receivedFor(id)).toHaveLength(1)
      expect((await worker.fetch(apiRequest('GET', `/v1/jobs/${id}`))).status).toBe(200)
    }
  })

  it('an id of a database that is not bound is not found', async () => {
    const [id = ''] = await postWithKeys(createShardedWorker(4), ['unbound 1'])
    expect(shardOf(id)).not.toBe(0)
    const response = await createShardedWorker(1).fetch(apiRequest('GET', `/v1/jobs/${id}`))
    expect(response.status).toBe(404)
  })

  it('a job is erased, and its rows are gone from its database', async () => {
    const worker = createShardedWorker(4)
    const ids = await postWithKeys(worker, keysNamed('erased', 4))
    await worker.passSeconds(3 * minutes)
    for (const id of ids) {
      expect((await worker.fetch(apiRequest('DELETE', `/v1/jobs/${id}`))).status).toBe(204)
      expect((await worker.fetch(apiRequest('GET', `/v1/jobs/${id}`))).status).toBe(404)
      expect(await column(shardOf(id), 'SELECT 1 FROM tasks WHERE job_id = ?', id)).toEqual([])
    }
  })

  it('a sweep that fails in one database does its work in the others', async () => {
    const worker = createShardedWorker(4)
    worker.databases[1]?.overload(Number.POSITIVE_INFINITY)
    const seen = world.logs.length
    await worker.sweep()
    const lines = world.logs.slice(seen)
    const swept = lines.flatMap(({ event, fields }) => (event === 'sweep.finished' ? [fields.shard] : []))
    expect(swept.sort()).toEqual([0, 2, 3])
    expect(lines).toContainEqual({
      event: 'cron.failed',
      fields: expect.objectContaining({ work: 'sweep' }),
    })
  })

  it.each([0, 1])(
    'a database in trouble (%i) stops no sweep, though jobs have slots and wait for them',
    async (shard) => {
      const worker = createShardedWorker(4, { RUNWARE_MAX_CONCURRENT: '2' })
      await postWithKeys(worker, keysNamed(`limited ${shard}`, 8))
      await worker.drain()
      worker.databases[shard]?.overload(Number.POSITIVE_INFINITY)
      const seen = world.logs.length
      await worker.sweep()
      const lines = world.logs.slice(seen)
      const swept = lines.flatMap(({ event, fields }) => (event === 'sweep.finished' ? [fields.shard] : []))
      expect(swept.sort()).toEqual(all.filter((other) => other !== shard))
    },
  )

  it('the calls of a load are spread over the databases', async () => {
    const calls = async (count: 1 | 4) => {
      const worker = createShardedWorker(count)
      const before = worker.databases.map((database) => database.calls())
      await postWithKeys(worker, keysNamed(`load of ${count}`, 24))
      await worker.drain()
      await worker.passSeconds(30)
      return worker.databases.map((database, n) => database.calls() - (before[n] ?? 0))
    }
    const [alone = 0] = await calls(1)
    const spread = await calls(4)
    expect(Math.max(...spread.slice(1))).toBeLessThan(alone * 0.5)
  })
})

describe('a growth from two databases to four', () => {
  it('lets the jobs in flight end where they are, finds them by their key, and buys nothing twice', async () => {
    const keys = keysNamed('growth', 10)
    const before = createShardedWorker(2)
    const ids = await postWithKeys(before, keys)
    await before.passSeconds(2)
    const after = createShardedWorker(4)
    expect(await postWithKeys(after, keys)).toEqual(ids)
    const newIds = await postWithKeys(after, keysNamed('grown', 16))
    expect(new Set(ids.map(shardOf))).toEqual(new Set([0, 1]))
    expect(new Set(newIds.map(shardOf))).toEqual(new Set(all))
    await after.passSeconds(5 * minutes)
    expect(await postWithKeys(after, keys)).toEqual(ids)
    expect(new Set(await statusesOf([...ids, ...newIds]))).toEqual(new Set(['succeeded']))
    for (const id of [...ids, ...newIds]) expect(billsFor(id)).toHaveLength(1)
  })
})

describe('a full database', () => {
  /** Two databases with these shares of the limit. */
  function sized(one: number, other: number) {
    const databases = [withDatabaseSize(env.DB, one), withDatabaseSize(env.SHARD_1, other)] as const
    const [first, second] = databases
    const bindings: Partial<Env & DatabaseBindings> = {
      DB: first.binding,
      DB_1: second.binding,
      JOBS: deadQueue,
    }
    return {
      databases,
      post: (key: string) =>
        fetchWith(bindings, apiRequest('POST', '/v1/jobs', aRequest(), { 'idempotency-key': key })),
    }
  }

  it('takes no new jobs while another has room, and a repeated post finds its job in either', async () => {
    const { databases, post } = sized(0.95, 0.5)
    const keys = keysNamed('full', 8)
    const idsOf = async () => {
      const ids: string[] = []
      for (const key of keys) ids.push((await (await post(key)).json<{ id: string }>()).id)
      return ids
    }
    const ids = await idsOf()
    expect(new Set(ids.map(shardOf))).toEqual(new Set([1]))
    databases[0].setShare(0.5)
    expect(await idsOf()).toEqual(ids)
  })

  it('is a reason to refuse only if the others are full too', async () => {
    const { post } = sized(0.95, 0.91)
    const response = await post('refused')
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([507, 'database_full'])
  })
})

describe('a limit of running tasks', () => {
  it('holds for the jobs of all databases together', async () => {
    const worker = createShardedWorker(4, { RUNWARE_MAX_CONCURRENT: '2' })
    const ids = await postWithKeys(worker, keysNamed('limited', 8), {
      prompt: 'A paper boat sim(seconds=40)',
    })
    await worker.passSeconds(10 * minutes)
    expect(new Set(await statusesOf(ids))).toEqual(new Set(['succeeded']))
    expect(maxConcurrentTasks(ids)).toBe(2)
    for (const id of ids) expect(billsFor(id)).toHaveLength(1)
    expect(await column(0, 'SELECT job_id FROM slots')).toEqual([])
    expect(await column(0, 'SELECT job_id FROM waits')).toEqual([])
  })
})
