/** A leaked callback URL: what an attacker can cost in rows, memory and polls. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { maxJournaled } from '../../src/store/jobs/webhooks.ts'
import { ask, deadDatabase } from '../support/api-call.ts'
import { aJobWithoutWebhooks, callbackPathOf } from '../support/provider-webhooks.ts'
import { billsFor, getJob, passTimeUntil, postJob, rowsOf, untilJob } from '../support/reelhook.ts'
import { aContext, deadQueue } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import { uploadPathOf } from '../support/uploads.ts'
import { makeVideo } from '../support/videos.ts'
import { publicBaseUrl, simulatorUrl, world } from '../support/world.ts'

const seconds = 1_000
const days = 24 * 60 * 60 * seconds

const uncounted = { limit: async () => ({ success: true }) }
/** The queue processes no webhook by itself, and there is no rate limit. */
const byHand = { JOBS: deadQueue, RESULTS: deadQueue, CALLBACKS: uncounted }

async function ringByHand(path: string, body: string): Promise<number> {
  return (await ask(path, { method: 'POST', body }, byHand)).status
}

/** One step of the job, as the queue would run it. Returns how often it polled the provider. */
async function step(id: string): Promise<number> {
  let asked = 0
  const fetch = (request: Request) => {
    if (request.url.startsWith(simulatorUrl)) asked++
    return world.edges.fetch(request)
  }
  await advance(aContext({ fetch }, byHand), id)
  return asked
}

async function journalOf(id: string) {
  const [row] = await select<{ count: number; bytes: number | null }>(
    'SELECT count(*) AS count, sum(length(CAST(body AS BLOB))) AS bytes FROM webhooks WHERE job_id = ?',
    id,
  )
  return row ?? { count: 0, bytes: null }
}

/** The database, and how many characters its batches returned. */
function aMeteredDatabase() {
  const read = { characters: 0 }
  const DB = new Proxy(env.DB, {
    get(database, name) {
      const value = Reflect.get(database, name)
      if (name !== 'batch') return typeof value === 'function' ? value.bind(database) : value
      return async (statements: D1PreparedStatement[]) => {
        const results = await database.batch(statements)
        read.characters += JSON.stringify(results).length
        return results
      }
    },
  })
  return { db: openDatabase(DB), read }
}

const claim = (db = openDatabase(env.DB), id: string) =>
  claimJob(db, id, crypto.randomUUID(), world.edges.now())

describe('a flood of large bodies', () => {
  it('fills no more than the journal of its job, gets 200 responses, and is read in part', async () => {
    const id = await aJobWithoutWebhooks()
    const path = await callbackPathOf(id)
    const answers = new Set<number>()
    for (let n = 0; n < 150; n++) answers.add(await ringByHand(path, `"${n}${'x'.repeat(120_000)}"`))
    expect([...answers]).toEqual([200])
    const { count, bytes } = await journalOf(id)
    expect(count).toBeLessThanOrEqual(maxJournaled.rows)
    expect(bytes).toBeLessThanOrEqual(maxJournaled.bytes)
    expect(await countRows('events', 'job_id = ?', id)).toBeLessThanOrEqual(maxJournaled.rows + 10)
    const { db, read } = aMeteredDatabase()
    expect(await claim(db, id)).not.toBeNull()
    expect(read.characters).toBeLessThan(2 * maxJournaled.bytes)
  })

  it('is not read by a claim that fails', async () => {
    const id = await aJobWithoutWebhooks()
    await ringByHand(await callbackPathOf(id), `"${'x'.repeat(120_000)}"`)
    expect(await claim(undefined, id)).not.toBeNull()
    const { db, read } = aMeteredDatabase()
    expect(await claim(db, id)).toBeNull()
    expect(read.characters).toBeLessThan(20_000)
  })

  it('costs no more polls than a slow pace would', async () => {
    const id = await aJobWithoutWebhooks()
    const path = await callbackPathOf(id)
    let asked = 0
    for (let n = 0; n < 200; n++) {
      await ringByHand(path, `{"n":${n}}`)
      asked += await step(id)
    }
    expect((await journalOf(id)).count).toBe(maxJournaled.rows)
    expect(asked).toBeLessThanOrEqual(maxJournaled.rows + 1)
  })

  it('delays a true webhook that follows it by seconds only', async () => {
    const id = await aJobWithoutWebhooks()
    const path = await callbackPathOf(id)
    for (let n = 0; n < maxJournaled.rows; n++) await ringByHand(path, `{"n":${n}}`)
    await step(id)
    await world.advance(10 * seconds)
    await ringByHand(path, '{"the":"true one"}')
    await world.advance(15 * seconds)
    await step(id)
    expect((await getJob(id)).status).toBe('succeeded')
  })
})

