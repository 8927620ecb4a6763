/**
 * reconcile: once a day, compares the bucket with the database, a page at each sweep. An object that no row names is
 * deleted, unless a restored database may have forgotten its row. A row whose object is missing is marked as lost, which the job, the statistics and the health check show.
 */
import type { Context } from '../../context.ts'
import { isForgotten } from '../../core/restoration.ts'
import { objectPrefixes, ownerOf, uploadKey } from '../../core/retention.ts'
import type { Database } from '../../store/database.ts'
import {
  claimReconciliation,
  type ReconciliationCounts,
  saveReconciliation,
} from '../../store/reports/reconciliation.ts'
import {
  assetsAfter,
  markAsset,
  markOutput,
  outputsAfter,
  ownersOf,
} from '../../store/reports/stored-objects.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { markOf } from '../../store/upkeep/high-water-mark.ts'

const hours = 60 * 60_000
const reconcileEveryMs = 24 * hours
/** A younger object may not have its row yet: a copy or an upload ends, and its row is written, long before this. */
const oldEnoughMs = 24 * hours
/** A page that takes longer is started again by another sweep. */
const claimMs = 5 * 60_000
// The bucket lists a thousand objects at a time, but each row costs a call to the bucket.
const rowsPerPage = 200

type ComparePage = (context: Context, cursor: string | null) => Promise<Page>

interface Page {
  /** Where the next page begins. Null: this was the last one. */
  cursor: string | null
  counts: Partial<ReconciliationCounts>
}

type Phase = [name: string, compare: ComparePage]

/** The objects of the bucket, then the rows of each database. */
function phasesOf({ databases }: Context): Phase[] {
  return [
    ...objectPrefixes.map(
      (prefix): Phase => [prefix, (context, cursor) => compareObjects(context, prefix, cursor)],
    ),
    ...databases.flatMap((db, shard): Phase[] => [
      [
        shard === 0 ? 'outputs' : `outputs ${shard}`,
        (context, cursor) => compareOutputs(context, db, cursor),
      ],
      [shard === 0 ? 'assets' : `assets ${shard}`, (context, cursor) => compareAssets(context, db, cursor)],
    ]),
  ]
}

export async function reconcile(context: Context): Promise<void> {
  const { db, now, log } = context
  const startedAt = now()
  const round = await claimReconciliation(db, startedAt + claimMs, startedAt)
  if (round === null) return
  const phases = phasesOf(context)
  const first = Math.max(
    0,
    phases.findIndex(([name]) => name === round.phase),
  )
  const begun = { startedAt: round.startedAt ?? startedAt, counts: round.counts }
  let cursor = round.cursor
  // Small phases are done at once; a full page ends this sweep's share.
  for (const [name, compare] of phases.slice(first)) {
    const page = await compare(context, cursor)
    begun.counts = sum(begun.counts, page.counts)
    cursor = page.cursor
    if (cursor !== null) {
      await saveReconciliation(db, round, { ...begun, phase: name, cursor, dueAt: now() }, null)
      return
    }
  }
  const next = { phase: null, cursor: null, startedAt: null, dueAt: begun.startedAt + reconcileEveryMs }
  await saveReconciliation(db, round, { ...next, counts: begun.counts }, now())
  log('storage.reconciled', { ...begun.counts, duration_ms: now() - begun.startedAt })
}

async function compareObjects(
  { dbOf, databases, bucket, now, log }: Context,
  prefix: string,
  cursor: string | null,
): Promise<Page> {
  const listed = await bucket.list({ prefix, ...(cursor !== null && { startAfter: cursor }) })
  const before = now() - oldEnoughMs
  const marks = await inEachDatabase({ databases }, markOf)
  const isKept = (uploadedAt: number) =>
    marks.some((mark) => isForgotten(mark?.restored ?? null, uploadedAt, now()))
  const owned = listed.objects.flatMap(({ key, uploaded }) => {
    const owner = ownerOf(key)
    const isSkipped = uploaded.getTime() > before || isKept(uploaded.getTime())
    return owner === null || isSkipped ? [] : [{ key, owner }]
  })
  const owners = await ownersOf(
    dbOf,
    owned.map(({ owner }) => owner),
  )
  const orphans = owned.filter(({ key, owner }) => {
    if ('assetId' in owner) return !owners.uploads.has(owner.assetId)
    const settledAt = owners.settledAt.get(owner.jobId)
    // A running job, or one that ended recently, may still name the object or delete it.
    const isLeftToJob = settledAt === null || (settledAt !== undefined && settledAt > before)
    return !isLeftToJob && !owners.keys.has(key)
  })
  const keys = orphans.map(({ key }) => key)
  if (keys.length > 0) {
    await bucket.delete(keys)
    log('objects.deleted', { count: keys.length, keys: keys.slice(0, 10) })
  }
  return {
    cursor: listed.truncated ? (listed.objects.at(-1)?.key ?? null) : null,
    counts: { objects: listed.objects.length, removed: keys.length },
  }
}

async function compareOutputs(context: Context, db: Database, cursor: string | null): Promise<Page> {
  const { bucket, now, log } = context
  const [jobId = '', n = '0'] = cursor?.split('/') ?? []
  const rows = await outputsAfter(db, { jobId, n: Number(n) }, rowsPerPage)
  const changed = await changedAmong(bucket, rows, ({ key }) => key)
  for (const { row, isLost } of changed) {
    await markOutput(db, row, isLost ? now() : null, now())
    log(isLost ? 'output.lost' : 'output.found', { job_id: row.jobId, output: row.n })
  }
  const last = rows.length === rowsPerPage ? rows.at(-1) : undefined
  return { cursor: last === undefined ? null : `${last.jobId}/${last.n}`, counts: countsOf(rows, changed) }
}

async function compareAssets(context: Context, db: Database, cursor: string | null): Promise<Page> {
  const { bucket, now, log } = context
  const rows = await assetsAfter(db, cursor ?? '', rowsPerPage)
  const changed = await changedAmong(bucket, rows, ({ id, key }) => key ?? uploadKey(id))
  for (const { row, isLost } of changed) {
    await markAsset(db, row.id, isLost ? now() : null)
    log(isLost ? 'asset.lost' : 'asset.found', { asset_id: row.id })
  }
  const last = rows.length === rowsPerPage ? rows.at(-1) : undefined
  return { cursor: last?.id ?? null, counts: countsOf(rows, changed) }
}

/** The rows whose object is newly missing, and the lost rows whose object is there again. */
async function changedAmong<Row extends { lostAt: number | null }>(
  bucket: R2Bucket,
  rows: Row[],
  keyOf: (row: Row) => string,
): Promise<{ row: Row; isLost: boolean }[]> {
  const checked = await Promise.all(
    rows.map(async (row) => ({ row, isLost: (await bucket.head(keyOf(row))) === null })),
  )
  return checked.filter(({ row, isLost }) => isLost !== (row.lostAt !== null))
}

function countsOf(rows: unknown[], changed: { isLost: boolean }[]): Partial<ReconciliationCounts> {
  return { rows: rows.length, lost: changed.filter(({ isLost }) => isLost).length }
}

function sum(counts: ReconciliationCounts, more: Partial<ReconciliationCounts>): ReconciliationCounts {
  const { objects = 0, rows = 0, removed = 0, lost = 0 } = more
  return {
    objects: counts.objects + objects,
    rows: counts.rows + rows,
    removed: counts.removed + removed,
    lost: counts.lost + lost,
  }
}
