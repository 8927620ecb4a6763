/**
 * exportNightly: with NIGHTLY_EXPORT, writes the jobs that ended on a UTC day to R2, a part each minute, then a manifest. A
 * minute goes through 9,000 jobs at most. It reads about five rows for each that ended on the day, and one for others.
 */
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { firstIdAt } from '../core/id.ts'
import { hours, minutes } from '../core/schedule/units.ts'
import { claimNight, jobsBetween, type Night, type Part, saveNight } from '../store/exports/nightly.ts'
import { rowsOf } from './rows.ts'

const days = 24 * hours
/** Longer than an invocation lives, so two never write the same part. */
const claimMs = 16 * minutes
/** A commit that ends a job is written long before. */
const afterDayMs = 10 * minutes
/** The clock that made an id may be ahead of the one that ended the job. */
const skewMs = minutes
/** Days that were missed before these are left out. */
const maxMissedDays = 31
/** Where a first export begins: no job lives longer. Later exports begin at the oldest job that had not ended. */
const longestJobMs = 2 * days
/** A D1 statement takes at most 100 bound values. */
const pageSize = 90
const maxPages = 100

export async function exportNightly(context: Context): Promise<void> {
  const { config, db, bucket, now, log } = context
  if (!config.nightlyExport) return
  const nowMs = now()
  const lastAt = Math.floor((nowMs - afterDayMs) / days) * days - days
  const claimed = await claimNight(db, newNight(lastAt), { untilMs: nowMs + claimMs, nowMs })
  if (claimed === null) return
  const oldestAt = lastAt - (maxMissedDays - 1) * days
  const night = claimed.night.dayAt < oldestAt ? newNight(oldestAt) : claimed.night
  const folder = `exports/${new Date(night.dayAt).toISOString().slice(0, 10)}`
  const manifestKey = `${folder}/manifest.json`
  const isNew = night.parts.length === 0 && night.next === null && night.shard === 0
  // A restored database has forgotten that it exported the day, and jobs of it. The files that are there stay.
  if (isNew && (await bucket.head(manifestKey)) !== null) {
    const next = newNight(night.dayAt + days)
    return saveNight(db, claimed, { night: next, dueAt: dueAtOf(next) })
  }
  const { lines, ...done } = await readOn(context, night)
  const part = await writePart(bucket, `${folder}/part-${number(night.parts.length + 1)}.ndjson`, lines)
  const parts = part === null ? night.parts : [...night.parts, part]
  if (done.shard < context.databases.length)
    return saveNight(db, claimed, { night: { ...done, parts }, dueAt: nowMs })
  await deleteOthers(bucket, `${folder}/`, parts)
  const sum = (name: 'rows' | 'bytes') => parts.reduce((total, one) => total + one[name], 0)
  const manifest = { day: folder.slice(8), rows: sum('rows'), bytes: sum('bytes'), parts }
  await bucket.put(manifestKey, JSON.stringify(manifest, null, 2))
  const next = { ...newNight(night.dayAt + days), from: done.later ?? endOf(night) }
  await saveNight(db, claimed, { night: next, dueAt: dueAtOf(next) })
  log('jobs.exported', { day: manifest.day, rows: manifest.rows, parts: parts.length })
}

function newNight(dayAt: number): Night {
  return { dayAt, from: firstIdAt('job', dayAt - longestJobMs), later: null, shard: 0, next: null, parts: [] }
}

function dueAtOf({ dayAt }: Night): number {
  return dayAt + days + afterDayMs
}

/** No job of the day has this id or a later one. */
function endOf({ dayAt }: Night): string {
  return firstIdAt('job', dayAt + days + skewMs)
}

/** The next pages, database after database. */
async function readOn({ databases }: Context, night: Night): Promise<Night & { lines: string[] }> {
  const endAt = night.dayAt + days
  const lines: string[] = []
  let { shard, next, later } = night
  for (let page = 0; page < maxPages; page++) {
    const db = databases[shard]
    if (db === undefined) break
    const found = await jobsBetween(db, { from: next ?? night.from, until: endOf(night) }, pageSize)
    const there = found.filter(({ erasedAt }) => erasedAt === null)
    const first = there.find(({ settledAt }) => settledAt === null || settledAt >= endAt)?.id
    if (first !== undefined && (later === null || first < later)) later = first
    const ended = there.filter(
      ({ settledAt }) => settledAt !== null && settledAt >= night.dayAt && settledAt < endAt,
    )
    const rows = await rowsOf(
      db,
      ended.map(({ id }) => id),
    )
    lines.push(...rows.map((row) => `${JSON.stringify(row)}\n`))
    const last = found.length < pageSize ? undefined : found.at(-1)
    // The smallest text after this id.
    next = last === undefined ? null : `${last.id}0`
    if (last === undefined) shard++
  }
  return { ...night, shard, next, later, lines }
}

/** Null: there is nothing to write. */
async function writePart(bucket: R2Bucket, key: string, lines: string[]): Promise<Part | null> {
  if (lines.length === 0) return null
  const content = new TextEncoder().encode(lines.join(''))
  await bucket.put(key, content, { httpMetadata: { contentType: 'application/x-ndjson' } })
  return { key, rows: lines.length, bytes: content.length, sha256: await sha256(content) }
}

/** Deletes the parts of a run that crashed, or of one that a restored database has forgotten. */
async function deleteOthers(bucket: R2Bucket, prefix: string, parts: Part[]): Promise<void> {
  const { objects } = await bucket.list({ prefix })
  const keys = objects.map(({ key }) => key).filter((key) => parts.every((part) => part.key !== key))
  if (keys.length > 0) await bucket.delete(keys)
}

function number(n: number): string {
  return String(n).padStart(4, '0')
}