describe('a flood of invented task ids', () => {
  async function anUnknownJob(): Promise<{ id: string; path: string }> {
    const { id } = await postJob({
      provider: 'crun',
      prompt: 'A paper boat sim(submit=lost-after, webhook=lost)',
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    return { id, path: await callbackPathOf(id, 'crun') }
  }

  const named = (taskId: string) => JSON.stringify({ task_id: taskId, status: 'running' })

  it('costs a bounded number of polls over the life of its job', async () => {
    const { id, path } = await anUnknownJob()
    let asked = 0
    for (let n = 0; n < 400; n++) {
      await ringByHand(path, named(crypto.randomUUID()))
      const questions = await step(id)
      expect(questions).toBeLessThanOrEqual(4)
      asked += questions
    }
    for (let minute = 0; minute < 29; minute++) {
      await world.advance(60 * seconds)
      asked += await step(id)
    }
    expect(asked).toBeLessThanOrEqual(5 * maxJournaled.rows)
    expect(await passTimeUntil(id, ({ settled_at }) => settled_at !== null)).toMatchObject({
      fault: { code: 'submit_unknown' },
    })
  })

  it('does not hide the true id that comes before the journal is full', async () => {
    const { id, path } = await anUnknownJob()
    const invented = Array.from({ length: 20 }, () => crypto.randomUUID() as string)
    const taskId = billsFor(id)[0]?.taskId ?? ''
    for (const name of [...invented.slice(0, 10), taskId, ...invented.slice(10)]) {
      await ringByHand(path, named(name))
      // A step reads the newest webhooks of the journal, so each needs a time of its own.
      await world.advance(1)
    }
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  })
})

describe('a webhook after the end of its job', () => {
  it('is counted, and its body is not stored', async () => {
    const { id } = await makeVideo()
    const path = await callbackPathOf(id)
    const [before, journal] = [await rowsOf(id), await journalOf(id)]
    for (let n = 0; n < 5; n++) expect(await ringByHand(path, `{"late":${n}}`)).toBe(200)
    expect(await journalOf(id)).toEqual(journal)
    expect(await rowsOf(id)).toEqual(before)
    expect(await select('SELECT late_webhooks FROM jobs WHERE id = ?', id)).toEqual([{ late_webhooks: 5 }])
  })
})

describe('the callback URL', () => {
  it('accepts sixty webhooks for one job a minute, then responds with Retry-After', async () => {
    const [id, other] = [await aJobWithoutWebhooks(), await aJobWithoutWebhooks()]
    await Promise.all(
      Array.from({ length: 60 }, () => env.CALLBACKS.limit({ key: `${publicBaseUrl} ${id}` })),
    )
    const response = await ask(
      await callbackPathOf(id),
      { method: 'POST', body: '{}' },
      { RESULTS: deadQueue },
    )
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect((await journalOf(id)).count).toBe(0)
    expect(
      (await ask(await callbackPathOf(other), { method: 'POST', body: '{}' }, { RESULTS: deadQueue })).status,
    ).toBe(200)
  })

  it('accepts webhooks when the rate limit is down', async () => {
    const CALLBACKS = { limit: () => Promise.reject(new Error('the counter is down')) }
    const path = await callbackPathOf(await aJobWithoutWebhooks())
    expect((await ask(path, { method: 'POST', body: '{}' }, { CALLBACKS })).status).toBe(200)
  })

  it('expires three days after the deadline of its job, as does the upload URL', async () => {
    const id = await aJobWithoutWebhooks()
    const { deadline_at } = await getJob(id)
    const [door, upload] = [await callbackPathOf(id), await uploadPathOf(id)]
    const nothingWorks = { RESULTS: deadQueue, DB: deadDatabase }
    const statuses = async () => [
      (await ask(door, { method: 'POST', body: '{}' }, nothingWorks)).status,
      (await ask(upload, { method: 'PUT', body: 'x' }, nothingWorks)).status,
    ]
    await world.advance(Date.parse(deadline_at) + 3 * days - world.edges.now() - 5 * seconds)
    expect(await statuses()).toEqual([503, 503])
    await world.advance(10 * seconds)
    expect(await statuses()).toEqual([404, 404])
  })
})
