/** Exports that are interrupted, repeated, or overtaken by an erasure. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import type { Context } from '../../src/context.ts'
import { exportLeaseMs, maxExportsAtOnce } from '../../src/core/schedule/jobs.ts'
import { exportOutput } from '../../src/exports/export-output.ts'
import { apiRequest } from '../support/api-call.ts'
import { s3Error } from '../support/export-bucket.ts'
import {
  anExportingWorker,
  type ExportingWorker,
  exportOf,
  exportSettings,
  makeVideoWith,
} from '../support/exports.ts'
import { type PausePoint, tryPause } from '../support/hold-step.ts'
import { timelineOf } from '../support/reelhook.ts'
import { leftOf, nothing } from '../support/remains.ts'
import { aContext, deadQueue } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

afterEach(() => select('DELETE FROM exports'))

const exported = 'output.exported'

/** A job whose video is stored, and whose export is due: its first attempt failed. */
async function aDueExport(overrides: Record<string, unknown> = {}) {
  const worker = anExportingWorker()
  worker.bucket.respondNext(() => s3Error(500, 'InternalError'))
  const id = await makeVideoWith(worker, overrides)
  await world.advance(60_000)
  return { worker, id }
}

const attempt = (id: string) => (context: Context) => exportOutput(context, { jobId: id, n: 0 })

/** The process of an attempt dies at this point. */
async function die(id: string, place: PausePoint): Promise<void> {
  expect(await tryPause(place, attempt(id), exportSettings as unknown as Partial<Env>)).not.toBeNull()
}

/** The next sweep after the lease has ended. */
async function recover(worker: ExportingWorker): Promise<void> {
  await world.advance(exportLeaseMs)
  await worker.sweep()
  await worker.drain()
}

async function countEntries(id: string): Promise<number> {
  return (await timelineOf(id)).filter((type) => type === exported).length
}

describe('an attempt that dies', () => {
  it.each<[string, PausePoint, number]>([
    ['after its claim', { commit: 1, when: 'after' }, 1],
    ['before the bucket has the video', { call: 's3.test', when: 'before' }, 1],
    ['after the bucket has the video', { call: 's3.test', when: 'after' }, 2],
    ['before its commit', { commit: 2, when: 'before' }, 2],
  ])('%s is made again after its lease, and the event is sent once', async (_, place, puts) => {
    const { worker, id } = await aDueExport({ callback_events: [exported] })
    worker.bucket.puts.length = 0
    await die(id, place)
    expect(await exportOf(worker, id)).toMatchObject({ status: 'pending' })
    await recover(worker)
    expect(await exportOf(worker, id)).toMatchObject({ status: 'exported' })
    expect(worker.bucket.puts).toEqual(Array(puts).fill(`${id}/0.mp4`))
    expect(await countEntries(id)).toBe(1)
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })

  it('after its commit has notified: the sweep wakes the delivery', async () => {
    const { worker, id } = await aDueExport({ callback_events: [exported] })
    await die(id, { commit: 2, when: 'after' })
    await recover(worker)
    expect(world.caller.receivedFor(id)).toHaveLength(1)
    expect(await countEntries(id)).toBe(1)
  })

  it('is no longer the holder: its late result is not recorded', async () => {
    const { worker, id } = await aDueExport({ callback_events: [exported] })
    const held = await tryPause(
      { call: 's3.test', when: 'after' },
      attempt(id),
      exportSettings as unknown as Partial<Env>,
    )
    await recover(worker)
    await held?.resume()
    expect(await countEntries(id)).toBe(1)
    expect(world.caller.receivedFor(id)).toHaveLength(1)
  })
})

