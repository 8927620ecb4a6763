/** When messages are sent: once for each change, again until they are accepted, and never what is secret. */

import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkAlerts } from '../../src/alerts/check.ts'
import { alertSecrets } from '../../src/alerts/secret.ts'
import { recordDeadLetter } from '../../src/engine/upkeep/dead-letter.ts'
import { markSent, readAlerts, saveAlerts } from '../../src/store/alerts.ts'
import { openDatabase } from '../../src/store/database.ts'
import {
  type AlertReceiver,
  alertUrl,
  aReceiver,
  checkAll,
  checkMinutes,
  checkOnce,
  emptyTables,
  insertJob,
  linesOf,
} from '../support/alerts.ts'
import { isSignedWith } from '../support/caller.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { aContext } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import worker from '../support/worker.ts'
import { world } from '../support/world.ts'

const minutes = 60_000
const hours = 60 * minutes
const { now } = world.edges
const db = openDatabase(env.DB)
let receiver: AlertReceiver

beforeEach(() => {
  receiver = aReceiver()
})

afterEach(emptyTables)

async function loseJob(): Promise<string> {
  return insertJob({ dueAt: now() + 600 * hours, deadlineAt: 1 })
}

const idsOf = ({ received }: AlertReceiver) => received.map(({ headers }) => headers['webhook-id'])
const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    new Response('no', { status, headers })

describe('a state that changes at every check', () => {
  it('raises nothing while it is below the limit every second time', async () => {
    for (let n = 0; n < 5; n++) {
      await loseJob()
      await checkMinutes(1)
      await select('DELETE FROM jobs')
      await checkMinutes(1)
    }
    expect(receiver.received).toEqual([])
  })

  it('sends one message if it was raised before', async () => {
    await loseJob()
    await checkMinutes(2)
    for (let n = 0; n < 5; n++) {
      await select('DELETE FROM jobs')
      await checkMinutes(3)
      await loseJob()
      await checkMinutes(1)
    }
    expect(linesOf(receiver)).toEqual(['raised: 1 job past the deadline'])
  })
})

describe('a message', () => {
  it('is sent again each minute, with the same id and body, until it is accepted', async () => {
    receiver.respondNext(refuse(500), refuse(404))
    await loseJob()
    await checkMinutes(6)
    expect(receiver.received).toHaveLength(3)
    expect(new Set(idsOf(receiver)).size).toBe(1)
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1)
    expect(receiver.received[1]?.at).toBe((receiver.received[0]?.at ?? 0) + 1 * minutes)
  })

  it('waits as long as the receiver asks', async () => {
    receiver.respondNext(refuse(429, { 'retry-after': '150' }))
    await loseJob()
    await checkMinutes(4)
    expect(receiver.received).toHaveLength(1)
    await checkMinutes(2)
    expect(receiver.received).toHaveLength(2)
  })

  it('has every change of its check, and its own id', async () => {
    await loseJob()
    await insertJob({ dueAt: now() - 10 * minutes, deadlineAt: now() + 600 * hours })
    await checkMinutes(2)
    await select('DELETE FROM jobs')
    await checkMinutes(5)
    expect(linesOf(receiver).map((line) => line.split(':')[0])).toEqual([
      'raised',
      'raised',
      'raised',
      'cleared',
      'cleared',
      'cleared',
    ])
    expect(receiver.received).toHaveLength(2)
    expect(new Set(idsOf(receiver)).size).toBe(2)
  })

  it('is signed with the secret that the operator sees, and with the one before it', async () => {
    await loseJob()
    const SIGNING_SECRET = 'a newer signing secret of forty characters'
    await checkMinutes(2, { SIGNING_SECRET, SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET })
    const [message] = receiver.received
    if (message === undefined) throw new Error('no message was sent')
    for (const secret of await alertSecrets([SIGNING_SECRET, env.SIGNING_SECRET]))
      expect(isSignedWith(secret, message)).toBe(true)
  })

  it('is sent once by two crons at once', async () => {
    await loseJob()
    await checkMinutes(1)
    await world.advance(1 * minutes)
    await Promise.all([checkOnce(), checkOnce(), checkOnce()])
    expect(receiver.received).toHaveLength(1)
  })

  it('is repeated after a day while the alert is raised, with the figures of then', async () => {
    await loseJob()
    await checkMinutes(2)
    await loseJob()
    await world.advance(23 * hours)
    await checkMinutes(1)
    expect(receiver.received).toHaveLength(1)
    await world.advance(1 * hours)
    await checkMinutes(3)
    expect(linesOf(receiver)).toEqual([
      'raised: 1 job past the deadline',
      'still_raised: 2 jobs past the deadline',
    ])
  })

  it('goes out although the bucket and the queues are down', async () => {
    await loseJob()
    const down = { head: () => Promise.reject(new Error('down')) }
    await checkMinutes(2, { BUCKET: down })
    expect(linesOf(receiver)).toContain('raised: 1 job past the deadline')
  })
})

