/** The daily comparison of the bucket with the database: objects without a row, and rows without an object. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../../src/core/id.ts'
import { jobPrefix, uploadKey } from '../../../src/core/retention.ts'
import { reconcile } from '../../../src/engine/upkeep/reconcile.ts'
import { aDataUri, anAsset } from '../../support/assets.ts'
import { pauseWork } from '../../support/hold-step.ts'
import { interruptedJob } from '../../support/interruption-points.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { untilSweepIs } from '../../support/minutes.ts'
import { api, getJob, sweep, timelineOf } from '../../support/reelhook.ts'
import { aNotifiedVideo, days, untilDelivered } from '../../support/retention.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { objectKeys, select } from '../../support/storage.ts'
import { failVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

interface Stats {
  now: { storage: { missing_objects: number; last_reconciliation: Record<string, unknown> | null } }
}

beforeEach(async () => {
  await env.BUCKET.delete(await objectKeys())
  await env.DB.batch(
    ['jobs', 'assets']
      .map((table) => env.DB.prepare(`DELETE FROM ${table}`))
      .concat(
        env.DB.prepare(
          "UPDATE reconciliations SET phase = NULL, cursor = NULL, started_at = NULL, counts = '{}', last = NULL WHERE name = 'storage'",
        ),
      ),
  )
})

/** Lets this many days pass, and runs the reconciliation until it is complete. */
async function goRound(daysPassed = 2): Promise<number> {
  await world.advance(daysPassed * days)
  for (let sweeps = 1; ; sweeps++) {
    await sweep()
    if ((await isResting()) || sweeps > 50) return sweeps
  }
}

async function isResting(): Promise<boolean> {
  const [round] = await select<{ phase: string | null; due_at: number }>(
    "SELECT phase, due_at FROM reconciliations WHERE name = 'storage'",
  )
  return round?.phase === null && round.due_at > world.edges.now()
}

async function storage(): Promise<Stats['now']['storage']> {
  return (await (await api('/v1/stats')).json<Stats>()).now.storage
}

async function health() {
  const response = await api('/healthz?deep')
  return (await response.json<{ status: string; checks: { storage: unknown } }>()).checks.storage
}

describe('an object that no row names', () => {
  it.each([
    ['of a job that does not exist', () => `${jobPrefix(newId('job'))}0.mp4`],
    ['of a job that was not accepted', () => `${jobPrefix(newId('job'))}inputs/${newId('asset')}`],
    ['of an upload whose row was not written', () => uploadKey(newId('asset'))],
  ])('is deleted once it is a day old: %s', async (_, keyOf) => {
    const key = keyOf()
    await env.BUCKET.put(key, 'left behind')
    await goRound(0.9)
    expect(await objectKeys()).toEqual([key])
    await goRound()
    expect(await objectKeys()).toEqual([])
    expect(await storage()).toMatchObject({
      missing_objects: 0,
      last_reconciliation: { objects_checked: 1, orphans_deleted: 1 },
    })
    expect(world.logs).toContainEqual({ event: 'objects.deleted', fields: { count: 1, keys: [key] } })
  })

  it('is deleted from a settled job, and its outputs are not', async () => {
    const id = await aNotifiedVideo({ first_frame: aDataUri('image/png') })
    const own = await objectKeys()
    await env.BUCKET.put(`${jobPrefix(id)}0.webm`, 'left by a copy that died')
    await goRound()
    expect(await objectKeys()).toEqual(own)
    expect(own).toHaveLength(2)
  })

  it('stays while its job is running, however old it is', async () => {
    const { id } = await postWithoutWakeUp({ first_frame: aDataUri('image/png') })
    await env.DB.prepare('UPDATE jobs SET due_at = ? WHERE id = ?')
      .bind(world.edges.now() + 90 * days, id)
      .run()
    await env.BUCKET.put(`${jobPrefix(id)}0.mp4`, 'a copy that is not committed yet')
    await goRound(30)
    expect(await objectKeys(jobPrefix(id))).toHaveLength(2)
  })

  it('stays if its key is not one of ours', async () => {
    const keys = [
      'backup/jobs.tar',
      'exports/2026-11-28/part-0001.ndjson',
      'healthz',
      'jobs/readme.txt',
      `jobs/${newId('job')}x/0.mp4`,
    ].sort()
    for (const key of keys) await env.BUCKET.put(key, 'somebody else’s')
    await goRound(30)
    expect(await objectKeys()).toEqual(keys)
  })

  it('is not an output, an uploaded asset or an embedded input, with or without a retention', async () => {
    await anAsset()
    for (const retention_days of [0, 400]) {
      await aNotifiedVideo({ retention_days, first_frame: aDataUri('image/png') })
    }
    const all = await objectKeys()
    expect(all).toHaveLength(5)
    await goRound(300)
    expect(await objectKeys()).toEqual(all)
    expect(await storage()).toMatchObject({
      missing_objects: 0,
      last_reconciliation: { objects_checked: 5, rows_checked: 5, orphans_deleted: 0 },
    })
  })

  it('is not an output that is stored during the reconciliation', async () => {
    const held = await interruptedJob({ stage: 'finished', place: { call: '/media/', when: 'during' } })
    await reconcile(aContext())
    await held.resume()
    expect(await getJob(held.id)).toMatchObject({ status: 'succeeded' })
    expect(await objectKeys(jobPrefix(held.id))).toHaveLength(1)
  })
})

