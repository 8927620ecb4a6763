/** The promises about every ended job, however it ended. */
import { expect } from 'vitest'
import type { JobStatus } from '../../src/core/job/job.ts'
import { billsFor, getJob, rowsOf, sweep, timelineOf, untilNotified } from './reelhook.ts'
import { objectKeys, select } from './storage.ts'
import { world } from './world.ts'

const hours = 3_600_000

/** One final event, one delivery, at most one bill, no work left, and no object in R2 without a row. */
export async function expectOneEnd(id: string, status: JobStatus): Promise<void> {
  const deliveries = await untilNotified(id)
  const before = await rowsOf(id)
  await world.advance(2 * hours)
  await sweep()
  expect(await rowsOf(id)).toEqual(before)

  expect((await getJob(id)).status).toBe(status)
  expect((await timelineOf(id)).filter(isEnd)).toEqual([`job.${status}`])
  expect(deliveries.map(({ body }) => JSON.parse(body).type)).toEqual([`job.${status}`])
  expect(world.caller.receivedFor(id)).toHaveLength(1)
  expect(billsFor(id).length).toBeLessThanOrEqual(1)
  expect(await select('SELECT due_at, lease, leased_until, woken_at FROM jobs WHERE id = ?', id)).toEqual([
    { due_at: null, lease: null, leased_until: null, woken_at: null },
  ])
  const outputs = await select<{ key: string }>(
    'SELECT key FROM outputs WHERE job_id = ? AND key IS NOT NULL',
    id,
  )
  expect(await objectKeys(`jobs/${id}/`)).toEqual(outputs.map(({ key }) => key))
}

export function isEnd(type: string): boolean {
  return /^job\.(succeeded|failed|canceled)$/.test(type)
}
