import { describe, expect, it } from 'vitest'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { claimDelivery } from '../../../src/store/deliveries/claim.ts'
import type { OwnerState } from '../../../src/store/deliveries/owners.ts'
import { redeliver, redeliverMany } from '../../../src/store/deliveries/redeliver.ts'
import { select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, hostRow, insertedDeliveries, start } from '../rows.ts'

const failed = "status = 'failed', reason = 'exhausted', attempts = 10, due_at = NULL"

const enabled: OwnerState = { obstacle: null, url: null, encryptedSecrets: [] }

async function failedDeliveries(count: number, host = aHostName()): Promise<string[]> {
  const ids = await insertedDeliveries(count, `https://${host}/hook`)
  for (const id of ids) await select(`UPDATE deliveries SET ${failed} WHERE id = ?`, id)
  return ids
}

describe('redelivering one delivery', () => {
  it('restarts the schedule of one that has ended, and keeps counting its attempts', async () => {
    const [id = ''] = await failedDeliveries(1)
    expect(await redeliver(db, { id, endpointId: null }, enabled, start + 5)).toBe(true)
    expect(await deliveryRow(id)).toMatchObject({
      status: 'pending',
      reason: 'sent_now',
      attempts: 10,
      attempts_before: 10,
      due_at: start + 5,
    })
  })

  it('only brings forward the next attempt of one that is pending', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    await select('UPDATE deliveries SET attempts = 3, due_at = ? WHERE id = ?', start + 1_000_000, id)
    expect(await redeliver(db, { id, endpointId: null }, enabled, start)).toBe(true)
    expect(await deliveryRow(id)).toMatchObject({ attempts: 3, attempts_before: 0, due_at: start })
  })

  it('is refused while an attempt is under way, and not after its lease has expired', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    await claimDelivery(db, id, 'a lease', start)
    expect(await redeliver(db, { id, endpointId: null }, enabled, start + leaseMs - 1)).toBe(false)
    expect(await redeliver(db, { id, endpointId: null }, enabled, start + leaseMs)).toBe(true)
  })

  it('goes to the current URL of its endpoint', async () => {
    const endpointId = 'ep_01kbk6v3x6f9ja8c6mphr3z4aw'
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`, { endpointId })
    const owner = { ...enabled, url: 'https://moved.test/new?x=1' }
    expect(await redeliver(db, { id, endpointId }, owner, start)).toBe(true)
    expect(await deliveryRow(id)).toMatchObject({ url: owner.url, host: 'moved.test', path: '/new' })
  })
})

describe('redelivering many deliveries', () => {
  it('parks them page by page, the oldest first, each once, and makes their lane due', async () => {
    await select('DELETE FROM deliveries')
    const host = aHostName()
    const ids = await failedDeliveries(5, host)
    const [pending = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    const filter = { status: 'failed' as const, sinceMs: 0 }
    const stores = { databases: [db], findOwner: async () => enabled }
    const first = await redeliverMany(stores, filter, { after: null, limit: 3 }, start)
    const second = await redeliverMany(stores, filter, { after: first.next, limit: 3 }, start)
    const redelivered = [...first.redelivered, ...second.redelivered].map(({ id }) => id)
    expect([redelivered.sort(), second.next]).toEqual([ids, null])
    expect(first.redelivered.map(({ id }) => id).sort()).toEqual(ids.slice(0, 3))
    for (const id of ids) {
      expect(await deliveryRow(id)).toMatchObject({
        status: 'pending',
        reason: 'waiting_for_host',
        due_at: null,
        attempts_before: 10,
      })
    }
    expect(await deliveryRow(pending)).toMatchObject({ due_at: start, reason: null })
    expect(await hostRow(host)).toMatchObject({ due_at: start })
  })

  it('skips those whose owner is disabled', async () => {
    await select('DELETE FROM deliveries')
    const disabledHost = aHostName()
    const [disabled = ''] = await failedDeliveries(1, disabledHost)
    const [other] = await failedDeliveries(1)
    const findOwner = async ({ host }: { host: string }) =>
      host === disabledHost ? { ...enabled, obstacle: 'disabled' as const } : enabled
    const filter = { status: 'failed' as const, sinceMs: 0 }
    const { redelivered } = await redeliverMany(
      { databases: [db], findOwner },
      filter,
      { after: null, limit: 10 },
      start,
    )
    expect(redelivered.map(({ id }) => id)).toEqual([other])
    expect(await deliveryRow(disabled)).toMatchObject({ status: 'failed' })
  })

  it('does not shorten the lease of a trial at their host', async () => {
    await select('DELETE FROM deliveries')
    const host = aHostName()
    await failedDeliveries(1, host)
    await select(
      "INSERT INTO hosts (host, owner_id, failures, consecutive_outages, failing_paths, due_at, trial) VALUES (?, 'key_test', 10, 10, '[]', ?, 'a lease')",
      host,
      start + leaseMs,
    )
    const filter = { status: 'failed' as const, sinceMs: 0 }
    const stores = { databases: [db], findOwner: async () => enabled }
    await redeliverMany(stores, filter, { after: null, limit: 10 }, start)
    expect(await hostRow(host)).toMatchObject({ due_at: start + leaseMs })
  })
})
