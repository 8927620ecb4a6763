/** A database that fills: new jobs are refused in time, accepted jobs end, and nothing is lost or bought twice. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { deliver } from '../../src/deliveries/deliver.ts'
import { advance } from '../../src/engine/advance.ts'
import { erase } from '../../src/engine/upkeep/erase.ts'
import { pruneEnded } from '../../src/engine/upkeep/prune.ts'
import { isDatabaseFull } from '../../src/store/database.ts'
import { ask } from '../support/api-call.ts'
import { passTimeUntilAll, postMany, receiveWebhooks } from '../support/limited.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { emulateDatabase, fullMessage, overloadedMessage } from '../support/platform/database.ts'
import { withDatabaseSize } from '../support/platform/database-size.ts'
import { expectProblem } from '../support/problem.ts'
import { aRequest, billsFor, getJob, passTimeUntil, untilNotified } from '../support/reelhook.ts'
import { leftOf } from '../support/remains.ts'
import { aNotifiedVideo, days } from '../support/retention.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { failVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }

function postTo(
  DB: D1Database,
  path: string,
  body: unknown = undefined,
  idempotencyKey = '',
): Promise<Response> {
  const named = idempotencyKey === '' ? headers : { ...headers, 'idempotency-key': idempotencyKey }
  return ask(
    path,
    { method: 'POST', headers: named, body: body === undefined ? null : JSON.stringify(body) },
    { DB },
  )
}

const share = async (DB: D1Database) => {
  const response = await ask('/healthz?deep', { headers }, { DB })
  const { status, checks } = await response.json<{
    status: string
    checks: Record<string, { status: string }>
  }>()
  return { status, check: checks.database_size }
}

describe('a database at 90 % of its limit', () => {
  it.each(['the first request of an isolate', 'a later request of an isolate'])(
    'refuses new jobs, at %s',
    async (when) => {
      const database = withDatabaseSize(env.DB, 0.9)
      if (when === 'a later request of an isolate') {
        database.setShare(0.89)
        expect((await postTo(database.binding, '/v1/jobs', aRequest())).status).toBe(202)
        database.setShare(0.9)
        // The size comes with the result of a write: the first request that finds the database fuller may still pass.
        await postTo(database.binding, '/v1/jobs', aRequest())
      }
      await expectProblem(await postTo(database.binding, '/v1/jobs', aRequest()), 507, 'database_full')
    },
  )

  it('refuses retries and uploads, and still answers for a job that was accepted under the same key', async () => {
    const database = withDatabaseSize(env.DB, 0.5)
    const key = crypto.randomUUID()
    const accepted = await postTo(database.binding, '/v1/jobs', aRequest(), key)
    const { id } = await accepted.json<{ id: string }>()
    const failed = await failVideo()
    database.setShare(0.95)
    const again = await postTo(database.binding, '/v1/jobs', aRequest(), key)
    expect([again.status, await again.json()]).toMatchObject([202, { id }])
    await expectProblem(await postTo(database.binding, `/v1/jobs/${failed.id}/retry`), 507, 'database_full')
    const upload = { method: 'POST', headers: { ...headers, 'content-type': 'image/png' }, body: 'x' }
    await expectProblem(await ask('/v1/assets', upload, { DB: database.binding }), 507, 'database_full')
  })

  it('says what to do, and accepts jobs again once there is room', async () => {
    const database = withDatabaseSize(env.DB, 0.93)
    const refused = await postTo(database.binding, '/v1/jobs', aRequest())
    expect((await refused.json<{ detail: string }>()).detail).toMatch(
      /^It holds 93 %.*PRUNE_AFTER_DAYS.*RETENTION_DAYS/,
    )
    database.setShare(0.6)
    expect((await postTo(database.binding, '/v1/jobs', aRequest())).status).toBe(202)
  })

  it('costs no call to the database while there is room', async () => {
    const database = withDatabaseSize(env.DB, 0.5)
    await postTo(database.binding, '/v1/jobs', aRequest())
    const before = database.calls()
    expect((await postTo(database.binding, '/v1/jobs', aRequest())).status).toBe(202)
    expect(database.calls() - before).toBe(1)
  })
})

describe('the size of the database', () => {
  it.each([
    [0.69, 'ok'],
    [0.7, 'degraded'],
    [0.9, 'failed'],
  ])('%d of the limit is %s in the deep health', async (fraction, status) => {
    const { binding } = withDatabaseSize(env.DB, fraction)
    expect((await share(binding)).check).toEqual({
      status,
      size: { bytes: Math.round(fraction * 10_000_000_000), max_bytes: 10_000_000_000, share: fraction },
    })
  })

  it('is in the statistics', async () => {
    const { binding } = withDatabaseSize(env.DB, 0.25)
    const response = await ask('/v1/stats', { headers }, { DB: binding })
    const { now } = await response.json<{ now: { database: unknown } }>()
    expect(now.database).toEqual({ bytes: 2_500_000_000, max_bytes: 10_000_000_000, share: 0.25 })
  })
})

describe('a database without any room', () => {
  it.each([
    [fullMessage, true],
    [overloadedMessage, false],
  ])('is recognized by the error of D1: %s', (message, isFull) => {
    expect(isDatabaseFull(new Error('Failed query', { cause: new Error(message) }))).toBe(isFull)
  })

  it('refuses new jobs, keeps accepted ones waiting, and buys nothing', async () => {
    const database = emulateDatabase(env.DB)
    const ids = await Promise.all([1, 2, 3].map(async () => (await postWithoutWakeUp()).id))
    const [submitted = '', ...queued] = ids
    await advance(aContext({}, { DB: env.DB, JOBS: deadQueue, DELIVERIES: deadQueue }), submitted)
    database.fill('full')
    await expectProblem(await postTo(database.binding, '/v1/jobs', aRequest()), 507, 'database_full')
    for (let minutes = 0; minutes < 3; minutes++) {
      await world.advance(60_000)
      await stepAll(database.binding, ids)
    }
    expect(await Promise.all(ids.map(async (id) => (await getJob(id)).settled_at))).toEqual([
      null,
      null,
      null,
    ])
    expect(queued.flatMap(billsFor)).toEqual([])

    database.fill('has room')
    for (const id of ids) {
      expect(await passTimeUntil(id, ({ settled_at }) => settled_at !== null)).toMatchObject({
        status: 'succeeded',
      })
      await untilNotified(id)
      expect([billsFor(id).length, world.caller.receivedFor(id).length]).toEqual([1, 1])
    }
  }, 60_000)

  it('still lets jobs be pruned and erased, which makes room', async () => {
    const database = emulateDatabase(env.DB)
    const [pruned, erased] = [await aNotifiedVideo(), await aNotifiedVideo()]
    await world.advance(31 * days)
    database.fill('full')
    const context = aContext({}, { DB: database.binding })
    await pruneEnded(context, context.db)
    expect(await leftOf(pruned)).toMatchObject({ events: 0, webhooks: 0 })
    expect(
      await erase(context, erased, { reason: 'request', pendingDeliveries: 'wait', project: null }),
    ).toBe('erased')
    expect(await leftOf(erased)).toMatchObject({ jobs: 0, tasks: 0 })
  })
})

// Last, because from here on the metered Worker receives the webhooks.
describe('at 90 % of its limit', () => {
  it('lets every accepted job end, and notifies every caller once', async () => {
    const database = withDatabaseSize(env.DB, 0.89)
    const worker = createMeteredWorker({}, database.binding)
    receiveWebhooks(worker)
    const ids = await postMany(worker, 10)
    database.setShare(0.97)
    await worker.sweep()
    await expectProblem(await worker.fetch(jobRequest()), 507, 'database_full')
    await passTimeUntilAll(worker, ids, 'succeeded')
    await worker.passSeconds(5)
    expect(ids.map((id) => [billsFor(id).length, world.caller.receivedFor(id).length])).toEqual(
      ids.map(() => [1, 1]),
    )
  })
})

const jobRequest = () =>
  new Request('https://reelhook.test/v1/jobs', { method: 'POST', headers, body: JSON.stringify(aRequest()) })

/** The work of one sweep and of the wake-ups that it sends. A step that fails is due again later. */
async function stepAll(DB: D1Database, ids: string[]): Promise<void> {
  const context = aContext({}, { DB, JOBS: deadQueue, DELIVERIES: deadQueue })
  await Promise.allSettled(ids.map((id) => advance(context, id)))
  const due = await select<{ id: string }>("SELECT id FROM deliveries WHERE status = 'pending'")
  await Promise.allSettled(due.map(({ id }) => deliver(context, id)))
}
