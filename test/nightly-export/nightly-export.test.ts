/** With NIGHTLY_EXPORT, the jobs that ended on a UTC day are in R2 the next morning, each on exactly one day. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { firstIdAt } from '../../src/core/id.ts'
import { exportNightly } from '../../src/nightly-export/export-nightly.ts'
import { createMeteredWorker } from '../support/meter.ts'
import { aContext } from '../support/runtime.ts'
import { emptyShards } from '../support/shards.ts'
import { objectKeys, select } from '../support/storage.ts'
import { makeVideo, sha256Of } from '../support/videos.ts'
import { world } from '../support/world.ts'

const minutes = 60_000
const hours = 60 * minutes
const days = 24 * hours
const on = { NIGHTLY_EXPORT: 'on' }

/** When the day begins on which the jobs of a test end. */
let dayAt = 0
let made = 0

beforeEach(async () => {
  await emptyShards()
  await env.BUCKET.delete(await objectKeys())
  const { now } = world.edges
  await world.advance(days - (now() % days))
  dayAt = now()
})

const nameOf = (at: number) => new Date(at).toISOString().slice(0, 10)

function idAt(at: number, shard = 0): string {
  return `${firstIdAt('job', at).slice(0, -12)}${String(++made).padStart(10, '0')}0${shard}`
}

/** A job that ended then. Null: it runs. */
async function aJob(settledAt: number | null, createdAt = (settledAt ?? dayAt) - minutes): Promise<string> {
  const id = idAt(createdAt)
  await insertJob(env.DB, id, settledAt)
  return id
}

async function insertJob(database: D1Database, id: string, settledAt: number | null): Promise<void> {
  const request = { prompt: 'a secret boat', model: 'seedance-2.0', count: 1, metadata: { order: 'secret' } }
  await database
    .prepare(
      `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, estimates, api_key_id, project,
         created_at, deadline_at, settled_at)
       VALUES (?, ?, 'seedance-2.0', 'crun', '["crun"]', ?, '[]', '{"crun":{"credits":12,"amount_usd":0.5,"source":"price_table"}}',
         'key_1', 'shop', 1, 1, ?)`,
    )
    .bind(id, settledAt === null ? 'generating' : 'canceled', JSON.stringify(request), settledAt)
    .run()
}

/** Runs the cron of so many minutes. */
async function passMinutes(count: number, bindings: object = {}): Promise<void> {
  for (let n = 0; n < count; n++) {
    await world.advance(minutes)
    await exportNightly(aContext({}, { ...on, ...bindings }))
  }
}

/** Runs the cron at 00:10 of the next day. */
async function passNight(): Promise<void> {
  await world.advance(days - (world.edges.now() % days) + 9 * minutes)
  await passMinutes(1)
}

async function textOf(key: string): Promise<string> {
  return (await (await env.BUCKET.get(key))?.text()) ?? ''
}

interface Manifest {
  rows: number
  bytes: number
  parts: { key: string; rows: number; bytes: number; sha256: string }[]
}

async function manifestOf(at: number): Promise<Manifest> {
  return JSON.parse(await textOf(`exports/${nameOf(at)}/manifest.json`))
}

/** The rows that the manifest of a day lists. */
async function rowsOf(at: number): Promise<{ id: string }[]> {
  const { parts } = await manifestOf(at)
  const texts = await Promise.all(parts.map(({ key }) => textOf(key)))
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line))
}

async function idsOf(at: number): Promise<string[]> {
  return (await rowsOf(at)).map(({ id }) => id)
}

describe('the export of a day', () => {
  it('has a part and a manifest with its hash, at ten past midnight', async () => {
    const id = await aJob(dayAt + 12 * hours)
    await world.advance(days + 8 * minutes)
    await passMinutes(1)
    expect(await objectKeys('exports/')).toEqual([`exports/${nameOf(dayAt - days)}/manifest.json`])
    await passMinutes(2)
    const key = `exports/${nameOf(dayAt)}/part-0001.ndjson`
    const text = await textOf(key)
    const bytes = new TextEncoder().encode(text)
    expect(await manifestOf(dayAt)).toEqual({
      day: nameOf(dayAt),
      rows: 1,
      bytes: bytes.length,
      parts: [{ key, rows: 1, bytes: bytes.length, sha256: await sha256Of(bytes) }],
    })
    expect(JSON.parse(text)).toMatchObject({
      id,
      status: 'canceled',
      amount_usd: '0',
      api_key_id: 'key_1',
      project: 'shop',
      estimate_usd: '0.5',
      estimate_credits: '12',
    })
    expect(text).not.toMatch(/secret|https?:/)
  })

  it('has the cost and the hash of a video', async () => {
    const job = await makeVideo()
    await select('UPDATE jobs SET settled_at = ?', dayAt + 1)
    await world.advance(days + 10 * minutes)
    // Its id has the time of the machine, so it may be older than the longest job.
    await startAt(dayAt, job.id)
    await passMinutes(1)
    expect(await rowsOf(dayAt)).toMatchObject([
      { id: job.id, status: 'succeeded', outputs: '1', output_sha256: job.outputs[0]?.sha256 },
    ])
  })

  it('has a manifest without parts if no job ended', async () => {
    await passNight()
    expect(await manifestOf(dayAt)).toMatchObject({ rows: 0, parts: [] })
    expect(await objectKeys('exports/')).toHaveLength(1)
  })

  it('has no erased job', async () => {
    const id = await aJob(dayAt + hours)
    const erased = await aJob(dayAt + hours)
    await select('UPDATE jobs SET erased_at = 1 WHERE id = ?', erased)
    await passNight()
    expect(await idsOf(dayAt)).toEqual([id])
  })

  it('has jobs of several databases', async () => {
    const ids = [idAt(dayAt), idAt(dayAt, 1)]
    await insertJob(env.DB, ids[0] ?? '', dayAt + hours)
    await insertJob(env.SHARD_1, ids[1] ?? '', dayAt + hours)
    await world.advance(days + 10 * minutes)
    await passMinutes(1, { DB_1: env.SHARD_1 })
    expect(await idsOf(dayAt)).toEqual(ids)
  })
})

