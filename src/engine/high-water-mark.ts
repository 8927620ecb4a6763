/**
 * Notices that a database was restored to an older copy (core/restoration.ts). A minute costs, for each database, one read
 * and one write of R2, and one row written.
 */
import type { Context } from '../context.ts'
import {
  freshForMs,
  type HighWaterMark,
  isForgetful,
  markKey,
  type Restoration,
} from '../core/restoration.ts'
import { inTime } from '../probe.ts'
import type { Database } from '../store/database.ts'
import type { Claim } from '../store/jobs/claim.ts'
import { inEachDatabase } from '../store/shards.ts'
import { raiseMark } from '../store/upkeep/high-water-mark.ts'

export async function raiseMarks(context: Context): Promise<void> {
  const marks: (number | null)[] = []
  // One at a time: a bucket that does not respond holds one connection of the cron, and the others stay free.
  for (const shard of context.databases.keys()) marks.push(await readMark(context, shard))
  await inEachDatabase(context, (db, shard) => raise(context, db, marks[shard] ?? null))
}

/**
 * The restoration that may have made the database forget what the job has bought. Null: there was none. A restored
 * database has an old mark, so this notices the restoration before the cron does. The lease, which a restoration takes
 * away, proves until the billable call that the database is the one that was claimed.
 */
export async function restorationOf(context: Context, { job, mark }: Claim): Promise<Restoration | null> {
  const isFresh = mark !== null && mark.at > context.now() - freshForMs
  const current = isFresh ? mark : await raiseFor(context, context.dbOf(job.id))
  const restored = current?.restored ?? null
  return isForgetful(restored, job.createdAt) ? restored : null
}

async function raiseFor(context: Context, db: Database): Promise<HighWaterMark | null> {
  return raise(context, db, await readMark(context, context.databases.indexOf(db)))
}

/** R2 is read first: the mark in the database is never lower than one that was in R2 before. */
async function raise(context: Context, db: Database, inR2: number | null): Promise<HighWaterMark | null> {
  const { bucket, databases, now, log } = context
  const shard = databases.indexOf(db)
  const nowMs = now()
  const { mark, isRaised } = await raiseMark(db, inR2, nowMs)
  if (isRaised && mark?.restored?.noticedAt === nowMs) {
    log('database.restored', { shard, to: timeOf(mark.restored.to), before: timeOf(mark.restored.before) })
  }
  if (mark !== null && isRaised) await inTime(() => bucket.put(markKey(shard), String(mark.at)))
  return mark
}

function readMark({ bucket }: Context, shard: number): Promise<number | null> {
  return inTime(async () => readNumber(await (await bucket.get(markKey(shard)))?.text()))
}

function readNumber(text: string | undefined): number | null {
  const number = Number(text)
  return text !== undefined && Number.isSafeInteger(number) ? number : null
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