describe('a row whose object is missing', () => {
  it('is reported once by the timeline, the statistics and the health check', async () => {
    const id = await aNotifiedVideo()
    await env.BUCKET.delete(await objectKeys())
    await goRound()
    await goRound()
    expect((await timelineOf(id)).filter((type) => type === 'output.lost')).toHaveLength(1)
    expect(await storage()).toMatchObject({ missing_objects: 1 })
    expect(await health()).toEqual({ status: 'degraded', missing_objects: 1 })
    expect(world.logs).toContainEqual({ event: 'output.lost', fields: { job_id: id, output: 0 } })
  })

  it('may be that of an asset', async () => {
    const { id } = await anAsset()
    const { id: jobId } = await failVideo({ first_frame: aDataUri('image/png') })
    await untilDelivered(jobId)
    await env.BUCKET.delete(await objectKeys())
    await goRound()
    expect(await health()).toEqual({ status: 'degraded', missing_objects: 2 })
    expect(world.logs).toContainEqual({ event: 'asset.lost', fields: { asset_id: id } })
  })

  it('is no longer reported when the object is back or the job is erased', async () => {
    const [id, other] = [await aNotifiedVideo(), await aNotifiedVideo()]
    const [key = ''] = await objectKeys(jobPrefix(id))
    await env.BUCKET.delete(await objectKeys())
    await goRound()
    expect(await health()).toMatchObject({ missing_objects: 2 })
    await env.BUCKET.put(key, 'from a backup')
    await api(`/v1/jobs/${other}`, { method: 'DELETE' })
    await goRound()
    expect(await health()).toEqual({ status: 'ok', missing_objects: 0 })
    expect((await timelineOf(id)).slice(-2)).toEqual(['output.lost', 'output.found'])
  })

  it('is not reported for a job that is erased during the reconciliation', async () => {
    const id = await aNotifiedVideo()
    await world.advance(2 * days)
    await env.BUCKET.delete(await objectKeys(jobPrefix(id)))
    const held = await pauseWork({ commit: 1, when: 'before' }, reconcile)
    expect((await api(`/v1/jobs/${id}`, { method: 'DELETE' })).status).toBe(204)
    await held.resume()
    expect(await select('SELECT id FROM jobs WHERE id = ?', id)).toEqual([])
    expect(await storage()).toMatchObject({ missing_objects: 0 })
  })
})

describe('a reconciliation', () => {
  it('runs once a day, however many sweeps there are', async () => {
    await goRound()
    const first = (await storage()).last_reconciliation
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      await world.advance(60 * minutes)
      await sweep()
    }
    expect((await storage()).last_reconciliation).toEqual(first)
    await world.advance(20 * 60 * minutes)
    await sweep()
    expect((await storage()).last_reconciliation).not.toEqual(first)
  })

  it('goes through all pages of a large bucket', async () => {
    const leftovers = Array.from({ length: 1_100 }, () => uploadKey(newId('asset'))).sort()
    await Promise.all(leftovers.map((key) => env.BUCKET.put(key, 'left behind')))
    await world.advance(2 * days)
    await sweep()
    expect(await isResting()).toBe(false)
    expect(await objectKeys()).toEqual(leftovers.slice(1_000))
    await sweep()
    expect(await isResting()).toBe(true)
    expect(await objectKeys()).toEqual([])
    expect((await storage()).last_reconciliation).toMatchObject({
      objects_checked: 1_100,
      orphans_deleted: 1_100,
    })
  })

  it('continues where it stopped, in one sweep at a time', async () => {
    const { id } = await anAsset()
    await insertUploads(450)
    await world.advance(2 * days)
    await Promise.all([sweep(), sweep(), sweep()])
    const [round] = await select<{ phase: string; counts: string }>(
      "SELECT phase, counts FROM reconciliations WHERE name = 'storage'",
    )
    expect([round?.phase, JSON.parse(round?.counts ?? '{}').rows]).toEqual(['assets', 200])
    await sweep()
    await sweep()
    expect((await storage()).last_reconciliation).toMatchObject({ rows_checked: 451 })
    expect(await storage()).toMatchObject({ missing_objects: 450 })
    expect((await api(`/v1/assets/${id}/content`)).status).toBe(200)
  })

  it('is continued by another sweep after a crash', async () => {
    await env.BUCKET.put(uploadKey(newId('asset')), 'left behind')
    await world.advance(2 * days)
    const dying = new Proxy(env.BUCKET, { get: () => () => Promise.reject(new Error('R2 is down')) })
    await expect(reconcile(aContext({}, { BUCKET: dying }))).rejects.toThrow('R2 is down')
    await sweep()
    expect(await objectKeys()).toHaveLength(1)
    await world.advance(6 * minutes)
    await sweep()
    expect(await objectKeys()).toEqual([])
  })

  it('reads ten rows for each video and writes three in each sweep, however many videos there are', async () => {
    const costOf = async (videos: number) => {
      for (let made = 0; made < videos; made++) await aNotifiedVideo()
      await world.advance(2 * days)
      await untilSweepIs('usual')
      const worker = createMeteredWorker()
      await worker.sweep()
      expect(await isResting()).toBe(true)
      return worker.bill()
    }
    const four = await costOf(4)
    const eight = await costOf(4)
    expect([four.rowsWritten, eight.rowsWritten]).toEqual([3, 3])
    expect(eight.rowsRead - four.rowsRead).toBeLessThanOrEqual(4 * 10)
    expect(four.rowsRead).toBeLessThanOrEqual(4 * 10 + 18)
  })
})

async function insertUploads(count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => newId('asset'))
  await env.DB.prepare(
    `INSERT INTO assets (id, api_key_id, kind, content_type, bytes, sha256, created_at)
     SELECT value, 'admin', 'image', 'image/png', 1, '', 0 FROM json_each(?)`,
  )
    .bind(JSON.stringify(ids))
    .run()
}
