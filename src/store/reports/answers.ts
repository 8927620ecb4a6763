/** The rows that hold what the providers of a job answered. */
import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { type Job, readRow } from '../jobs/jobs.ts'
import { readTask, selectTasks, type Task } from '../jobs/tasks.ts'
import type { JournaledWebhook } from '../jobs/webhooks.ts'
import { jobs, webhooks } from '../schema.ts'

/** Null: there is no such job. */
export async function answerRowsOf(
  db: Database,
  jobId: string,
): Promise<{ job: Job; tasks: Task[]; webhooks: JournaledWebhook[] } | null> {
  const [[row], taskRows, journal] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), isNull(jobs.erasedAt))),
    selectTasks(db, jobId),
    db.select().from(webhooks).where(eq(webhooks.jobId, jobId)),
  ])
  return row === undefined ? null : { job: readRow(row), tasks: taskRows.map(readTask), webhooks: journal }
}
