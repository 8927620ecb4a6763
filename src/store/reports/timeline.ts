/** The rows that the timeline of a job is made from. */
import { and, asc, eq, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { readStored } from '../../core/http/json.ts'
import type { Entry, TimelineRows } from '../../core/job/made-entries.ts'
import type { Database } from '../database.ts'
import { type Job, readRow } from '../jobs/jobs.ts'
import { readOutput, selectOutputs } from '../jobs/outputs.ts'
import { deliveries, events, jobs, webhooks } from '../schema.ts'
import { readShownTask, selectShownTasks } from './shown-tasks.ts'

/** With the stored entries, by id. Null: there is no such job. */
export async function timelineRowsOf(
  db: Database,
  jobId: string,
): Promise<(TimelineRows & { job: Job; stored: Entry[] }) | null> {
  const [[row], taskRows, outputRows, journal, notified, stored] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), isNull(jobs.erasedAt))),
    selectShownTasks(db, { jobId }),
    selectOutputs(db, jobId),
    db
      .select({ hash: webhooks.hash, provider: webhooks.provider, receivedAt: webhooks.receivedAt })
      .from(webhooks)
      .where(eq(webhooks.jobId, jobId)),
    db
      .select({ id: deliveries.eventId, type: deliveries.eventType })
      .from(deliveries)
      .where(eq(deliveries.jobId, jobId)),
    db
      .select({ id: events.id, type: events.type, createdAt: events.createdAt, data: events.data })
      .from(events)
      .where(eq(events.jobId, jobId))
      .orderBy(asc(events.id)),
  ])
  if (row === undefined) return null
  return {
    job: readRow(row),
    tasks: taskRows.map(readShownTask),
    outputs: outputRows.map(readOutput),
    webhooks: journal,
    notified,
    stored: stored.map(readEntry),
  }
}

export function readEntry({ data, ...entry }: Omit<Entry, 'data'> & { data: string }): Entry {
  return { ...entry, data: readStored(storedData, data) ?? { damaged: true } }
}

const storedData = z.record(z.string(), z.unknown())