/** As if the days before had been exported. */
async function startAt(at: number, from: string): Promise<void> {
  const night = { dayAt: at, from, later: null, shard: 0, next: null, parts: [] }
  await select(
    "INSERT OR REPLACE INTO reconciliations (name, due_at, counts) VALUES ('nightly export', 0, ?)",
    JSON.stringify(night),
  )
}

it('a job is in the export of exactly one day, also near midnight and after a long time', async () => {
  const first = await aJob(dayAt)
  const last = await aJob(dayAt + days - 1)
  const next = await aJob(dayAt + days)
  const long = await aJob(null, dayAt)
  const ahead = await aJob(dayAt + days - 1, dayAt + days + 1_000)
  await passNight()
  await passNight()
  await passNight()
  await select("UPDATE jobs SET status = 'canceled', settled_at = ? WHERE id = ?", dayAt + 3 * days, long)
  await passNight()
  expect(await idsOf(dayAt)).toEqual([first, last, ahead].sort())
  expect(await idsOf(dayAt + days)).toEqual([next])
  expect(await idsOf(dayAt + 2 * days)).toEqual([])
  expect(await idsOf(dayAt + 3 * days)).toEqual([long])
})

it('many jobs are written in parts: a minute goes through 9,000', async () => {
  const ids = `'${firstIdAt('job', dayAt).slice(0, -12)}' || printf('%010d', n) || '00'`
  await select(
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at, settled_at)
     WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9300)
     SELECT ${ids}, 'canceled', 'seedance-2.0', 'crun', '[]', '{}', '[]', 'admin', 1, 1, ? + iif(n > 8990, 1, 0) FROM numbers`,
    dayAt - 1,
  )
  await passNight()
  expect(await objectKeys('exports/')).toEqual([`exports/${nameOf(dayAt)}/part-0001.ndjson`])
  await passMinutes(1)
  expect((await manifestOf(dayAt)).parts.map(({ rows }) => rows)).toEqual([10, 300])
  expect(new Set(await idsOf(dayAt)).size).toBe(310)
})

describe('after a failure', () => {
  it('the export goes on a quarter of an hour later, and leaves no other file', async () => {
    await aJob(dayAt + hours)
    await env.BUCKET.put(`exports/${nameOf(dayAt)}/part-0002.ndjson`, 'of a run that crashed')
    await world.advance(days + 10 * minutes)
    const broken = { put: () => Promise.reject(new Error('the bucket is down')), head: async () => null }
    await expect(exportNightly(aContext({}, { ...on, BUCKET: broken as never }))).rejects.toThrow('is down')
    await passMinutes(15)
    expect(await objectKeys('exports/')).toHaveLength(1)
    await passMinutes(1)
    expect(await objectKeys('exports/')).toEqual([
      `exports/${nameOf(dayAt)}/manifest.json`,
      `exports/${nameOf(dayAt)}/part-0001.ndjson`,
    ])
  })

  it('of 40 days, the last 31 are exported', async () => {
    await passNight()
    await world.advance(40 * days)
    await passMinutes(40)
    const lastAt = dayAt + 40 * days
    const exported = (await objectKeys('exports/')).map((key) => key.slice(8, 18))
    expect(exported).toEqual([
      nameOf(dayAt),
      ...Array.from({ length: 31 }, (_, n) => nameOf(lastAt - (30 - n) * days)),
    ])
  })

  it('a day that a restored database has forgotten to be exported keeps its files', async () => {
    await aJob(dayAt + hours)
    await passNight()
    const before = await textOf(`exports/${nameOf(dayAt)}/manifest.json`)
    await select('DELETE FROM jobs')
    await startAt(dayAt, firstIdAt('job', dayAt))
    await passMinutes(1)
    expect(await textOf(`exports/${nameOf(dayAt)}/manifest.json`)).toBe(before)
    await passNight()
    expect(await manifestOf(dayAt + days)).toMatchObject({ rows: 0 })
  })
})

it('without the setting nothing is read', async () => {
  await exportNightly(aContext({}, { NIGHTLY_EXPORT: '', DB: {} as never, BUCKET: {} as never }))
  const sweepOf = async (settings: object) => {
    const worker = createMeteredWorker(settings)
    await worker.sweep()
    return worker.bill()
  }
  await sweepOf(on)
  const [without, withIt] = [await sweepOf({}), await sweepOf(on)]
  expect(withIt.rowsRead - without.rowsRead).toBe(1)
})
