/** The videos that providers PUT to us, each on the line of the ledger that it was made for. */
import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm'
import { jobPrefix } from '../../core/retention.ts'
import type { TaskStatus } from '../../core/task.ts'
import type { Database } from '../database.ts'
import { withRetries } from '../lease.ts'
import { jobs, tasks } from '../schema.ts'
import { wakeJob } from './jobs.ts'
import type { ReceivedVideo } from './tasks.ts'

export interface UploadTask {
  jobId: string
  /** Its number in the ledger of the job. */
  n: number
}

/**
 * `repeated`: the same had come before, and is kept. `full`: too many different ones have come. `unawaited`: there is
 * no such line, or its video is not to be uploaded, or its job has ended.
 */
export type Received = 'stored' | 'repeated' | 'full' | 'unawaited'

/** So many different videos replace the first of a line: each lies in R2 until its job ends. */
const mostOthers = 3

/** What is to become of a video that comes for this line: where it goes, or why it goes nowhere. */
export async function destinationFor(
  db: Database,
  line: UploadTask,
): Promise<{ prefix: string } | 'full' | 'unawaited'> {
  const [seen] = await db
    .select({
      others: sql<number | null>`${others}`,
      isAwaited: sql<number>`${and(awaits, isUnsettled)}`,
    })
    .from(tasks)
    .innerJoin(jobs, eq(jobs.id, tasks.jobId))
    .where(isLine(line))
  if (seen === undefined || seen.isAwaited !== 1) return 'unawaited'
  if (seen.others !== null && seen.others >= mostOthers) return 'full'
  return { prefix: jobPrefix(line.jobId) }
}

/**
 * Puts the video on its line in the place of another that came before, unless its job has ended, and makes the job due.
 * What it replaces stays in R2 until the job ends: a step may be at work on it.
 */
// Running this twice is harmless: what counts is what is on the line afterwards.
export async function recordReceivedVideo(
  db: Database,
  line: UploadTask,
  receivedVideo: ReceivedVideo,
  nowMs: number,
): Promise<Received> {
  const written = JSON.stringify(receivedVideo)
  const isOther = sql`json_extract(${tasks.receivedVideo}, '$.sha256') <> ${receivedVideo.sha256} AND ${others} < ${mostOthers}`
  const job = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, line.jobId), isUnsettled))
  const isOurs = sql`EXISTS (SELECT 1 FROM ${tasks} WHERE ${isLine(line)} AND json_extract(${tasks.receivedVideo}, '$.key') = ${receivedVideo.key})`
  const [, , [kept]] = await withRetries(() =>
    db.batch([
      db
        .update(tasks)
        .set({ receivedVideo: sql`json_set(${written}, '$.others', coalesce(${others} + 1, 0))` })
        .where(
          and(isLine(line), or(isNull(tasks.receivedVideo), isOther), awaits, inArray(tasks.jobId, job)),
        ),
      wakeJob(db, line.jobId, nowMs, isOurs),
      db
        .select({
          key: sql<string | null>`json_extract(${tasks.receivedVideo}, '$.key')`,
          sha256: sql<string | null>`json_extract(${tasks.receivedVideo}, '$.sha256')`,
          isAwaited: sql<number>`${and(awaits, isUnsettled)}`,
        })
        .from(tasks)
        .innerJoin(jobs, eq(jobs.id, tasks.jobId))
        .where(isLine(line)),
    ]),
  )
  if (kept?.key === receivedVideo.key) return 'stored'
  if (kept?.isAwaited !== 1) return 'unawaited'
  return kept.sha256 === receivedVideo.sha256 ? 'repeated' : 'full'
}

function isLine({ jobId, n }: UploadTask) {
  return and(eq(tasks.jobId, jobId), eq(tasks.n, n))
}

// The video may come before the answer that accepts its task, and after the one that tells its end.
const made: TaskStatus[] = ['intended', 'unknown', 'submitted', 'succeeded']
const awaits = and(eq(tasks.awaitsUpload, true), inArray(tasks.status, made))
/** Null: nothing has come there. */
const others = sql`CASE WHEN ${tasks.receivedVideo} IS NULL THEN NULL ELSE coalesce(json_extract(${tasks.receivedVideo}, '$.others'), 0) END`
const isUnsettled = isNull(jobs.settledAt)
