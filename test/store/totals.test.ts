/** The totals of the counters: they only grow, whatever is folded, deleted or repeated. */

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { countSettled, deleteOldCounters } from '../../src/store/jobs/counters.ts'
import { foldCounters, hourMs, readTotals } from '../../src/store/upkeep/totals.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { aSettledJob } from '../support/settled-job.ts'
import { countRows, select } from '../support/storage.ts'

const db = openDatabase(env.DB)
const midnight = Date.UTC(2026, 10, 28)

beforeEach(async () => {
  await env.DB.batch([
    env.DB.prepare('DELETE FROM counters'),
    env.DB.prepare("DELETE FROM reconciliations WHERE name = 'totals'"),
  ])
})

/** A job that was created at one time, ended at another, and cost this much. */
async function countJob(createdAt: number, settledAt: number, usd = 0.1): Promise<void> {
  const job = aSettledJob(createdAt, settledAt, createdAt % 2 === 0 ? null : 'shop')
  const task = {
    provider: 'runware',
    status: 'succeeded',
    wanted: 1,
    completedVia: 'webhook',
    intendedAt: createdAt,
    unknownAt: null,
    endedAt: settledAt,
    cost: { source: 'provider', amount_usd: usd },
    fault: null,
  } as const
  const [first, ...rest] = countSettled(db, { job, tasks: [task], webhooks: [] }, settledAt)
  if (first !== undefined) await db.batch([first, ...rest])
}

async function totals(): Promise<Record<string, number>> {
  return Object.fromEntries((await readTotals(db)).map(({ provider, name, n }) => [`${provider} ${name}`, n]))
}

const foldedUntil = () =>
  select<{ due_at: number }>("SELECT due_at FROM reconciliations WHERE name = 'totals'")

describe('the totals', () => {
  it('are the counters before any hour is folded, the money in millionths', async () => {
    await countJob(midnight, midnight + 60_000, 0.1)
    await countJob(midnight + 1, midnight + 60_000, 0.2)
    expect(await totals()).toMatchObject({
      'runware succeeded': 2,
      'runware via_webhook': 2,
      'runware usd': 300_000,
    })
  })

  it('stay the same when hours are folded, and when their counters are deleted', async () => {
    for (let hour = 0; hour < 200; hour++)
      await countJob(midnight + hour * hourMs, midnight + hour * hourMs + 30_000, 0.1 + hour / 3e6)
    const before = await totals()
    const after = midnight + 210 * hourMs
    await foldCounters(db, after)
    expect(await foldedUntil()).toEqual([{ due_at: after - hourMs }])
    expect(await totals()).toEqual(before)
    await deleteOldCounters(db, after + 60 * 24 * hourMs)
    expect(await countRows('counters')).toBe(0)
    expect(await totals()).toEqual(before)
  })

  it('leave the last hour in the counters: commits that belong to it may still be under way', async () => {
    await countJob(midnight, midnight + 1_000)
    await foldCounters(db, midnight + 2 * hourMs - 1)
    expect(await foldedUntil()).toEqual([{ due_at: midnight }])
    await foldCounters(db, midnight + 2 * hourMs)
    expect(await foldedUntil()).toEqual([{ due_at: midnight + hourMs }])
  })

  it.each([0.5, 1.5, 30])('count a job once that ends %d hours after its creation', async (hours) => {
    await countJob(midnight, midnight + 1_000)
    const endAt = midnight + hours * hourMs
    await foldCounters(db, endAt)
    await countJob(midnight + 1, endAt)
    expect(await totals()).toMatchObject({ 'runware succeeded': 2, 'runware usd': 200_000 })
    await foldCounters(db, endAt + 5 * hourMs)
    expect(await totals()).toMatchObject({ 'runware succeeded': 2, 'runware usd': 200_000 })
  })

  it('count each hour once if two sweeps fold at once', async () => {
    for (let hour = 0; hour < 5; hour++)
      await countJob(midnight + hour * hourMs, midnight + hour * hourMs + 1)
    await Promise.all(Array.from({ length: 4 }, () => foldCounters(db, midnight + 10 * hourMs)))
    expect(await totals()).toMatchObject({ 'runware succeeded': 5 })
  })

  it('never shrink while hours of uneven costs are folded one by one', async () => {
    let [last, at] = [0, midnight]
    for (let hour = 0; hour < 40; hour++, at += hourMs) {
      await countJob(at, at + 1_000, 0.1 * ((hour * 7) % 11) + 1 / 3)
      for (const nowMs of [at + 2_000, at + 3 * hourMs]) {
        await foldCounters(db, nowMs)
        const usd = (await totals())['runware usd'] ?? 0
        expect(usd).toBeGreaterThanOrEqual(last)
        last = usd
      }
    }
  })

  it('begin again where their row is damaged, which keeps no job from its end', async () => {
    await countJob(midnight, midnight + 1_000)
    await foldCounters(db, midnight + 10 * hourMs)
    await select("UPDATE reconciliations SET counts = '{' WHERE name = 'totals'")
    await countJob(midnight, midnight + 10 * hourMs)
    expect(await totals()).toMatchObject({ 'runware succeeded': 1 })
  })

  it('take one row for each database, however many hours are in it', async () => {
    const worker = createMeteredWorker()
    const metered = openDatabase(worker.bindings.DB ?? env.DB)
    const rowsRead = async () => {
      const before = worker.bill().rowsRead
      await readTotals(metered)
      return worker.bill().rowsRead - before
    }
    for (let hour = 0; hour < 3; hour++)
      await countJob(midnight + hour * hourMs, midnight + hour * hourMs + 1)
    await foldCounters(db, midnight + 10 * hourMs)
    const before = await rowsRead()
    for (let hour = 9; hour < 100; hour++)
      await countJob(midnight + hour * hourMs, midnight + hour * hourMs + 1)
    await foldCounters(db, midnight + 110 * hourMs)
    expect(await rowsRead()).toBeLessThanOrEqual(before)
    expect(before).toBeLessThan(40)
  })
})
