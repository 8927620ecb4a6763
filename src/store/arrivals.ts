/** The videos that providers PUT to us, each on the line of the ledger that it was made for. */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { jobPrefix } from '../core/retention.ts'
import type { TaskStatus } from '../core/task.ts'
import type { Database } from './database.ts'
import { nudgeJob } from './jobs.ts'
import { insist } from './lease.ts'
import { jobs, tasks } from './schema.ts'
import type { Arrival } from './tasks.ts'

export interface Line {
  jobId: string
  /** Its number in the ledger of the job. */
  n: number
}

/**
 * `repeated`: one had come before, and is kept. `unawaited`: there is no such line, or its video is not to be uploaded,
 * or its job has ended.
 */
export type Received = 'stored' | 'repeated' | 'unawaited'

/** What is to become of a video that comes for this line: where it goes, or why it goes nowhere. */
export async function placeFor(
  db: Database,
  line: Line,
): Promise<{ prefix: string } | Exclude<Received, 'stored'>> {
  const [seen] = await db
    .select({
      arrival: tasks.arrival,
      isAwaited: sql<number>`${and(awaits, isUnsettled)}`,
      retentionDays: sql<
        number | null
      >`CASE WHEN json_valid(${jobs.request}) THEN json_extract(${jobs.request}, '$.retention_days') END`,
    })
    .from(tasks)
    .innerJoin(jobs, eq(jobs.id, tasks.jobId))
    .where(isLine(line))
  if (seen === undefined) return 'unawaited'
  if (seen.arrival !== null) return 'repeated'
  if (seen.isAwaited !== 1) return 'unawaited'
  return { prefix: jobPrefix(line.jobId, seen.retentionDays ?? 0) }
}

/** Puts the video on its line, if nothing has come there before and its job has not ended, and makes the job due. */
// Running this twice is harmless: what counts is what is on the line afterwards.
export async function recordArrival(
  db: Database,
  line: Line,
  arrival: Arrival,
  nowMs: number,
): Promise<Received> {
  const written = JSON.stringify(arrival)
  const job = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, line.jobId), isUnsettled))
  const isOurs = sql`EXISTS (SELECT 1 FROM ${tasks} WHERE ${isLine(line)} AND ${tasks.arrival} = ${written})`
  const [, , [kept]] = await insist(() =>
    db.batch([
      db
        .update(tasks)
        .set({ arrival: written })
        .where(and(isLine(line), isNull(tasks.arrival), awaits, inArray(tasks.jobId, job))),
      nudgeJob(db, line.jobId, nowMs, isOurs),
      db.select({ arrival: tasks.arrival }).from(tasks).where(isLine(line)),
    ]),
  )
  if (kept === undefined || kept.arrival === null) return 'unawaited'
  return kept.arrival === written ? 'stored' : 'repeated'
}

function isLine({ jobId, n }: Line) {
  return and(eq(tasks.jobId, jobId), eq(tasks.n, n))
}

// The video may come before the answer that accepts its task, and after the one that tells its end.
const made: TaskStatus[] = ['intended', 'unknown', 'submitted', 'succeeded']
const awaits = and(eq(tasks.awaitsUpload, true), inArray(tasks.status, made))
const isUnsettled = isNull(jobs.settledAt)
