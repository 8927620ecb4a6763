/** The bytes that a job takes in the database, before and after it is pruned. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { hours } from '../../src/core/schedule/units.ts'
import { apiRequest } from '../support/api-call.ts'
import { createMeteredWorker, type MeteredWorker } from '../support/meter.ts'
import { aRequest, getJob } from '../support/reelhook.ts'
import { days } from '../support/retention.ts'
import { publicBaseUrl, world } from '../support/world.ts'

const jobCount = 60
// The entries of the lists, which pruning keeps, are about 140 bytes of it.
const maxPrunedBytes = 3_200
const prompt = 'A paper boat drifts down a rainy gutter. '.repeat(10).slice(0, 380)

it('a job takes at most 12,100 bytes, and 3,200 once it is pruned', { timeout: 120_000 }, async () => {
  const worker = createMeteredWorker()
  // A sweep at the turn of an hour also writes the totals.
  await world.advance(hours - (world.edges.now() % hours))
  const empty = await usedBytes()
  const ids = await makeJobs(worker, jobCount)
  expect(await bytesPerJobSince(empty)).toBeLessThanOrEqual(12_100)

  const before = worker.bill()
  await pruneAll(worker)
  const rowsWritten = worker.bill().rowsWritten - before.rowsWritten
  expect(await bytesPerJobSince(empty)).toBeLessThanOrEqual(maxPrunedBytes)
  // One for the job, one for the delivery, one for its webhook, and two for the answers in its task.
  expect(rowsWritten / jobCount).toBeLessThanOrEqual(5.3)
  expect(await getJob(ids[0] ?? '')).toMatchObject({ status: 'succeeded', pruned_at: expect.any(String) })
})

it('the freed pages are used again: the next jobs take no more than what stays of them', {
  timeout: 120_000,
}, async () => {
  const worker = createMeteredWorker()
  const afterFirst = await usedBytes()
  await makeJobs(worker, jobCount)
  await pruneAll(worker)
  expect(await bytesPerJobSince(afterFirst)).toBeLessThanOrEqual(maxPrunedBytes)
})

async function makeJobs(worker: MeteredWorker, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    world.respondNext(`${publicBaseUrl}/webhooks`, (request) => worker.fetch(request))
    const accepted = await worker.fetch(
      apiRequest('POST', '/v1/jobs', aRequest({ provider: n % 2 === 0 ? 'runware' : 'crun', prompt }), {
        'idempotency-key': crypto.randomUUID(),
      }),
    )
    ids.push((await accepted.json<{ id: string }>()).id)
    await worker.drain()
    await world.advance(10_000)
    await worker.drain()
  }
  return ids
}

/** The next round of pruning, a month later. */
async function pruneAll(worker: MeteredWorker): Promise<void> {
  await world.advance(31 * days)
  for (let minutes = 0; minutes < 10; minutes++) {
    await world.advance(60_000)
    await worker.sweep()
  }
}

async function bytesPerJobSince(before: number): Promise<number> {
  return ((await usedBytes()) - before) / jobCount
}

/** Without the pages that were freed, as D1 counts. */
async function usedBytes(): Promise<number> {
  const { meta } = await env.DB.prepare('SELECT 1').run()
  return meta.size_after
}