describe('dead letters', () => {
  it('raise one message for each batch, which is over by itself', async () => {
    const id = await loseJob()
    await recordDeadLetter(aContext(), { job: id })
    await checkAll(1)
    await select('DELETE FROM jobs WHERE id <> ?', id)
    await select('UPDATE jobs SET deadline_at = ?', now() + 600 * hours)
    expect(receiver.received).toEqual([])
    await recordDeadLetter(aContext(), { job: id })
    await recordDeadLetter(aContext(), { job: id })
    receiver.respondNext(refuse(500))
    await checkAll(1)
    await recordDeadLetter(aContext(), { job: id })
    await checkMinutes(2)
    expect(linesOf(receiver)).toEqual(Array(2).fill('happened: 2 messages failed on every attempt'))
    expect(new Set(idsOf(receiver)).size).toBe(1)
    await checkAll(3)
    expect(linesOf(receiver).slice(2)).toEqual(['happened: 1 message failed on every attempt'])
    expect(await countRows('alerts', "name = 'dead_letters' AND is_raised = 0")).toBe(1)
  })

  it('of the next hour are counted too', async () => {
    const id = await loseJob()
    await select('UPDATE jobs SET deadline_at = ?', now() + 600 * hours)
    await recordDeadLetter(aContext(), { job: id })
    await checkAll(1)
    await world.advance(1 * hours)
    await recordDeadLetter(aContext(), { job: id })
    await checkAll(1)
    expect(linesOf(receiver)).toEqual(['happened: 1 message failed on every attempt'])
  })
})

describe('the check', () => {
  it('reads and writes nothing without ALERT_URL', async () => {
    const metered = createMeteredWorker()
    await checkAlerts(aContext({}, metered.bindings))
    expect(metered.bill()).toEqual({ rowsRead: 0, rowsWritten: 0, roundTrips: 0, messages: 0 })
    expect(await countRows('alerts')).toBe(0)
  })

  it('costs a few rows while all is well', async () => {
    const metered = createMeteredWorker({ ALERT_URL: alertUrl, ALERT_SUMMARY_HOUR: 'off' })
    const settings = { ...metered.bindings, JOBS: env.JOBS, RESULTS: env.RESULTS, DELIVERIES: env.DELIVERIES }
    const costOf = async (check: () => Promise<void>) => {
      const before = metered.bill()
      await check()
      const after = metered.bill()
      return { read: after.rowsRead - before.rowsRead, written: after.rowsWritten - before.rowsWritten }
    }
    await checkAll(2, settings)
    const usual = await costOf(() => checkMinutes(1, settings))
    const fifth = await costOf(() => checkAll(1, settings))
    expect([usual, fifth]).toEqual([
      { read: 20, written: 1 },
      { read: 27, written: 1 },
    ])
  })

  it('is run by the cron', async () => {
    const bindings = { ...env, ALERT_URL: alertUrl, ALERT_SUMMARY_HOUR: 'off' }
    await loseJob()
    for (let n = 0; n < 2; n++) {
      await world.advance(1 * minutes)
      const context = createExecutionContext()
      await worker.scheduled?.(createScheduledController(), bindings, context)
      await waitOnExecutionContext(context)
    }
    expect(linesOf(receiver)).toEqual(['raised: 1 job past the deadline'])
  })
})

describe('the secret parts of ALERT_URL', () => {
  it('are in no log line and in no row, also when the receiver repeats them', async () => {
    receiver.respondNext(() => new Response(`no such hook: ${alertUrl}`, { status: 404 }))
    await loseJob()
    await checkMinutes(2)
    const seen = JSON.stringify([world.logs, await select('SELECT * FROM alerts')])
    for (const secret of ['a-secret-path', 'a-secret-query']) expect(seen).not.toContain(secret)
    expect(seen).toContain('the receiver answered 404')
  })
})

it('news that came while an earlier message was under way are not marked as sent with it', async () => {
  const row = { name: 'jobs_overdue', isRaised: false, opposed: 0, changedAt: 2, sentAt: null }
  await saveAlerts(db, [{ ...row, evidence: JSON.stringify({ kind: 'cleared', at: 2 }) }])
  await markSent(db, { names: ['jobs_overdue'], ended: [], newsAt: 1 }, 3)
  expect((await readAlerts(db)).find(({ name }) => name === 'jobs_overdue')?.sentAt).toBeNull()
  await markSent(db, { names: ['jobs_overdue'], ended: [], newsAt: 2 }, 3)
  expect((await readAlerts(db)).find(({ name }) => name === 'jobs_overdue')?.sentAt).toBe(3)
})
