/** The videos that providers upload to us, each recorded on the task that it was made for. */
import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm'
import type { TaskStatus } from '../../core/job/task.ts'
import { jobPrefix } from '../../core/retention.ts'
import type { Database } from '../database.ts'
import { mayBeLate, wakeLateCheck } from '../late/late-checks.ts'
import { jobs, tasks } from '../schema.ts'
import { wakeJob } from './jobs.ts'
import type { ReceivedVideo } from './task-media.ts'

export interface UploadTask {
  jobId: string
  /** The task's number in its job. */
  n: number
}

/**
 * `late`: stored for a job that has ended and waits for late results. `repeated`: the same video is recorded already.
 * `full`: too many different videos were uploaded. `unawaited`: there is no such task, or its video is not to be uploaded,
 * or its job has ended otherwise.
 */
export type RecordedUpload = 'stored' | 'late' | 'repeated' | 'full' | 'unawaited'

/** How many different videos may replace the first of a task. Each stays in R2 until the job ends. */
const maxOthers = 3

/** Where a video for this task is to be stored, or why it is refused. */
export async function destinationFor(
  db: Database,
  task: UploadTask,
): Promise<{ prefix: string } | 'full' | 'unawaited'> {
  const [seen] = await db
    .select({
      others: sql<number | null>`${others}`,
      isAwaited: sql<number>`${isAwaited}`,
    })
    .from(tasks)
    .innerJoin(jobs, eq(jobs.id, tasks.jobId))
    .where(isTask(task))
  if (seen === undefined || seen.isAwaited !== 1) return 'unawaited'
  if (seen.others !== null && seen.others >= maxOthers) return 'full'
  return { prefix: jobPrefix(task.jobId) }
}

/**
 * Records the video on its task, in place of an earlier one, unless the job has ended, and makes the job due. The video
 * that it replaces stays in R2 until the job ends, because a step may be reading it.
 */
// Idempotent: the result depends only on what is recorded on the task afterwards.
export async function recordReceivedVideo(
  db: Database,
  task: UploadTask,
  receivedVideo: ReceivedVideo,
  nowMs: number,
): Promise<RecordedUpload> {
  const written = JSON.stringify(receivedVideo)
  const isOther = sql`json_extract(${tasks.receivedVideo}, '$.sha256') <> ${receivedVideo.sha256} AND ${others} < ${maxOthers}`
  const job = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, task.jobId), isAwaited))
  const isOurs = sql`EXISTS (SELECT 1 FROM ${tasks} WHERE ${isTask(task)} AND json_extract(${tasks.receivedVideo}, '$.key') = ${receivedVideo.key})`
  const [, , , [recorded]] = await db.batch([
    db
      .update(tasks)
      .set({ receivedVideo: sql`json_set(${written}, '$.others', coalesce(${others} + 1, 0))` })
      .where(and(isTask(task), or(isNull(tasks.receivedVideo), isOther), inArray(tasks.jobId, job))),
    wakeJob(db, task.jobId, nowMs, isOurs),
    wakeLateCheck(db, task.jobId, nowMs, isOurs),
    db
      .select({
        key: sql<string | null>`json_extract(${tasks.receivedVideo}, '$.key')`,
        sha256: sql<string | null>`json_extract(${tasks.receivedVideo}, '$.sha256')`,
        settledAt: jobs.settledAt,
        isAwaited: sql<number>`${isAwaited}`,
      })
      .from(tasks)
      .innerJoin(jobs, eq(jobs.id, tasks.jobId))
      .where(isTask(task)),
  ])
  if (recorded?.key === receivedVideo.key) return recorded.settledAt === null ? 'stored' : 'late'
  if (recorded?.isAwaited !== 1) return 'unawaited'
  return recorded.sha256 === receivedVideo.sha256 ? 'repeated' : 'full'
}

function isTask({ jobId, n }: UploadTask) {
  return and(eq(tasks.jobId, jobId), eq(tasks.n, n))
}

// A video may be uploaded before the response that accepts its task, and after the one that shows its end.
const awaitingStatuses: TaskStatus[] = ['intended', 'unknown', 'submitted', 'succeeded']
const awaitsInTime = and(isNull(jobs.settledAt), inArray(tasks.status, awaitingStatuses))
const isAwaited = and(eq(tasks.awaitsUpload, true), or(awaitsInTime, mayBeLate))
/** Null: no video was recorded yet. */
const others = sql`CASE WHEN ${tasks.receivedVideo} IS NULL THEN NULL ELSE coalesce(json_extract(${tasks.receivedVideo}, '$.others'), 0) END`
