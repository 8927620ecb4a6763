/** The states of a lane and their transitions, as store/deliveries/lane.ts has them in its tables. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { HostResult } from '../../../src/core/delivery.ts'
import {
  failingPathsToBlockHost,
  failuresToOpenCircuit,
  streakForgottenMs,
} from '../../../src/core/schedule/deliveries.ts'
import { leaseMs, sweepEveryMs } from '../../../src/core/schedule/jobs.ts'
import {
  claimTrial,
  closeCircuit,
  forgetIfIdle,
  recordHostResult,
  returnTrial,
} from '../../../src/store/deliveries/circuits.ts'
import { claimDelivery } from '../../../src/store/deliveries/claim.ts'
import { select } from '../../support/storage.ts'
import { aHostName, db, deliveryRow, hostRow, insertedDeliveries, start } from '../rows.ts'

const circuitWaitsMs = [1_000, 2_000, 3_000]

let host = ''

beforeEach(() => {
  host = aHostName()
})

async function result(
  hostResult: HostResult,
  {
    lease = 'another',
    path = '/hook',
    nowMs = start,
  }: { lease?: string; path?: string; nowMs?: number } = {},
) {
  const attempted = { host, ownerId: 'key_test', lease, path }
  await recordHostResult(db, attempted, { hostResult, circuitWaitsMs }, nowMs)
}

async function openCircuit(path = '/hook') {
  for (let n = 0; n < failuresToOpenCircuit; n++) await result('down', { path })
}

async function trialBy(lease: string, nowMs: number, path = '/hook') {
  const [id = ''] = await insertedDeliveries(1, `https://${host}${path}`)
  await claimTrial(db, id, lease, nowMs)
  return (await hostRow(host))?.trial === lease
}

describe('a lane without failures', () => {
  it('gets no row by a success', async () => {
    await result('accepted')
    expect(await hostRow(host)).toBeUndefined()
  })

  it.each([
    ['refused', { failures: 1, consecutive_outages: 0, failing_paths: '[]' }],
    ['down', { failures: 1, consecutive_outages: 1, failing_paths: '["/hook"]' }],
  ] as const)('starts a streak when it is %s', async (hostResult, row) => {
    await result(hostResult)
    expect(await hostRow(host)).toMatchObject({
      ...row,
      failing_since: start,
      failed_at: start,
      due_at: null,
    })
  })

  it('gets no row by an attempt that was not sent', async () => {
    await result('not_sent')
    expect(await hostRow(host)).toBeUndefined()
  })
})

describe('a failing lane', () => {
  it('counts outages in a row, and opens at the limit for the first wait', async () => {
    for (let n = 1; n < failuresToOpenCircuit; n++) await result('down', { nowMs: start + n })
    expect(await hostRow(host)).toMatchObject({
      consecutive_outages: failuresToOpenCircuit - 1,
      failing_since: start + 1,
      due_at: null,
    })
    await result('down', { nowMs: start + 100 })
    expect(await hostRow(host)).toMatchObject({
      consecutive_outages: failuresToOpenCircuit,
      failing_since: start + 1,
      due_at: start + 100 + 1_000,
    })
  })

  it('counts outages from zero after a refusal, and continues its failure streak', async () => {
    for (const hostResult of ['down', 'down', 'refused', 'down'] as const) await result(hostResult)
    expect(await hostRow(host)).toMatchObject({ failures: 4, consecutive_outages: 1, failing_since: start })
  })

  it('forgets a streak that is too old', async () => {
    await openCircuit()
    const nowMs = start + streakForgottenMs
    await result('down', { nowMs })
    expect(await hostRow(host)).toMatchObject({
      failures: 1,
      consecutive_outages: 1,
      failing_since: nowMs,
      due_at: null,
    })
  })

  it('is healthy after a success, and loses its row as soon as nothing is parked', async () => {
    await result('down')
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    await select('UPDATE deliveries SET due_at = NULL WHERE id = ?', id)
    await result('accepted', { nowMs: start + 5 })
    await forgetIfIdle(db, { host, ownerId: 'key_test' })
    expect(await hostRow(host)).toMatchObject({
      failures: 0,
      consecutive_outages: 0,
      due_at: start + 5 + sweepEveryMs,
    })
    await select("UPDATE deliveries SET status = 'delivered' WHERE id = ?", id)
    await forgetIfIdle(db, { host, ownerId: 'key_test' })
    expect(await hostRow(host)).toBeUndefined()
  })
})

describe('an open circuit', () => {
  beforeEach(() => openCircuit())

  it('parks a delivery of the failing path until it is due', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`)
    expect(await claimDelivery(db, id, 'too early', start + 999)).toEqual({ parkedForHost: host })
    expect(await deliveryRow(id)).toMatchObject({ due_at: null, reason: 'waiting_for_host' })
  })

  it('gives its one trial to one of ten deliveries that come when it is due, and parks the others', async () => {
    const ids = await insertedDeliveries(10, `https://${host}/hook`)
    const outcomes = await Promise.all(ids.map((id) => claimDelivery(db, id, id, start + 1_000)))
    const trials = outcomes.flatMap((outcome) =>
      outcome !== null && 'delivery' in outcome ? [outcome.delivery] : [],
    )
    expect(trials.map(({ isTrial }) => isTrial)).toEqual([true])
    expect(outcomes.filter((outcome) => outcome !== null && 'parkedForHost' in outcome)).toHaveLength(9)
    expect(await hostRow(host)).toMatchObject({
      trial: trials[0]?.lease,
      due_at: start + 1_000 + leaseMs,
    })
  })

  it('gives the trial to another when the lease of the first has expired', async () => {
    expect(await trialBy('first', start + 1_000)).toBe(true)
    expect(await trialBy('second', start + 1_000 + leaseMs - 1)).toBe(false)
    expect(await trialBy('second', start + 1_000 + leaseMs)).toBe(true)
  })

  it('stays open for longer after each failed trial, up to the last wait', async () => {
    let nowMs = start
    for (const waitMs of [2_000, 3_000, 3_000]) {
      nowMs = Number((await hostRow(host))?.due_at)
      expect(await trialBy(`trial at ${nowMs}`, nowMs)).toBe(true)
      await result('down', { lease: `trial at ${nowMs}`, nowMs })
      expect(await hostRow(host)).toMatchObject({ trial: null, due_at: nowMs + waitMs })
    }
  })

  it('is not moved by attempts that were under way when it opened', async () => {
    const before = await hostRow(host)
    await result('down', { lease: 'late', nowMs: start + 500 })
    expect(await hostRow(host)).toMatchObject({
      consecutive_outages: failuresToOpenCircuit,
      due_at: before?.due_at,
    })
  })

  it.each(['accepted', 'refused'] as const)('closes when the trial is %s', async (hostResult) => {
    await trialBy('trial', start + 1_000)
    await result(hostResult, { lease: 'trial', nowMs: start + 1_000 })
    expect(await hostRow(host)).toMatchObject({ consecutive_outages: 0, trial: null })
  })

  it('is free for another trial at once if the first was not sent', async () => {
    await trialBy('trial', start + 1_000)
    await returnTrial(db, { host, ownerId: 'key_test', lease: 'not the trial' }, start + 1_001)
    expect(await hostRow(host)).toMatchObject({ trial: 'trial' })
    await returnTrial(db, { host, ownerId: 'key_test', lease: 'trial' }, start + 1_001)
    expect(await hostRow(host)).toMatchObject({ trial: null, due_at: start + 1_001 })
  })

  it('holds back no other owner at the host', async () => {
    const [id = ''] = await insertedDeliveries(1, `https://${host}/hook`, { apiKeyId: 'key_other' })
    expect(await claimDelivery(db, id, 'other', start)).toMatchObject({ delivery: { isTrial: false } })
  })

  it('is closed by hand, and its queue is looked after at once', async () => {
    await closeCircuit(db, { host, ownerId: 'key_test' }, start + 7)
    expect(await hostRow(host)).toMatchObject({ failures: 0, consecutive_outages: 0, due_at: start + 7 })
  })
})

describe('the paths of a host', () => {
  it('may be tried at once while they have not failed', async () => {
    await openCircuit()
    expect(await trialBy('new path', start, '/other')).toBe(true)
  })

  it('restart the waits at the first failure of another path', async () => {
    await openCircuit()
    await trialBy('trial', start + 1_000)
    await result('down', { lease: 'trial', nowMs: start + 1_000 })
    await trialBy('new path', start + 1_000, '/other')
    await result('down', { lease: 'new path', path: '/other', nowMs: start + 1_000 })
    expect(await hostRow(host)).toMatchObject({
      consecutive_outages: failuresToOpenCircuit,
      failing_paths: '["/hook","/other"]',
      due_at: start + 2_000,
    })
  })

  it('are ordered by their latest failure', async () => {
    for (const path of ['/a', '/b', '/a']) await result('down', { path })
    expect(await hostRow(host)).toMatchObject({ failing_paths: '["/b","/a"]' })
  })

  it('are remembered up to the number at which the host itself counts as down: then no new path is tried', async () => {
    for (let n = 0; n <= failingPathsToBlockHost; n++) await result('down', { path: `/${n}` })
    const row = await hostRow(host)
    expect(JSON.parse(String(row?.failing_paths))).toHaveLength(failingPathsToBlockHost)
    expect(await trialBy('new path', start, '/untried')).toBe(false)
  })
})
