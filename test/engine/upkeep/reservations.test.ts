/** A reservation of a budget is closed once, whatever happens between the end of its job and the closing. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/core/id.ts'
import { monthOf } from '../../../src/core/job/spending.ts'
import { closeOverdueReservations } from '../../../src/engine/upkeep/reservations.ts'
import { overdueReservations } from '../../../src/store/spending.ts'
import { apiRequest } from '../../support/api-call.ts'
import { bearerHeader, createApiKey, type NewApiKey } from '../../support/api-keys.ts'
import { aDataUri } from '../../support/assets.ts'
import { jobUsd, keyWithBudget, spentBy } from '../../support/budget.ts'
import { erase } from '../../support/job-calls.ts'
import { receiveWebhooks } from '../../support/limited.ts'
import { createMeteredWorker, type MeteredWorker } from '../../support/meter.ts'
import { untilMonthStarts } from '../../support/minutes.ts'
import { fullMessage } from '../../support/platform/database.ts'
import { aRequest, getJob } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'
import { createShardedWorker, emptyShards } from '../../support/shards.ts'
import { countRows, select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

/** A worker on a database that fails at the statements with this text. */
function aWorkerThatFailsAt(text: string): MeteredWorker {
  const DB = new Proxy(env.DB, {
    get(database, name) {
      if (name === 'prepare')
        return (sql: string) => database.prepare(sql.includes(text) ? 'SELECT no_such_column' : sql)
      const value = Reflect.get(database, name)
      return typeof value === 'function' ? value.bind(database) : value
    },
  })
  return createMeteredWorker({}, DB)
}

/** A worker on a database that has no room for a job. */
function aWorkerWithoutRoom(): MeteredWorker {
  let isFull = false
  const DB = new Proxy(env.DB, {
    get(database, name) {
      if (name === 'prepare')
        return (sql: string) => {
          isFull ||= sql.includes('insert into "jobs"')
          return database.prepare(sql)
        }
      if (name === 'batch' && isFull)
        return async () => {
          isFull = false
          throw new Error(fullMessage)
        }
      const value = Reflect.get(database, name)
      return typeof value === 'function' ? value.bind(database) : value
    },
  })
  return createMeteredWorker({}, DB)
}

/** A worker whose bucket takes no object. */
function aWorkerWithoutBucket(): MeteredWorker {
  const BUCKET = new Proxy(env.BUCKET, {
    get(bucket, name) {
      if (name === 'put') return async () => Promise.reject(new Error('R2 does not respond'))
      const value = Reflect.get(bucket, name)
      return typeof value === 'function' ? value.bind(bucket) : value
    },
  })
  return createMeteredWorker({ BUCKET })
}

function postTo(worker: MeteredWorker, key: NewApiKey, overrides: Record<string, unknown> = {}) {
  const body = aRequest({ callback_secret: undefined, ...overrides })
  return worker.fetch(apiRequest('POST', '/v1/jobs', body, bearerHeader(key)))
}

async function acceptedBy(...parts: Parameters<typeof postTo>): Promise<string> {
  const response = await postTo(...parts)
  expect(response.status, await response.clone().text()).toBe(202)
  return (await response.json<{ id: string }>()).id
}

/** Looks at the overdue reservations, at the next full ten minutes after these. */
async function lookAfter(ms: number): Promise<void> {
  const lookEveryMs = 10 * minutes
  const at = Math.ceil((world.edges.now() + ms) / lookEveryMs) * lookEveryMs
  await world.advance(at - world.edges.now())
  await closeOverdueReservations(aContext())
}

/** A job that has ended, and whose reservation was not closed. */
async function unclosedJob(key: NewApiKey): Promise<string> {
  const worker = aWorkerThatFailsAt('delete from "reservations"')
  receiveWebhooks(worker)
  const id = await acceptedBy(worker, key)
  await worker.passSeconds(60)
  expect(await getJob(id)).toMatchObject({ status: 'succeeded', cost: { source: 'provider' } })
  expect(await countRows('reservations', 'job_id = ?', id)).toBe(1)
  return id
}

/** Reservations of jobs that were never inserted, due at these times. Returns the ids of the jobs. */
async function insertReservations(key: NewApiKey, dueAt: number[]): Promise<string[]> {
  const ids = dueAt.map(() => newId('job'))
  const rows = JSON.stringify(ids.map((id, n) => [id, dueAt[n]]))
  await select(
    'INSERT INTO reservations SELECT ?, ?, value ->> 0, 1, value ->> 1 FROM json_each(?)',
    key.id,
    monthOf(world.edges.now()),
    rows,
  )
  return ids
}

async function costOf(id: string): Promise<number> {
  return (await getJob(id)).cost?.amount_usd ?? Number.NaN
}

beforeAll(untilMonthStarts)

describe('a crash between the end of a job and the closing', () => {
  it('is noted, and repaired by a later sweep with the actual cost', async () => {
    const key = await keyWithBudget(1)
    const id = await unclosedJob(key)
    expect(world.logs).toContainEqual({
      event: 'reservation.left',
      fields: expect.objectContaining({ job_id: id }),
    })
    expect(await spentBy(key)).toBe(jobUsd)
    await lookAfter(10 * minutes)
    expect(await countRows('reservations', 'job_id = ?', id)).toBe(0)
    const spent = await spentBy(key)
    expect(spent).toBe(await costOf(id))
    await lookAfter(60 * minutes)
    expect(await countRows('spending', 'micros = ?', Math.round(spent * 1_000_000))).toBe(1)
  })

  it('is repaired by the erasure of the job, before its cost is gone', async () => {
    const key = await keyWithBudget(1)
    const id = await unclosedJob(key)
    const cost = await costOf(id)
    expect((await erase(id, '?force=true')).status).toBe(204)
    expect(await spentBy(key)).toBe(cost)
  })

  it('counts the reserved amount if the job is damaged', async () => {
    const key = await keyWithBudget(1)
    const id = await unclosedJob(key)
    await select("UPDATE jobs SET estimates = '{' WHERE id = ?", id)
    await lookAfter(10 * minutes)
    expect(await countRows('spending', 'api_key_id = ? AND micros = 180000', key.id)).toBe(1)
  })

  it('counts the reserved amount if only the row of an erased job is left', async () => {
    const key = await keyWithBudget(1)
    const id = await unclosedJob(key)
    await select('UPDATE jobs SET erased_at = 1, erase_at = NULL WHERE id = ?', id)
    await lookAfter(10 * minutes)
    expect(await countRows('spending', 'api_key_id = ? AND micros = 180000', key.id)).toBe(1)
  })
})

