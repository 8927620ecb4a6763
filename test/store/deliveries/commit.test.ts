import { beforeEach, describe, expect, it } from 'vitest'
import { maxAttemptsPerHost } from '../../../src/core/schedule/deliveries.ts'
import { leaseMs, sweepEveryMs } from '../../../src/core/schedule/jobs.ts'
import { claimDelivery } from '../../../src/store/deliveries/claim.ts'
import type { ClaimedDelivery } from '../../../src/store/deliveries/claimed.ts'
import {
  type AttemptOutcome,
  commitAttempt,
  giveUp,
  redirectDelivery,
} from '../../../src/store/deliveries/commit.ts'
import { draftEvent } from '../../../src/store/events.ts'
import { isLeaseLost } from '../../../src/store/lease.ts'
import { countRows, select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, hostRow, insertedDeliveries, start } from '../rows.ts'

let host = ''

beforeEach(() => {
  host = aHostName()
})

async function claimed(id: string, nowMs = start): Promise<ClaimedDelivery> {
  const outcome = await claimDelivery(db, id, crypto.randomUUID(), nowMs)
  if (outcome === null || !('delivery' in outcome)) throw new Error(`${id} was not claimed`)
  return outcome.delivery
}

/** As a claim without capacity parks it: its lane has a row then. */
async function parked(): Promise<string> {
  const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
  await select("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host' WHERE id = ?", id)
  await select(
    "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at) VALUES (?, 'key_test', 0, 0, '[]', ?) ON CONFLICT DO NOTHING",
    host,
    start + sweepEveryMs,
  )
  return id
}

function attemptOf({ id }: ClaimedDelivery, overrides: Partial<AttemptOutcome> = {}) {
  const attempt = {
    deliveryId: id,
    n: 1,
    startedAt: start,
    durationMs: 5,
    status: 200,
    error: null,
    responseHeaders: null,
    responseBody: '',
  }
  const outcome: AttemptOutcome = {
    delivery: { status: 'delivered', reason: null, dueAt: null },
    hostResult: 'accepted',
    circuitWaitsMs: [1_000],
    events: [],
    disablesOwner: false,
  }
  return { ...outcome, ...overrides, attempt }
}

const pending = { status: 'pending' as const, reason: null }

const lostEvent = draftEvent('delivery.failed', {}, start)

describe('the commit of an attempt', () => {
  it('records the attempt, ends the delivery and releases the next one of its lane', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const delivery = await claimed(id)
    const next = await parked()
    expect(await commitAttempt(db, delivery, attemptOf(delivery), start)).toEqual([next])
    expect(await deliveryRow(id)).toMatchObject({
      status: 'delivered',
      attempts: 1,
      due_at: null,
      lease: null,
      last_started_at: start,
      last_status: 200,
    })
    expect(await countRows('attempts', 'delivery_id = ?', id)).toBe(0)
  })

  it('ends a failure streak that began while it was under way', async () => {
    const [id = '', other = ''] = await insertedDeliveries(2, `https://${host}/hook`)
    const [delivery, failing] = [await claimed(id), await claimed(other)]
    const failure = { hostResult: 'down' as const, delivery: { ...pending, dueAt: start + 5_000 } }
    await commitAttempt(db, failing, attemptOf(failing, failure), start)
    expect(await hostRow(host)).toMatchObject({ failures: 1 })
    await commitAttempt(db, delivery, attemptOf(delivery), start)
    expect(await hostRow(host)).toBeUndefined()
  })

  it('keeps the attempt before it', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    for (const n of [1, 2, 3]) {
      const delivery = await claimed(id, start + n)
      const attempt = { ...attemptOf(delivery).attempt, n, status: 500 + n }
      const failure = { hostResult: 'refused' as const, delivery: { ...pending, dueAt: start + n + 1 } }
      await commitAttempt(db, delivery, { ...attemptOf(delivery, failure), attempt }, start + n)
    }
    expect(await deliveryRow(id)).toMatchObject({ attempts: 3, last_status: 503 })
    expect(await select('SELECT n, status FROM attempts WHERE delivery_id = ? ORDER BY n', id)).toEqual([
      { n: 1, status: 501 },
      { n: 2, status: 502 },
    ])
  })

  it('writes nothing at all once another attempt has claimed the delivery', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const delivery = await claimed(id)
    const second = await claimed(id, start + leaseMs)
    const next = await parked()
    const outcome = attemptOf(delivery, { hostResult: 'down', events: [lostEvent] })
    const error = await commitAttempt(db, delivery, outcome, start).catch((thrown: unknown) => thrown)
    expect(isLeaseLost(error)).toBe(true)
    expect(await deliveryRow(id)).toMatchObject({ status: 'pending', attempts: 0, lease: second.lease })
    expect(await deliveryRow(next)).toMatchObject({ due_at: null })
    expect(await deliveryRow(id)).toMatchObject({ last_started_at: null })
    expect(await countRows('events', 'id = ?', lostEvent.id)).toBe(0)
    expect(await hostRow(host)).toMatchObject({ failures: 0 })
  })

  it('that disables its owner closes the circuit, and releases as many parked deliveries as may be under way', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const delivery = await claimed(id)
    for (let n = 0; n <= maxAttemptsPerHost; n++) await parked()
    const outcome = attemptOf(delivery, {
      delivery: { status: 'failed', reason: 'disabled', dueAt: null },
      hostResult: 'down',
      disablesOwner: true,
    })
    expect(await commitAttempt(db, delivery, outcome, start)).toHaveLength(maxAttemptsPerHost)
    expect(await hostRow(host)).toMatchObject({ failures: 1, failing_since: start, consecutive_outages: 0 })
  })
})

describe('a delivery that ends without an attempt', () => {
  it('fails with its reason, returns the trial it had, and releases the next one', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const delivery = await claimed(id)
    await select(
      "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at, trial) VALUES (?, 'key_test', 10, 10, '[]', ?, ?)",
      host,
      start + leaseMs,
      delivery.lease,
    )
    const next = await parked()
    const end = { reason: 'disabled' as const, event: lostEvent }
    expect(await giveUp(db, delivery, end, start + 1)).toEqual([next])
    expect(await deliveryRow(id)).toMatchObject({ status: 'failed', reason: 'disabled', lease: null })
    expect(await hostRow(host)).toMatchObject({ trial: null, due_at: start + 1 })
  })

  it('is due at the new URL of its endpoint, in the lane of the new host', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    await redirectDelivery(db, await claimed(id), 'https://moved.test/new', start + 1)
    expect(await deliveryRow(id)).toMatchObject({
      url: 'https://moved.test/new',
      host: 'moved.test',
      path: '/new',
      due_at: start + 1,
      lease: null,
    })
  })
})
