/** Purging erased files from the cache in front of the Worker, which Cloudflare limits to 5 purges a minute. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { erase } from '../../../src/engine/upkeep/erase.ts'
import { aDataUri, anAsset } from '../../support/assets.ts'
import { pauseWork } from '../../support/hold-step.ts'
import { canceled } from '../../support/job-calls.ts'
import { createLimitedCache, type LimitedCache } from '../../support/platform/cache-purge.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, postJob, sweep } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aNotifiedVideo, insertDueErasures, untilDelivered } from '../../support/retention.ts'
import { fetchWith, sweepWith } from '../../support/runtime.ts'
import { countRows, objectKeys, select } from '../../support/storage.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const minute = 60_000

let cache: LimitedCache

beforeEach(async () => {
  for (const table of ['jobs', 'purges']) await select(`DELETE FROM ${table}`)
  cache = createLimitedCache(world.edges.now)
})

async function passMinutes(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await world.advance(minute)
    await sweepWith(cache)
  }
}

/** Deletes with the cache in front of the Worker. */
function remove(path: string, bindings: Partial<Env> = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
  return fetchWith(bindings, new Request(`${publicBaseUrl}${path}`, { method: 'DELETE', headers }), cache)
}

/** Uses up what the account may purge now. */
async function exhaust(): Promise<void> {
  while ((await cache.purge({ tags: ['of another Worker'] })).success);
  cache.purges.length = 0
}

async function insertTags(count: number): Promise<void> {
  const tags = Array.from({ length: count }, (_, n) => `job_${n}`)
  await select(
    'INSERT INTO purges (created_at, tag) SELECT key, value FROM json_each(?)',
    JSON.stringify(tags),
  )
}

