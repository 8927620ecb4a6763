import { beforeEach, describe, expect, it } from 'vitest'
import { leaseMs, maxAttemptsPerHost } from '../../../src/core/schedule.ts'
import { type ClaimedDelivery, claimDelivery } from '../../../src/store/deliveries/claim.ts'
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

async function parked(): Promise<string> {
  const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
  await select("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host' WHERE id = ?", id)
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
    })
    expect(await countRows('attempts', 'delivery_id = ?', id)).toBe(1)
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
    expect(await countRows('attempts', 'delivery_id = ?', id)).toBe(0)
    expect(await countRows('events', 'id = ?', lostEvent.id)).toBe(0)
    expect(await hostRow(host)).toBeUndefined()
  })

  it('disables the owner once, and releases as many parked deliveries as may be under way', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const delivery = await claimed(id)
    for (let n = 0; n <= maxAttemptsPerHost; n++) await parked()
    const outcome = attemptOf(delivery, {
      delivery: { status: 'failed', reason: 'disabled', dueAt: null },
      hostResult: 'refused',
      disablesOwner: true,
    })
    expect(await commitAttempt(db, delivery, outcome, start)).toHaveLength(maxAttemptsPerHost)
    expect(await countRows('disabled_callbacks', 'host = ?', host)).toBe(1)
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
    const delivery = { ...(await claimed(id)), currentUrl: 'https://moved.test/new' }
    await redirectDelivery(db, delivery, start + 1)
    expect(await deliveryRow(id)).toMatchObject({
      url: 'https://moved.test/new',
      host: 'moved.test',
      path: '/new',
      due_at: start + 1,
      lease: null,
    })
  })
})
