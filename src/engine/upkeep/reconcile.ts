/**
 * reconcile: once a day, has every object its row, and every row its object? A page at each sweep, until the round is
 * over. An object that no row names goes; a row whose object is missing is marked, and found by whoever looks at the
 * job, at the statistics or at the health of it all.
 */
import type { Context } from '../../context.ts'
import { objectPrefixes, ownerOf, uploadKey } from '../../core/retention.ts'
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

const hours = 60 * 60_000
const reconcileEveryMs = 24 * hours
/** What is younger may be on its way: a copy or an upload ends, and its row is written, long before. */
const oldEnoughMs = 24 * hours
/** A page that takes longer is begun again by another sweep. */
const claimMs = 5 * 60_000
// Objects are listed by the thousand; each row is a question to the bucket.
const rowsPerPage = 200

type Look = (context: Context, cursor: string | null) => Promise<Page>

interface Page {
  /** Where the next one begins; null: that was all. */
  cursor: string | null
  counts: Partial<ReconciliationCounts>
}

const phases: [name: string, look: Look][] = [
  ...objectPrefixes.map((prefix): [string, Look] => [
    prefix,
    (context, cursor) => lookAtObjects(context, prefix, cursor),
  ]),
  ['outputs', lookAtOutputs],
  ['assets', lookAtAssets],
]

export async function reconcile(context: Context): Promise<void> {
  const { db, now, log } = context
  const startedAt = now()
  const round = await claimReconciliation(db, startedAt + claimMs, startedAt)
  if (round === null) return
  const first = Math.max(
    0,
    phases.findIndex(([name]) => name === round.phase),
  )
  const begun = { startedAt: round.startedAt ?? startedAt, counts: round.counts }
  let cursor = round.cursor
  // Places with little in them are done at once; a page that is full ends the sweep's part.
  for (const [name, look] of phases.slice(first)) {
    const page = await look(context, cursor)
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

async function lookAtObjects(
  { db, bucket, now, log }: Context,
  prefix: string,
  cursor: string | null,
): Promise<Page> {
  const listed = await bucket.list({ prefix, ...(cursor !== null && { startAfter: cursor }) })
  const before = now() - oldEnoughMs
  const owned = listed.objects.flatMap(({ key, uploaded }) => {
    const owner = ownerOf(key)
    return owner === null || uploaded.getTime() > before ? [] : [{ key, owner }]
  })
  const named = await ownersOf(
    db,
    owned.map(({ owner }) => owner),
  )
  const unnamed = owned.filter(({ key, owner }) => {
    if ('assetId' in owner) return !named.uploads.has(owner.assetId)
    const settledAt = named.settledAt.get(owner.jobId)
    // What a job has that goes on, or ended a while ago, is its own to tidy up.
    const isItsOwn = settledAt === null || (settledAt !== undefined && settledAt > before)
    return !isItsOwn && !named.keys.has(key)
  })
  const keys = unnamed.map(({ key }) => key)
  if (keys.length > 0) {
    await bucket.delete(keys)
    log('objects.deleted', { count: keys.length, keys: keys.slice(0, 10) })
  }
  return {
    cursor: listed.truncated ? (listed.objects.at(-1)?.key ?? null) : null,
    counts: { objects: listed.objects.length, removed: keys.length },
  }
}

async function lookAtOutputs(context: Context, cursor: string | null): Promise<Page> {
  const { db, bucket, now, log } = context
  const [jobId = '', n = '0'] = cursor?.split('/') ?? []
  const rows = await outputsAfter(db, { jobId, n: Number(n) }, rowsPerPage)
  const turned = await turnedAmong(bucket, rows, ({ key }) => key)
  for (const { row, isLost } of turned) {
    await markOutput(db, row, isLost ? now() : null, now())
    log(isLost ? 'output.lost' : 'output.counts', { job_id: row.jobId, output: row.n })
  }
  const last = rows.length === rowsPerPage ? rows.at(-1) : undefined
  return { cursor: last === undefined ? null : `${last.jobId}/${last.n}`, counts: foundIn(rows, turned) }
}

async function lookAtAssets(context: Context, cursor: string | null): Promise<Page> {
  const { db, bucket, now, log } = context
  const rows = await assetsAfter(db, cursor ?? '', rowsPerPage)
  const turned = await turnedAmong(bucket, rows, ({ id, key }) => key ?? uploadKey(id))
  for (const { row, isLost } of turned) {
    await markAsset(db, row.id, isLost ? now() : null)
    log(isLost ? 'asset.lost' : 'asset.counts', { asset_id: row.id })
  }
  const last = rows.length === rowsPerPage ? rows.at(-1) : undefined
  return { cursor: last?.id ?? null, counts: foundIn(rows, turned) }
}

/** The rows whose object is missing and was not known to be, and those where it is the other way round. */
async function turnedAmong<Row extends { lostAt: number | null }>(
  bucket: R2Bucket,
  rows: Row[],
  keyOf: (row: Row) => string,
): Promise<{ row: Row; isLost: boolean }[]> {
  const looked = await Promise.all(
    rows.map(async (row) => ({ row, isLost: (await bucket.head(keyOf(row))) === null })),
  )
  return looked.filter(({ row, isLost }) => isLost !== (row.lostAt !== null))
}

function foundIn(rows: unknown[], turned: { isLost: boolean }[]): Partial<ReconciliationCounts> {
  return { rows: rows.length, lost: turned.filter(({ isLost }) => isLost).length }
}

function sum(counts: ReconciliationCounts, more: Partial<ReconciliationCounts>): ReconciliationCounts {
  const { objects = 0, rows = 0, removed = 0, lost = 0 } = more
  return {
    ...{ objects: counts.objects + objects, rows: counts.rows + rows },
    ...{ removed: counts.removed + removed, lost: counts.lost + lost },
  }
}
