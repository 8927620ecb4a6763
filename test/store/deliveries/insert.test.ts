/** A fresh delivery is inserted under its first lease if its lane is healthy and has capacity. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { maxFreshAttemptsPerHost } from '../../../src/core/schedule/deliveries.ts'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import {
  claimDelivery,
  claimedIn,
  draftDelivery,
  insertDelivery,
  underFirstLease,
} from '../../../src/store/deliveries/claim.ts'
import { commitAttempt } from '../../../src/store/deliveries/commit.ts'
import { select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, insertedJob, start } from '../rows.ts'

function fresh(jobId: string, host: string) {
  const event = { project: null, eventId: 'evt_1', eventType: 'job.succeeded' as const, body: '{}' }
  const url = `https://${host}/hook`
  return underFirstLease(draftDelivery(jobId, { endpointId: null, format: 'reelhook', url, ...event }))
}

async function inserted(host: string, nowMs = start) {
  const { id: jobId } = await insertedJob()
  const draft = fresh(jobId, host)
  const insert = () => insertDelivery(db, jobId, { ...draft, apiKeyId: 'key_test' }, nowMs)
  const claimed = claimedIn(await db.batch([insert()]))
  return { id: draft.id, insert, isClaimed: claimed.includes(draft.id) }
}

const hostRow =
  "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths) VALUES (?, 'key_test', 1, 1, '[]')"

describe('a fresh delivery', () => {
  it('is claimed until its lease ends, and then due for the queue', async () => {
    const { id, isClaimed } = await inserted(aHostName())
    expect(isClaimed).toBe(true)
    expect(await deliveryRow(id)).toMatchObject({ lease: id, due_at: start + leaseMs, status: 'pending' })
    expect(await claimDelivery(db, id, 'another', start + leaseMs - 1)).toBeNull()
    expect(await claimDelivery(db, id, 'another', start + leaseMs)).toMatchObject({ delivery: { id } })
  })

  it('finds its own claim when the insert is repeated', async () => {
    const { id, insert } = await inserted(aHostName())
    expect(claimedIn(await db.batch([insert()]))).toEqual([id])
  })

  it('is not claimed again by an insert that is repeated after its attempt', async () => {
    const { id, insert } = await inserted(aHostName())
    await claimDelivery(db, id, 'another', start + leaseMs)
    expect(claimedIn(await db.batch([insert()]))).toEqual([])
    expect(await deliveryRow(id)).toMatchObject({ lease: 'another' })
  })

  it('is due for the queue if its lane has a row', async () => {
    const host = aHostName()
    await select(hostRow, host)
    const { id, isClaimed } = await inserted(host)
    expect(isClaimed).toBe(false)
    expect(await deliveryRow(id)).toMatchObject({ lease: null, due_at: start })
  })

  it('is due for the queue if enough attempts are under way in its lane, and not for those elsewhere', async () => {
    const host = aHostName()
    for (let n = 0; n < maxFreshAttemptsPerHost; n++) expect((await inserted(host)).isClaimed).toBe(true)
    expect((await inserted(host)).isClaimed).toBe(false)
    expect((await inserted(aHostName())).isClaimed).toBe(true)
    expect((await inserted(host, start + leaseMs)).isClaimed).toBe(true)
  })
})

it('a delivery that succeeds at once writes three rows when it is inserted, and two at its commit', async () => {
  const { database, rowsWritten } = counted()
  const { id: jobId } = await insertedJob()
  const draft = fresh(jobId, aHostName())
  await database.batch([insertDelivery(database, jobId, { ...draft, apiKeyId: 'key_test' }, start)])
  expect(rowsWritten()).toBe(3)
  const attempt = { deliveryId: draft.id, n: 1, startedAt: start, durationMs: 5, status: 200, error: null }
  await commitAttempt(
    database,
    {
      ...draft,
      jobId,
      host: new URL(draft.url).host,
      path: '/hook',
      ownerId: 'key_test',
      attempts: 0,
      attemptsBefore: 0,
      lease: draft.id,
      callbackSecret: null,
      callbackHeaders: null,
      traceparent: null,
      isLaneHealthy: true,
      streak: null,
      isTrial: false,
    },
    {
      delivery: { status: 'delivered', reason: null, dueAt: null },
      hostResult: 'accepted',
      circuitWaitsMs: [1_000],
      events: [],
      disablesOwner: false,
      attempt: { ...attempt, responseHeaders: null, responseBody: 'ok' },
    },
    start,
  )
  expect(rowsWritten()).toBe(3 + 2)
  expect(await deliveryRow(draft.id)).toMatchObject({ status: 'delivered', lease: null, attempts: 1 })
})

/** The database, and the rows that D1 bills for its batches. */
function counted(): { database: Database; rowsWritten: () => number } {
  let written = 0
  const batch = async (statements: D1PreparedStatement[]) => {
    const results = await env.DB.batch(statements)
    for (const { meta } of results) written += meta.rows_written
    return results
  }
  const binding = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'batch') return batch
      const member = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { database: openDatabase(binding), rowsWritten: () => written }
}
