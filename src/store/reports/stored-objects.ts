/** What the tables know of objects in the bucket: which are named by a row, and which rows name one that is missing. */
import { and, asc, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { draftEvent, insertEventIf } from '../events.ts'
import { assets, jobs, outputs } from '../schema.ts'

/** What is known of those whom objects belong to by their keys. */
export interface Owners {
  /** When each job that is there was settled. */
  settledAt: Map<string, number | null>
  /** The keys that these jobs name. */
  keys: Set<string>
  /** The assets that were uploaded by themselves. */
  uploads: Set<string>
}

export async function ownersOf(
  db: Database,
  owners: ({ jobId: string } | { assetId: string })[],
): Promise<Owners> {
  const jobIds = [...new Set(owners.flatMap((owner) => ('jobId' in owner ? [owner.jobId] : [])))]
  const assetIds = owners.flatMap((owner) => ('assetId' in owner ? [owner.assetId] : []))
  const [ofJobs, uploads] = await Promise.all([
    jobIds.length === 0 ? null : namedBy(db, among(jobIds)),
    assetIds.length === 0 ? [] : uploadsAmong(db, among(assetIds)),
  ])
  return {
    settledAt: ofJobs?.settledAt ?? new Map(),
    keys: ofJobs?.keys ?? new Set(),
    uploads: new Set(uploads.map(({ id }) => id)),
  }
}

async function namedBy(db: Database, jobIds: SQL): Promise<Omit<Owners, 'uploads'>> {
  const [known, ofOutputs, ofInputs] = await db.batch([
    db
      .select({ id: jobs.id, settledAt: jobs.settledAt })
      .from(jobs)
      .where(and(sql`${jobs.id} IN ${jobIds}`, isNull(jobs.erasedAt))),
    db.select({ key: outputs.key }).from(outputs).where(sql`${outputs.jobId} IN ${jobIds}`),
    db.select({ key: assets.key }).from(assets).where(sql`${assets.jobId} IN ${jobIds}`),
  ])
  return {
    settledAt: new Map(known.map(({ id, settledAt }) => [id, settledAt])),
    keys: new Set([...ofOutputs, ...ofInputs].flatMap(({ key }) => key ?? [])),
  }
}

function uploadsAmong(db: Database, assetIds: SQL) {
  return db
    .select({ id: assets.id })
    .from(assets)
    .where(and(sql`${assets.id} IN ${assetIds}`, isNull(assets.jobId)))
}

// One value for all: a statement takes a hundred at the most.
function among(ids: string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
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

/** Stored outputs behind that one, by their key. */
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

/** Null: it is found again. The timeline says either, once; a row that was erased meanwhile is not touched. */
export async function markOutput(
  db: Database,
  { jobId, n, key }: OutputRow,
  lostAt: number | null,
  nowMs: number,
): Promise<void> {
  const its = and(eq(outputs.jobId, jobId), eq(outputs.n, n), eq(outputs.key, key), turnsTo(outputs, lostAt))
  const type = lostAt === null ? 'output.found' : 'output.lost'
  const isNews = sql`EXISTS (SELECT 1 FROM ${outputs} WHERE ${its})`
  await db.batch([
    insertEventIf(db, jobId, draftEvent(type, { n }, nowMs), isNews),
    db.update(outputs).set({ lostAt }).where(its),
  ])
}

export async function markAsset(db: Database, id: string, lostAt: number | null): Promise<void> {
  await db
    .update(assets)
    .set({ lostAt })
    .where(and(eq(assets.id, id), turnsTo(assets, lostAt)))
}

function turnsTo({ lostAt: column }: typeof outputs | typeof assets, lostAt: number | null): SQL {
  return lostAt === null ? isNotNull(column) : isNull(column)
}
