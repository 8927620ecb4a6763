/** The queues of lanes: which parked delivery is released, when, and by what. */
import { beforeEach, describe, expect, it } from 'vitest'
import { failuresToOpenCircuit, maxAttemptsPerHost } from '../../../src/core/schedule/deliveries.ts'
import { sweepEveryMs } from '../../../src/core/schedule/jobs.ts'
import { recordHostResult } from '../../../src/store/deliveries/circuits.ts'
import { releaseNewPath, releaseNext, releaseParked } from '../../../src/store/deliveries/host-queue.ts'
import { parkOverdue, releaseDueQueues } from '../../../src/store/deliveries/host-queue-sweep.ts'
import { countRows, select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, hostRow, insertedDeliveries, start } from '../rows.ts'

let host = ''
let lane = { host, ownerId: 'key_test' }

beforeEach(async () => {
  await select('DELETE FROM deliveries')
  await select('DELETE FROM hosts')
  host = aHostName()
  lane = { host, ownerId: 'key_test' }
})

/** The oldest first. */
async function parked(count: number, path = '/hook'): Promise<string[]> {
  const ids = await insertedDeliveries(count, `https://${host}${path}`)
  for (const id of ids) {
    await select("UPDATE deliveries SET due_at = NULL, reason = 'waiting_for_host' WHERE id = ?", id)
  }
  return ids
}

async function down(path = '/hook', lease = 'another', nowMs = start) {
  const recorded = { hostResult: 'down' as const, circuitWaitsMs: [1_000] }
  await recordHostResult(db, { ...lane, path, lease }, recorded, nowMs)
}

async function openCircuit(path = '/hook') {
  for (let n = 0; n < failuresToOpenCircuit; n++) await down(path)
}

const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id)

describe('releasing parked deliveries', () => {
  it('makes the oldest of the lane due, as many as asked for', async () => {
    const [first, second, third = ''] = await parked(3)
    const [other] = await insertedDeliveries(1, `https://${host}/hook`, { apiKeyId: 'key_other' })
    await select('UPDATE deliveries SET due_at = NULL WHERE id = ?', other)
    expect(idsOf(await releaseParked(db, lane, 2, start + 1))).toEqual([first, second])
    expect(await deliveryRow(first ?? '')).toMatchObject({ due_at: start + 1, reason: null })
    expect(await deliveryRow(third)).toMatchObject({ due_at: null, reason: 'waiting_for_host' })
  })

  it('releases each of them once, though many attempts end at the same time', async () => {
    const ids = await parked(5)
    const released = await Promise.all(ids.map(() => releaseNext(db, { ...lane, isTrial: false }, start)))
    expect(idsOf(released.flat()).sort()).toEqual(ids)
  })

  it('releases as many as may be under way when the trial has closed the circuit', async () => {
    await parked(maxAttemptsPerHost + 3)
    expect(await releaseNext(db, { ...lane, isTrial: true }, start)).toHaveLength(maxAttemptsPerHost)
  })

  it('releases nothing while the circuit is open', async () => {
    await parked(2)
    await openCircuit()
    expect(await releaseNext(db, { ...lane, isTrial: false }, start)).toEqual([])
    expect(await releaseNext(db, { ...lane, isTrial: true }, start)).toEqual([])
  })

  it('releases a path that has not failed while the circuit is open, and only such a one', async () => {
    await parked(3)
    const [fresh] = await parked(2, '/other')
    expect(await releaseNewPath(db, lane, start)).toEqual([])
    await openCircuit()
    expect(idsOf(await releaseNewPath(db, lane, start))).toEqual([fresh])
    await down('/other')
    await select('UPDATE hosts SET failing_paths = \'["/hook","/other"]\'')
    expect(await releaseNewPath(db, lane, start)).toEqual([])
  })
})

describe('the sweep', () => {
  it('parks overdue deliveries of an open circuit, and leaves all others', async () => {
    await openCircuit()
    const url = `https://${host}/hook`
    const [held = '', sentNow = '', later = ''] = await insertedDeliveries(3, url)
    await select("UPDATE deliveries SET reason = 'sent_now' WHERE id = ?", sentNow)
    await select('UPDATE deliveries SET due_at = ? WHERE id = ?', start + 1, later)
    const [newPath = ''] = await insertedDeliveries(1, `https://${host}/other`)
    const [healthy = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    await parkOverdue(db, start)
    expect(await deliveryRow(held)).toMatchObject({ due_at: null, reason: 'waiting_for_host' })
    for (const id of [sentNow, later, newPath, healthy]) {
      expect(await deliveryRow(id)).toMatchObject({ due_at: expect.any(Number) })
    }
  })

  it('parks nothing once the circuit may be tried', async () => {
    await openCircuit()
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    await parkOverdue(db, start + 1_000)
    expect(await deliveryRow(id)).toMatchObject({ due_at: start })
  })

  it('releases what a crash left parked, and looks again while anything is left', async () => {
    await parked(maxAttemptsPerHost + 1)
    await select(
      "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at) VALUES (?, 'key_test', 0, 0, '[]', ?)",
      host,
      start,
    )
    expect(await releaseDueQueues(db, start - 1)).toEqual([])
    expect(await releaseDueQueues(db, start)).toHaveLength(maxAttemptsPerHost)
    expect(await hostRow(host)).toMatchObject({ due_at: start + sweepEveryMs })
    expect(await releaseDueQueues(db, start + sweepEveryMs)).toHaveLength(1)
    // Nothing is parked and nothing has failed: the row is gone.
    expect(await hostRow(host)).toBeUndefined()
  })

  it('releases one delivery of an open circuit that is due: its oldest', async () => {
    const [oldest] = await parked(3)
    await openCircuit()
    expect(await releaseDueQueues(db, start + 999)).toEqual([])
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([oldest])
  })

  it('lets failing paths take turns by their latest failure', async () => {
    const [a] = await parked(2, '/a')
    const [b] = await parked(2, '/b')
    await openCircuit('/a')
    await select('UPDATE hosts SET failing_paths = \'["/b","/a"]\'')
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([b])
    await select('UPDATE hosts SET failing_paths = \'["/a","/b"]\'')
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([a])
  })

  it('lets the newest and the oldest take turns once the whole host counts as down', async () => {
    const ids = await parked(3)
    await openCircuit()
    const paths = JSON.stringify(Array.from({ length: 10 }, (_, n) => `/${n}`))
    await select('UPDATE hosts SET failing_paths = ?, consecutive_outages = 10', paths)
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([ids.at(-1)])
    await select('UPDATE hosts SET consecutive_outages = 11')
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([ids[0]])
  })

  it('stops looking at an open circuit for which nothing is parked', async () => {
    await openCircuit()
    expect(await releaseDueQueues(db, start + 1_000)).toEqual([])
    expect(await hostRow(host)).toMatchObject({ due_at: null, consecutive_outages: failuresToOpenCircuit })
  })

  it('costs nothing for lanes that are not due', async () => {
    await openCircuit()
    await parked(2)
    await releaseDueQueues(db, start)
    expect(await countRows('deliveries', 'due_at IS NOT NULL')).toBe(0)
  })
})
