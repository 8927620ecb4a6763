/** The daily summary. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type AlertReceiver,
  aReceiver,
  checkOnce,
  emptyTables,
  insertCounts,
  insertJob,
} from '../support/alerts.ts'
import { makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

const hours = 60 * 60_000
const days = 24 * hours
const { now } = world.edges
const settings = { ALERT_SUMMARY_HOUR: '8' }
let receiver: AlertReceiver

beforeEach(() => {
  receiver = aReceiver()
})

afterEach(emptyTables)

/** Advances the clock to that hour (UTC) of the next day. */
async function untilHour(hour: number): Promise<void> {
  const today = now() - (now() % days)
  await world.advance(today + days + hour * hours + 1_000 - now())
}

it('the summary is sent once a day, at the hour of the settings, and not when alerts are set up', async () => {
  await untilHour(9)
  await checkOnce(settings)
  expect(receiver.received).toEqual([])
  await untilHour(7)
  await checkOnce(settings)
  expect(receiver.received).toEqual([])
  await untilHour(8)
  for (let n = 0; n < 3; n++) {
    await checkOnce(settings)
    await world.advance(60_000)
  }
  expect(receiver.received).toHaveLength(1)
  await untilHour(8)
  await checkOnce(settings)
  expect(receiver.bodies().map(({ type }) => type)).toEqual(['alert.summary', 'alert.summary'])
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(2)
})

it('the summary has the jobs, the costs, the lost webhooks, the size of the database, and what is raised', async () => {
  await untilHour(6)
  await checkOnce(settings)
  await makeVideo()
  await insertCounts({ succeeded: 5, failed: 2, via_webhook: 3, via_poll: 1, usd: 0.5 }, 'crun')
  await insertJob({ dueAt: now() + 600 * hours, deadlineAt: 1 })
  await world.advance(2 * hours)
  await checkOnce(settings)
  const [summary] = receiver.bodies()
  expect(summary?.type).toBe('alert.summary')
  const facts = Object.fromEntries((summary?.data.facts ?? []).map(({ name, text }) => [name, text]))
  expect(facts).toEqual({
    Jobs: '6 succeeded, 2 failed, 0 canceled, 1 not ended',
    crun: '$0.50, 25 % of 4 ends were found by a poll',
    runware: '$0.18, 0 % of 1 ends were found by a poll',
    'Deliveries failed for good': '0',
    'Messages that failed on every attempt': '0',
    Database: expect.stringMatching(/^[\d.]+ KB, (?:\+[\d.]+ KB since the last summary|unchanged)$/),
    'Raised now': 'nothing',
  })
})

it('the summary is sent again with the same id until it is accepted', async () => {
  await untilHour(7)
  await checkOnce(settings)
  await untilHour(8)
  receiver.respondNext(() => new Response('no', { status: 500 }))
  await checkOnce(settings)
  await world.advance(60_000)
  await checkOnce(settings)
  await world.advance(60_000)
  await checkOnce(settings)
  expect(receiver.received).toHaveLength(2)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
})

it('the summary is not sent if it is off', async () => {
  await untilHour(7)
  await checkOnce()
  await untilHour(8)
  await checkOnce()
  expect(receiver.received).toEqual([])
})