describe('a reservation', () => {
  it('of a job that was never inserted is released', async () => {
    const key = await keyWithBudget(jobUsd)
    const worker = aWorkerThatFailsAt('insert into "jobs"')
    expect((await postTo(worker, key)).status).toBe(500)
    expect(await spentBy(key)).toBe(jobUsd)
    await lookAfter(10 * minutes)
    expect(await spentBy(key)).toBe(0)
    expect(await countRows('spending', 'api_key_id = ?', key.id)).toBe(0)
  })

  it('of a job whose media could not be stored is released at once', async () => {
    const key = await keyWithBudget(jobUsd)
    const overrides = { first_frame: aDataUri('image/png') }
    expect((await postTo(aWorkerWithoutBucket(), key, overrides)).status).toBe(500)
    expect(await spentBy(key)).toBe(0)
  })

  it('of a job for which the database has no room is released at once', async () => {
    const key = await keyWithBudget(jobUsd)
    expect((await postTo(aWorkerWithoutRoom(), key)).status).toBe(507)
    expect(await spentBy(key)).toBe(0)
  })

  it('that is overdue is closed at the next look, however many others are', async () => {
    const key = await keyWithBudget(1)
    const nowMs = world.edges.now()
    await insertReservations(key, Array(130).fill(nowMs))
    await lookAfter(0)
    expect(await countRows('reservations', 'api_key_id = ?', key.id)).toBe(0)
  })

  it('that is overdue for the longest is looked at first', async () => {
    const key = await keyWithBudget(1)
    const nowMs = world.edges.now()
    const ids = await insertReservations(key, [nowMs - 1, nowMs - 3, nowMs - 2])
    const overdue = await overdueReservations(aContext().db, nowMs, 1_000)
    const [last, first, second] = ids
    const own = overdue.map(({ jobId }) => jobId).filter((id) => ids.includes(id))
    expect(own).toEqual([first, second, last])
  })

  it('of a job that has not ended stays, and is looked at an hour later', async () => {
    const key = await keyWithBudget(1)
    const id = await acceptedBy(createMeteredWorker(), key)
    await lookAfter(10 * minutes)
    const [row] = await select<{ due_at: number }>('SELECT due_at FROM reservations WHERE job_id = ?', id)
    expect(row?.due_at).toBe(world.edges.now() + 60 * minutes)
  })

  it('is not looked for between full ten minutes', async () => {
    await lookAfter(0)
    await world.advance(minutes)
    const worker = createMeteredWorker()
    await closeOverdueReservations(aContext({}, worker.bindings))
    expect(worker.bill().roundTrips).toBe(0)
  })
})

describe('a budget', () => {
  it('costs two round trips more than a job without one, and two rows more if nothing was bought', async () => {
    const worker = createMeteredWorker()
    const costWith = async (key: NewApiKey) => {
      const before = worker.bill()
      const id = await acceptedBy(worker, key)
      expect((await worker.fetch(apiRequest('POST', `/v1/jobs/${id}/cancel`))).status).toBe(200)
      const { rowsWritten, roundTrips } = worker.bill()
      return [rowsWritten - before.rowsWritten, roundTrips - before.roundTrips]
    }
    await costWith(await createApiKey())
    const [rows = 0, trips = 0] = await costWith(await createApiKey())
    expect(await costWith(await keyWithBudget(1))).toEqual([rows + 2, trips + 2])
  })
})

describe('a database that does not respond', () => {
  it('accepts nothing that was not reserved', async () => {
    const key = await keyWithBudget(jobUsd)
    const jobs = await countRows('jobs')
    const worker = aWorkerThatFailsAt('insert into "reservations"')
    expect((await postTo(worker, key)).status).toBe(500)
    expect(await countRows('jobs')).toBe(jobs)
    expect(await spentBy(key)).toBe(0)
  })
})

describe('with two databases', () => {
  beforeAll(emptyShards)

  it('the budget of a key is exact, and each job is corrected once', async () => {
    const key = await keyWithBudget(5 * jobUsd)
    const worker = createShardedWorker(2)
    const responses = await Promise.all(Array.from({ length: 12 }, () => postTo(worker, key)))
    expect(responses.filter(({ status }) => status === 202)).toHaveLength(5)
    expect(responses.filter(({ status }) => status === 402)).toHaveLength(7)
    await worker.passSeconds(120)
    expect(await countRows('reservations')).toBe(0)
    const shown = await worker.fetch(apiRequest('GET', `/v1/api-keys/${key.id}`))
    const { data } = await (
      await worker.fetch(apiRequest('GET', '/v1/jobs', undefined, bearerHeader(key)))
    ).json<{ data: { cost: { amount_usd: number } }[] }>()
    const cost = data.reduce((sum, job) => sum + job.cost.amount_usd, 0)
    expect((await shown.json<{ spent_usd: number }>()).spent_usd).toBeCloseTo(cost, 6)
  })
})
