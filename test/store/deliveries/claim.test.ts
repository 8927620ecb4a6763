import { describe, expect, it } from 'vitest'
import { maxAttemptsPerHost } from '../../../src/core/schedule/deliveries.ts'
import { leaseMs, sweepEveryMs } from '../../../src/core/schedule/jobs.ts'
import { claimDelivery, overdueDeliveries } from '../../../src/store/deliveries/claim.ts'
import { select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, hostRow, insertedDeliveries, start } from '../rows.ts'

const claim = (id: string, nowMs = start) => claimDelivery(db, id, crypto.randomUUID(), nowMs)

describe('claiming a delivery', () => {
  it('succeeds for one of ten claims at the same time', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    const claims = await Promise.all(Array.from({ length: 10 }, () => claim(id)))
    const winners = claims.flatMap((outcome) =>
      outcome !== null && 'delivery' in outcome ? [outcome.delivery] : [],
    )
    expect(winners).toHaveLength(1)
    expect(await deliveryRow(id)).toMatchObject({ lease: winners[0]?.lease, due_at: start + leaseMs })
  })

  it('changes nothing before the delivery is due', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    const before = await deliveryRow(id)
    expect(await claim(id, start - 1)).toBeNull()
    expect(await deliveryRow(id)).toEqual(before)
  })

  it('is refused until the lease of an attempt that died has expired', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    await claim(id)
    expect(await claim(id, start + leaseMs - 1)).toBeNull()
    expect(await claim(id, start + leaseMs)).toMatchObject({ delivery: { id } })
  })
})

describe('a lane without capacity', () => {
  it('parks what comes beyond its limit, and has a row by which the sweep finds it', async () => {
    const host = aHostName()
    const ids = await insertedDeliveries(maxAttemptsPerHost + 1, `https://${host}/hook`)
    for (const id of ids.slice(0, maxAttemptsPerHost)) {
      expect(await claim(id)).toMatchObject({ delivery: { id } })
    }
    const last = ids.at(-1) ?? ''
    expect(await claim(last)).toEqual({ parkedForHost: host })
    expect(await deliveryRow(last)).toMatchObject({ due_at: null, lease: null, reason: 'waiting_for_host' })
    expect(await hostRow(host)).toMatchObject({ failures: 0, due_at: start + sweepEveryMs })
  })

  it('never has more attempts under way than its limit, however many claims come at once', async () => {
    const host = aHostName()
    const ids = await insertedDeliveries(2 * maxAttemptsPerHost, `https://${host}/hook`)
    const outcomes = await Promise.all(ids.map((id) => claim(id)))
    const underWay = outcomes.filter((outcome) => outcome !== null && 'delivery' in outcome)
    expect(underWay).toHaveLength(maxAttemptsPerHost)
  })

  it('has capacity again when the leases of its attempts have expired', async () => {
    const ids = await insertedDeliveries(maxAttemptsPerHost + 1, `https://${aHostName()}/hook`)
    for (const id of ids.slice(1)) await claim(id)
    const [id = ''] = ids
    expect(await claim(id, start + leaseMs)).toMatchObject({ delivery: { id } })
  })

  it('holds back no other owner and no other host', async () => {
    const host = aHostName()
    const full = await insertedDeliveries(maxAttemptsPerHost, `https://${host}/hook`)
    for (const id of full) await claim(id)
    const [other = ''] = await insertedDeliveries(1, `https://${host}/hook`, { apiKeyId: 'key_other' })
    const [elsewhere = ''] = await insertedDeliveries(1, `https://${aHostName()}/hook`)
    expect(await claim(other)).toMatchObject({ delivery: { id: other } })
    expect(await claim(elsewhere)).toMatchObject({ delivery: { id: elsewhere } })
  })

  it('does not hold back a delivery that a caller sends now', async () => {
    const ids = await insertedDeliveries(maxAttemptsPerHost + 1, `https://${aHostName()}/hook`)
    for (const id of ids.slice(1)) await claim(id)
    const [sentNow = ''] = ids
    await select("UPDATE deliveries SET reason = 'sent_now' WHERE id = ?", sentNow)
    expect(await claim(sentNow)).toMatchObject({ delivery: { id: sentNow } })
  })
})

describe('the overdue deliveries', () => {
  it('are those due by now, the longest overdue first, without the parked ones', async () => {
    await select('DELETE FROM deliveries')
    const ids = await insertedDeliveries(4, `https://${aHostName()}/hook`)
    for (const [n, dueAt] of [start, start - 1, null, start + 1].entries()) {
      await select('UPDATE deliveries SET due_at = ? WHERE id = ?', dueAt, ids[n])
    }
    expect(await overdueDeliveries(db, start, 10)).toEqual([ids[1], ids[0]])
    expect(await overdueDeliveries(db, start, 1)).toEqual([ids[1]])
  })
})
