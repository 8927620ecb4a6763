/** Objects and rows compared: which objects a row names, and which rows name an object that is missing. */
import { and, asc, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { draftEvent, insertEventIf } from '../events.ts'
import { hasLateCheck } from '../late/late-checks.ts'
import { assets, jobs, outputs } from '../schema.ts'
import type { Databases } from '../shards.ts'

/** The owners of objects that exist, with every object they name. */
export interface Owners {
  /** When each job was settled; null while it runs or waits for late results. Jobs that do not exist are not in it. */
  settledAt: Map<string, number | null>
  /** The keys that these jobs name. */
  keys: Set<string>
  /** The ids of uploaded assets. */
  uploads: Set<string>
}

export async function ownersOf(
  dbOf: Databases['dbOf'],
  owners: ({ jobId: string } | { assetId: string })[],
): Promise<Owners> {
  const jobIds = new Set(owners.flatMap((owner) => ('jobId' in owner ? [owner.jobId] : [])))
  const assetIds = owners.flatMap((owner) => ('assetId' in owner ? [owner.assetId] : []))
  const [ofJobs, uploads] = await Promise.all([
    Promise.all([...Map.groupBy(jobIds, dbOf)].map(([db, ids]) => namedBy(db, ids))),
    Promise.all([...Map.groupBy(assetIds, dbOf)].map(([db, ids]) => uploadsAmong(db, ids))),
  ])
  return {
    settledAt: new Map(ofJobs.flatMap(({ settledAt }) => [...settledAt])),
    keys: new Set(ofJobs.flatMap(({ keys }) => [...keys])),
    uploads: new Set(uploads.flat().map(({ id }) => id)),
  }
}

async function namedBy(db: Database, jobIds: string[]): Promise<Omit<Owners, 'uploads'>> {
  const [existing, ofOutputs, ofInputs] = await db.batch([
    db
      .select({
        id: jobs.id,
        settledAt: sql<number | null>`iif(${hasLateCheck(jobs.id)}, NULL, ${jobs.settledAt})`,
      })
      .from(jobs)
      .where(and(among(jobs.id, jobIds), isNull(jobs.erasedAt))),
    db.select({ key: outputs.key }).from(outputs).where(among(outputs.jobId, jobIds)),
    db.select({ key: assets.key }).from(assets).where(among(assets.jobId, jobIds)),
  ])
  return {
    settledAt: new Map(existing.map(({ id, settledAt }) => [id, settledAt])),
    keys: new Set([...ofOutputs, ...ofInputs].flatMap(({ key }) => key ?? [])),
  }
}

function uploadsAmong(db: Database, assetIds: string[]) {
  return db
    .select({ id: assets.id })
    .from(assets)
    .where(and(among(assets.id, assetIds), isNull(assets.jobId)))
}

interface OutputRow {
  jobId: string
  n: number
  key: string
  lostAt: number | null
}

interface AssetRow {
  id: string
  jobId: string | null
  key: string | null
  lostAt: number | null
}

/** The stored outputs after that one, in order. */
export async function outputsAfter(
  db: Database,
  last: { jobId: string; n: number },
  limit: number,
): Promise<OutputRow[]> {
  const rows = await db
    .select({ jobId: outputs.jobId, n: outputs.n, key: outputs.key, lostAt: outputs.lostAt })
    .from(outputs)
    .where(
      and(
        sql`(${outputs.jobId}, ${outputs.n}) > (${last.jobId}, ${last.n})`,
        eq(outputs.status, 'stored'),
        isNotNull(outputs.key),
      ),
    )
    .orderBy(asc(outputs.jobId), asc(outputs.n))
    .limit(limit)
  return rows.flatMap(({ key, ...row }) => (key === null ? [] : [{ ...row, key }]))
}

export async function assetsAfter(db: Database, lastId: string, limit: number): Promise<AssetRow[]> {
  return db
    .select({ id: assets.id, jobId: assets.jobId, key: assets.key, lostAt: assets.lostAt })
    .from(assets)
    .where(gt(assets.id, lastId))
    .orderBy(asc(assets.id))
    .limit(limit)
}

/** Marks an output as lost, or (null) as found again, with one event. A row that was erased meanwhile is not touched. */
export async function markOutput(
  db: Database,
  { jobId, n, key }: OutputRow,
  lostAt: number | null,
  nowMs: number,
): Promise<void> {
  const isChanged = and(
    eq(outputs.jobId, jobId),
    eq(outputs.n, n),
    eq(outputs.key, key),
    changesTo(outputs, lostAt),
  )
  const type = lostAt === null ? 'output.found' : 'output.lost'
  const onlyIf = sql`EXISTS (SELECT 1 FROM ${outputs} WHERE ${isChanged})`
  await db.batch([
    insertEventIf(db, jobId, draftEvent(type, { n }, nowMs), onlyIf),
    db.update(outputs).set({ lostAt }).where(isChanged),
  ])
}

export async function markAsset(db: Database, id: string, lostAt: number | null): Promise<void> {
  await db
    .update(assets)
    .set({ lostAt })
    .where(and(eq(assets.id, id), changesTo(assets, lostAt)))
}

function changesTo({ lostAt: column }: typeof outputs | typeof assets, lostAt: number | null): SQL {
  return lostAt === null ? isNotNull(column) : isNull(column)
}