describe('exports at the same moment', () => {
  /** Further exports of the job that are under way, or due; only the lease counts. */
  const insertOthers = (id: string, lease: string | null, dueAt: number) =>
    select(
      "INSERT INTO exports (job_id, n, status, attempts, due_at, lease) SELECT ?, value, 'pending', 0, ?, ? FROM json_each(?)",
      id,
      dueAt,
      lease,
      JSON.stringify(Array.from({ length: maxExportsAtOnce }, (_, n) => n + 1)),
    )

  it('are limited: a further one waits until a place is free', async () => {
    const { worker, id } = await aDueExport()
    worker.bucket.puts.length = 0
    const context = aContext({}, exportSettings as unknown as Partial<Env>)
    await insertOthers(id, 'another attempt', world.edges.now() + exportLeaseMs)
    await attempt(id)(context)
    expect(worker.bucket.puts).toEqual([])
    await select('UPDATE exports SET lease = NULL WHERE job_id = ? AND n = 1', id)
    await attempt(id)(context)
    expect(worker.bucket.puts).toEqual([`${id}/0.mp4`])
  })

  it('count no longer when their lease has ended', async () => {
    const { worker, id } = await aDueExport()
    worker.bucket.puts.length = 0
    await insertOthers(id, 'a dead attempt', world.edges.now())
    await attempt(id)(aContext({}, exportSettings as unknown as Partial<Env>))
    expect(worker.bucket.puts).toEqual([`${id}/0.mp4`])
  })

  it('are begun by one sweep up to the limit', async () => {
    const { worker, id } = await aDueExport()
    await insertOthers(id, null, world.edges.now())
    await worker.sweep()
    const swept = world.logs.filter(({ event }) => event === 'sweep.finished').at(-1)
    expect(swept?.fields).toMatchObject({ exports: maxExportsAtOnce })
  })
})

describe('a wake-up', () => {
  it('that arrives twice copies once', async () => {
    const { worker, id } = await aDueExport()
    worker.bucket.puts.length = 0
    const contexts = [0, 1, 2].map(() => aContext({}, exportSettings as unknown as Partial<Env>))
    await Promise.all(contexts.map(attempt(id)))
    expect(worker.bucket.puts).toHaveLength(1)
    expect(await countEntries(id)).toBe(1)
  })

  it('that is lost is replaced by the sweep', async () => {
    const worker = anExportingWorker()
    worker.bucket.respondNext(() => s3Error(500, 'InternalError'))
    const id = await makeVideoWith(worker)
    await world.advance(60_000)
    const lost = aContext({}, { ...exportSettings, RESULTS: deadQueue } as unknown as Partial<Env>)
    await lost.queues.exports([{ jobId: id, n: 0 }], 0)
    await worker.sweep()
    await worker.drain()
    expect(await exportOf(worker, id)).toMatchObject({ status: 'exported' })
  })

  it('for an export that does not exist does nothing', async () => {
    await attempt('job_01kbk6v3x6f9ja8c6mphr3z400')(aContext({}, exportSettings as unknown as Partial<Env>))
  })
})

describe('an erased job', () => {
  const erase = (worker: ExportingWorker, id: string) =>
    worker.fetch(apiRequest('DELETE', `/v1/jobs/${id}?force=true`))

  it('has no export left, and its copy in the bucket stays', async () => {
    const worker = anExportingWorker()
    const id = await makeVideoWith(worker)
    expect((await erase(worker, id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
    expect([...worker.bucket.copies.keys()]).toEqual([`${id}/0.mp4`])
  })

  it('is not exported any more', async () => {
    const { worker, id } = await aDueExport()
    worker.bucket.puts.length = 0
    expect((await erase(worker, id)).status).toBe(204)
    await worker.passSeconds(120)
    expect(worker.bucket.puts).toEqual([])
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('during an attempt has no event of it', async () => {
    const { worker, id } = await aDueExport({ callback_events: [exported] })
    const held = await tryPause(
      { call: 's3.test', when: 'before' },
      attempt(id),
      exportSettings as unknown as Partial<Env>,
    )
    expect((await erase(worker, id)).status).toBe(204)
    await held?.resume()
    expect(await leftOf(id)).toEqual(nothing)
    expect(world.caller.receivedFor(id)).toEqual([])
  })
})

it('a pruned job keeps its export', async () => {
  const worker = anExportingWorker()
  const id = await makeVideoWith(worker)
  await world.advance(31 * 24 * 60 * 60_000)
  for (let minute = 0; minute < 10; minute++) {
    await world.advance(60_000)
    await worker.sweep()
  }
  expect(await timelineOf(id)).not.toContain(exported)
  expect(await exportOf(worker, id)).toMatchObject({ status: 'exported', key: `${id}/0.mp4` })
  expect(await env.BUCKET.head(`jobs/${id}/0.mp4`)).not.toBeNull()
})
