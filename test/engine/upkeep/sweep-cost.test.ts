/** The cost of a sweep that finds nothing overdue. What it reads depends on the hours in which jobs ended: here it is one. */
import { beforeAll, expect, it } from 'vitest'
import { postTo, receiveWebhooks } from '../../support/limited.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { untilHourStarts, untilSweepIs } from '../../support/minutes.ts'
import { getJob } from '../../support/reelhook.ts'

beforeAll(async () => {
  await untilHourStarts()
  const worker = createMeteredWorker()
  receiveWebhooks(worker)
  const id = await postTo(worker)
  await worker.passSeconds(50)
  expect((await getJob(id)).status).toBe('succeeded')
})

it('a sweep with nothing to do looks at jobs, late checks, erasures, deliveries, slots, hosts, lines the mark and the round of the bucket, writes one row and reads thirteen', async () => {
  await untilSweepIs('usual')
  const worker = createMeteredWorker()
  await worker.sweep()
  expect(worker.bill()).toEqual({ rowsWritten: 1, rowsRead: 13, roundTrips: 9, messages: 0 })
})

it('every tenth sweep also looks for jobs and starts to prune, for reservations of jobs that have ended, and adds counters to the totals', async () => {
  await untilSweepIs('larger')
  const worker = createMeteredWorker()
  await worker.sweep()
  expect(worker.bill()).toEqual({ rowsWritten: 2, rowsRead: 36, roundTrips: 16, messages: 0 })
})
