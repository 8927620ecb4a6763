/** Each condition, raised and cleared with real rows. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { sellers } from '../../src/providers/index.ts'
import {
  type AlertReceiver,
  aReceiver,
  checkAll,
  emptyTables,
  insertCounts,
  insertJob,
  linesOf,
} from '../support/alerts.ts'
import { createApiKey } from '../support/api-keys.ts'
import { makeEndpoint } from '../support/endpoints.ts'
import { withDatabaseSize } from '../support/platform/database-size.ts'
import { deadQueue } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { failVideo, makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

const minutes = 60_000
const { now } = world.edges

afterEach(emptyTables)

interface Case {
  name: string
  /** Returns the bindings with which the checks run while the condition holds. */
  begin: () => Promise<Record<string, unknown> | undefined>
  titles: string[]
}

const inserted =
  (sql: string, ...values: unknown[]) =>
  async () => {
    await select(sql, ...values.map((value) => (typeof value === 'function' ? value() : value)))
    return undefined
  }

const aDelivery =
  (dueAt: () => number | null, count = 1) =>
  async () => {
    const jobId = await insertJob({ dueAt: now() + 600 * minutes, deadlineAt: now() + 900 * minutes })
    await select(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO deliveries (id, job_id, event_id, event_type, url, host, status, attempts, created_at, due_at)
     SELECT 'dlv_' || i, ?2, 'evt_' || i, 'job.failed', 'https://caller.test/', 'caller.test', 'pending', 0, ?3, ?4 FROM n`,
      count,
      jobId,
      now(),
      dueAt(),
    )
    return undefined
  }

const withQueue = (metrics: () => Promise<unknown>) => ({ ...deadQueue, metrics })

const cases: Case[] = [
  {
    name: 'a job is past its deadline',
    begin: async () => {
      await insertJob({ dueAt: now() + 600 * minutes, deadlineAt: 1 })
      return undefined
    },
    titles: ['1 job past the deadline'],
  },
  {
    name: 'a job is overdue, and a message for it waits',
    begin: async () => {
      await insertJob({ dueAt: now() - 10 * minutes, deadlineAt: now() + 900 * minutes })
      return { JOBS: withQueue(async () => ({ backlogCount: 1, oldestMessageTimestamp: new Date(now()) })) }
    },
    titles: ['1 job overdue'],
  },
  {
    name: 'a job is overdue, and the sweep does not run',
    begin: async () => {
      await insertJob({ dueAt: now() - 10 * minutes, deadlineAt: now() + 900 * minutes })
      return undefined
    },
    titles: ['The sweep does not run', '1 job overdue'],
  },
  {
    name: 'a delivery is overdue',
    begin: aDelivery(() => now() - 10 * minutes),
    titles: ['The sweep does not run', '1 delivery overdue'],
  },
  {
    name: 'many deliveries wait',
    begin: aDelivery(() => now() + 600 * minutes, 500),
    titles: ['500 deliveries not accepted yet'],
  },
  {
    name: 'a callback host is down for half an hour',
    begin: inserted(
      `INSERT INTO hosts (host, owner_id, failures, failing_since, failed_at, consecutive_outages, failing_paths, due_at)
       VALUES ('hooks.example.com', 'admin', 12, ?, ?, 12, '[]', ?)`,
      () => now() - 40 * minutes,
      now,
      () => now() + 60 * minutes,
    ),
    titles: ['The callback host hooks.example.com is down'],
  },
  {
    name: 'an endpoint was disabled',
    begin: async () => {
      await makeEndpoint('https://caller.test/endpoint')
      await select("UPDATE endpoints SET disabled_at = 1, disabled_by = 'failure'")
      return undefined
    },
    titles: ['1 endpoint disabled'],
  },
  {
    name: 'the callbacks to a host were disabled',
    begin: inserted("INSERT INTO disabled_callbacks VALUES ('admin', 'hooks.example.com', 1, 2)"),
    titles: ['Callbacks disabled to 1 host'],
  },
  {
    name: 'a provider loses webhooks',
    begin: async () => insertCounts({ via_webhook: 6, via_poll: 4 }).then(() => undefined),
    titles: ['runware missed 40 % of its webhooks in the last 6 hours'],
  },
  {
    name: 'a provider fails',
    begin: async () => insertCounts({ tasks_failed: 8, tasks_succeeded: 2 }, 'crun').then(() => undefined),
    titles: ['crun fails: 8 of 10 tasks in the last 6 hours'],
  },
  {
    name: 'the submissions to a provider fail',
    begin: inserted(
      `INSERT INTO reconciliations (name, due_at, counts)
       VALUES ('refusals crun', ?, '{"fault":"out_of_credit","jobs":["job_1","job_2","job_3"]}')`,
      () => now() + 60 * minutes,
    ),
    titles: ['crun is tried last: out_of_credit'],
  },
  {
    name: 'a budget is at 80 %',
    begin: async () => spend(0.8),
    titles: ['The budget of a key is nearly spent: shop'],
  },
  {
    name: 'a budget is spent',
    begin: async () => spend(1),
    titles: ['The budget of a key is spent: shop', 'The budget of a key is nearly spent: shop'],
  },
  {
    name: 'the database is nearly full',
    begin: async () => ({ DB: withDatabaseSize(env.DB, 0.71).binding }),
    titles: ['The database is nearly full'],
  },
  {
    name: 'the database is full',
    begin: async () => ({ DB: withDatabaseSize(env.DB, 0.91).binding }),
    titles: ['The database is full', 'The database is nearly full'],
  },
  {
    name: 'an object is missing',
    begin: inserted(
      `INSERT INTO assets (id, api_key_id, kind, content_type, bytes, sha256, created_at, lost_at)
       VALUES ('asset_1', 'admin', 'image', 'image/png', 1, '', 1, 2)`,
    ),
    titles: ['1 stored file missing in the bucket'],
  },
  {
    name: 'the bucket does not respond',
    begin: async () => ({ BUCKET: { head: () => Promise.reject(new Error('the bucket is down')) } }),
    titles: ['The bucket does not respond in time'],
  },
  {
    name: 'the queues do not respond',
    begin: async () => ({ JOBS: deadQueue }),
    titles: ['The queues do not respond'],
  },
  {
    name: 'a queue is behind',
    begin: async () => {
      const oldestMessageTimestamp = new Date(now() - 15 * minutes)
      return { JOBS: withQueue(async () => ({ backlogCount: 900, oldestMessageTimestamp })) }
    },
    titles: ['A queue is behind'],
  },
  {
    name: 'purges are late',
    begin: inserted('INSERT INTO purges VALUES (?, ?)', () => now() - 90 * minutes, 'asset_1'),
    titles: ['Erased files may still be in the cache'],
  },
  {
    name: 'the nightly export is late',
    begin: async () => {
      const night = { dayAt: 0, from: '', later: null, shard: 0, next: null, parts: [] }
      await select(
        "INSERT INTO reconciliations (name, due_at, counts) VALUES ('nightly export', 0, ?)",
        JSON.stringify(night),
      )
      return { NIGHTLY_EXPORT: 'on' }
    },
    titles: ['The nightly export of 1970-01-01 is late'],
  },
  {
    name: 'no provider has an API key',
    begin: async () =>
      Object.fromEntries(Object.values(sellers).map(({ credentials }) => [credentials[0], ''])),
    titles: ['No provider has an API key'],
  },
  {
    name: 'the URL guard is off',
    begin: async () => ({ ALLOW_PRIVATE_NETWORK: 'true' }),
    titles: ['The URL guard is off'],
  },
]

async function spend(usd: number): Promise<undefined> {
  const { id } = await createApiKey('shop', { monthly_budget_usd: 1 })
  const month = new Date(now()).toISOString().slice(0, 7)
  await select('INSERT INTO spending VALUES (?, ?, ?)', id, month, usd * 1_000_000)
}

/** Ends every condition that rows made. */
async function endAll(): Promise<void> {
  const alerts = await select('SELECT * FROM alerts')
  await emptyTables()
  for (const row of alerts) {
    const columns = Object.keys(row)
    await select(
      `INSERT INTO alerts (${columns.join()}) VALUES (${columns.map(() => '?').join()})`,
      ...Object.values(row),
    )
  }
}

async function expectRaisedAndCleared(receiver: AlertReceiver, { begin, titles }: Case): Promise<void> {
  const bindings = await begin()
  await checkAll(1, bindings)
  expect(linesOf(receiver)).toEqual([])
  await checkAll(2, bindings)
  const raised = linesOf(receiver)
  expect(raised.sort()).toEqual(titles.map((title) => `raised: ${title}`).sort())
  expect(receiver.received).toHaveLength(1)
  await endAll()
  await checkAll(4)
  expect(receiver.received).toHaveLength(1)
  await checkAll(2)
  const cleared = linesOf(receiver).filter((line) => !raised.includes(line))
  expect(cleared.sort()).toEqual(titles.map((title) => `cleared: ${title}`).sort())
  expect(receiver.received).toHaveLength(2)
}

describe('an alert is raised by two checks in a row, and cleared by five, when', () => {
  it.each(cases)('$name', async (one) => {
    await expectRaisedAndCleared(aReceiver(), one)
  })
})

describe('no alert is raised', () => {
  it('while all is well', async () => {
    const receiver = aReceiver()
    await makeVideo()
    await checkAll(3)
    expect(receiver.received).toEqual([])
  })

  it('by the share of a few tasks', async () => {
    const receiver = aReceiver()
    await insertCounts({ via_poll: 9, tasks_failed: 9 })
    await checkAll(3)
    expect(receiver.received).toEqual([])
  })
})

it('a task counts against its provider if the account or the provider failed, not if the prompt was refused', async () => {
  await failVideo({ prompt: 'A paper boat sim(submit=402)' })
  await failVideo({ prompt: 'A paper boat sim(fail=moderated)' })
  await makeVideo()
  const [row] = await select<{ counts: string }>('SELECT counts FROM counters')
  expect(JSON.parse(row?.counts ?? '')).toMatchObject({ tasks_failed: 1, tasks_succeeded: 1 })
})
