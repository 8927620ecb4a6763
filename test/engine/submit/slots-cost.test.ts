/** The cost of a concurrency limit at Cloudflare: none without a limit, and little with one, however many jobs wait. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { postTo, receiveWebhooks, waitingProviders } from '../../support/limited.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { getJob } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'

/** The cost of a job from its post until its caller is notified. */
async function costOfOne(settings: Partial<Env>) {
  const worker = createMeteredWorker(settings)
  receiveWebhooks(worker)
  const id = await postTo(worker)
  await worker.passSeconds(50)
  expect((await getJob(id)).status).toBe('succeeded')
  return worker.bill()
}

/** The cost of a job from its post until it waits. */
async function costOfWaiting() {
  const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '2' })
  const id = await postTo(worker)
  await worker.drain()
  expect(await waitingProviders(id)).toEqual(['runware'])
  return worker.bill()
}

/** Other jobs that wait at Runware, longer than any other or shorter. */
async function queueUp(when: 'before' | 'after', count: number) {
  const name = when === 'before' ? 'job_0' : 'job_z'
  const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  await env.DB.prepare(
    `INSERT OR IGNORE INTO waits SELECT 'runware', printf('${name}%07d', n) FROM (${numbers} SELECT n FROM numbers)`,
  ).run()
}

it('a task at a provider with a limit writes two rows more', async () => {
  // The first job of a provider also stores the host of its videos.
  await costOfOne({})
  const without = await costOfOne({})
  const within = await costOfOne({ RUNWARE_MAX_CONCURRENT: '100' })
  expect(within.rowsWritten - without.rowsWritten).toBe(2)
  expect(within.messages).toBe(without.messages)
})

it('without limits no job looks for a slot', async () => {
  const asked: string[] = []
  const DB = new Proxy(env.DB, {
    get: (database, name) => {
      if (name !== 'prepare') return Reflect.get(database, name).bind(database)
      return (sql: string) => {
        asked.push(sql)
        return database.prepare(sql)
      }
    },
  })
  const worker = createMeteredWorker({}, DB)
  receiveWebhooks(worker)
  const id = await postTo(worker)
  await worker.passSeconds(50)
  expect((await getJob(id)).status).toBe('succeeded')
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((sql) => /"(slots|waits)"/.test(sql))).toEqual([])
})

it('what a job reads does not grow with the number of those that wait', async () => {
  await queueUp('after', 20)
  const few = await costOfOne({ RUNWARE_MAX_CONCURRENT: '2' })
  await queueUp('after', 3_000)
  const many = await costOfOne({ RUNWARE_MAX_CONCURRENT: '2' })
  expect(many).toEqual(few)

  await queueUp('before', 20)
  // The Worker marks the time in the database now and then: here, not in what is compared.
  await costOfWaiting()
  const behindFew = await costOfWaiting()
  await queueUp('before', 3_000)
  expect(await countRows('waits')).toBeGreaterThan(6_000)
  expect(await costOfWaiting()).toEqual(behindFew)
})