const waiting = () => countRows('purges')
const rowsOf = (ids: string[]) =>
  countRows('jobs', 'id IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
const notPurged = (ids: string[]) => {
  const purged = new Set(cache.purges.flat())
  return ids.filter((id) => !purged.has(id))
}

describe('many erasures that are due at once', () => {
  it('are concluded and purged within minutes, and do not hold up those that are due later', async () => {
    const first = await insertDueErasures(300, 'with a video')
    await passMinutes(1)
    expect(await rowsOf(first)).toBe(0)
    expect(notPurged(first)).toEqual([])
    expect(cache.purges.map(({ length }) => length)).toEqual([100, 100, 100])
    const second = await insertDueErasures(50, 'with a video')
    await passMinutes(1)
    expect(await rowsOf(second)).toBe(0)
    expect(notPurged(second)).toEqual([])
    expect(cache.refusals()).toBe(0)
  }, 60_000)

  it('are concluded while no purge is possible', async () => {
    await exhaust()
    const ids = await insertDueErasures(150, 'with a video')
    await sweepWith(cache)
    expect(await rowsOf(ids)).toBe(0)
    expect(notPurged(ids)).toHaveLength(150)
    await passMinutes(1)
    expect(notPurged(ids)).toEqual([])
    expect(await waiting()).toBe(0)
  }, 60_000)
})

describe('many deletions of assets in a row', () => {
  it('all succeed, and are purged by the next sweep', async () => {
    const ids: string[] = []
    for (let n = 0; n < 30; n++) ids.push((await anAsset()).id)
    const statuses: number[] = []
    for (const id of ids) statuses.push((await remove(`/v1/assets/${id}`)).status)
    expect(statuses).toEqual(ids.map(() => 204))
    expect(cache.purges).toEqual([])
    await passMinutes(1)
    expect(cache.purges).toEqual([ids.toSorted()])
  })
})

describe('a purge of the cache', () => {
  it('follows the erasure of a job with a video, at the next sweep', async () => {
    const id = await aNotifiedVideo()
    expect((await remove(`/v1/jobs/${id}`)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
    expect(cache.purges).toEqual([])
    await sweepWith(cache)
    expect(cache.purges).toEqual([[id]])
    expect(await waiting()).toBe(0)
  })

  it('follows the erasure of a job with an embedded file, although it has no video', async () => {
    const { id } = await postJob({ first_frame: aDataUri('image/png') })
    await canceled(id)
    await untilDelivered(id)
    expect((await remove(`/v1/jobs/${id}`)).status).toBe(204)
    await sweepWith(cache)
    expect(cache.purges).toEqual([[id]])
  })

  it('is not needed for a job without a stored file', async () => {
    const ids = await insertDueErasures(3, 'empty')
    await passMinutes(1)
    expect(await rowsOf(ids)).toBe(0)
    expect(cache.purges).toEqual([])
  })

  it('is not needed without a cache in front of the Worker: nothing accumulates', async () => {
    const ids = await insertDueErasures(3, 'with a video')
    await sweep()
    expect([await rowsOf(ids), await waiting()]).toEqual([0, 0])
  })

  it('takes 100 tags, and a sweep makes four, the oldest tags first', async () => {
    await insertTags(450)
    await sweepWith(cache)
    expect(cache.purges.map((tags) => [tags.length, tags[0], tags.at(-1)])).toEqual([
      [100, 'job_0', 'job_99'],
      [100, 'job_100', 'job_199'],
      [100, 'job_200', 'job_299'],
      [100, 'job_300', 'job_399'],
    ])
    expect(await waiting()).toBe(50)
    await passMinutes(1)
    expect(cache.purges.flat()).toHaveLength(450)
  })

  it('that is refused is repeated by each sweep until it succeeds, once per sweep', async () => {
    await exhaust()
    await insertTags(250)
    const refusals = cache.refusals()
    await sweepWith(cache)
    await sweepWith(cache)
    expect(cache.refusals()).toBe(refusals + 2)
    expect(await waiting()).toBe(250)
    await passMinutes(1)
    expect(cache.purges.map(({ length }) => length)).toEqual([100, 100, 50])
    expect(await waiting()).toBe(0)
  })

  it('that fails is repeated by the next sweep, and does not stop other work', async () => {
    await insertTags(1)
    await sweepWith({ purge: () => Promise.reject(new Error('the cache is down')) })
    expect(world.logs).toContainEqual({
      event: 'cron.failed',
      fields: { work: 'purgeErased', error: 'Error: the cache is down' },
    })
    await sweepWith(cache)
    expect(cache.purges).toEqual([['job_0']])
  })
})

describe('a crash', () => {
  it('between the commit of an erasure and its end loses no tag', async () => {
    const id = await aNotifiedVideo()
    const order = { reason: 'request', pendingDeliveries: 'wait', project: null } as const
    // An erasure reads the job and commits; this one goes no further.
    const dead = await pauseWork(
      { commit: 2, when: 'after' },
      async (context) => void (await erase(context, id, order)),
    )
    await sweepWith(cache)
    expect(cache.purges).toEqual([[id]])
    expect(await leftOf(id)).toEqual(nothing)
    await dead.resume()
  })

  it('between a purge and the removal of its tags repeats the purge', async () => {
    await insertTags(2)
    const DB = new Proxy(env.DB, {
      get(database, name) {
        const value = Reflect.get(database, name)
        if (name !== 'prepare') return typeof value === 'function' ? value.bind(database) : value
        return (sql: string) => {
          if (sql.startsWith('delete from "purges"')) throw new Error('D1 is down')
          return database.prepare(sql)
        }
      },
    })
    await sweepWith(cache, { DB })
    await sweepWith(cache)
    expect(cache.purges).toEqual([
      ['job_0', 'job_1'],
      ['job_0', 'job_1'],
    ])
    expect(await waiting()).toBe(0)
  })

  it('between the row of an asset and its object leaves no row without an object, and loses no tag', async () => {
    const { id } = await anAsset()
    const BUCKET = new Proxy(env.BUCKET, {
      get(bucket, name) {
        if (name === 'delete') return () => Promise.reject(new Error('R2 is down'))
        const value = Reflect.get(bucket, name)
        return typeof value === 'function' ? value.bind(bucket) : value
      },
    })
    expect((await remove(`/v1/assets/${id}`, { BUCKET })).status).toBe(500)
    await expectProblem(await api(`/v1/assets/${id}`), 404, 'not_found')
    expect(await objectKeys(`assets/${id}`)).toHaveLength(1)
    expect((await remove(`/v1/assets/${id}`)).status).toBe(204)
    expect(await objectKeys(`assets/${id}`)).toEqual([])
    await sweepWith(cache)
    expect(cache.purges).toEqual([[id]])
  })
})
