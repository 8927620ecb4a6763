/** The rows of many jobs from which their events are made, with the bodies that were delivered in Reelhook's format. */
import { and, asc, isNull, sql } from 'drizzle-orm'
import type { EventType } from '../../core/event.ts'
import type { Entry } from '../../core/job/made-entries.ts'
import { timelineOf } from '../../core/job/timeline.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import { type Job, readRow } from '../jobs/jobs.ts'
import { type Output, readOutput } from '../jobs/outputs.ts'
import type { Task } from '../jobs/tasks.ts'
import { deliveries, events, jobs, outputs, tasks } from '../schema.ts'
import { readShownTask, shownColumns } from './shown-tasks.ts'
import { readEntry } from './timeline.ts'

export interface ChangedJob {
  job: Job
  tasks: Task[]
  outputs: Output[]
  /** Without the webhooks of providers. */
  timeline: Entry[]
  /** The delivered bodies by event id. An event without deliveries in that format, or a pruned one, has none. */
  bodies: Map<string, string>
}

/** How many jobs one batch reads: each may have a request of a megabyte and a few bodies of 20 KB. */
export const jobsPerRead = 25
export const statementsPerRead = 5

/** Those of the jobs that exist; at most `jobsPerRead`. */
export async function readChanged(db: Database, ids: string[]): Promise<ChangedJob[]> {
  // The body is with the delivery, or once with the event that several deliveries send.
  const shared = sql`SELECT ${events.body} FROM ${events} WHERE ${events.jobId} = ${deliveries.jobId} AND ${events.id} = ${deliveries.eventId}`
  const [jobRows, taskRows, outputRows, sent, stored] = await db.batch([
    db
      .select()
      .from(jobs)
      .where(and(among(jobs.id, ids), isNull(jobs.erasedAt))),
    db.select(shownColumns).from(tasks).where(among(tasks.jobId, ids)).orderBy(asc(tasks.n)),
    db.select().from(outputs).where(among(outputs.jobId, ids)).orderBy(asc(outputs.n)),
    db
      .select({
        jobId: deliveries.jobId,
        id: deliveries.eventId,
        type: sql<EventType>`min(${deliveries.eventType})`,
        body: sql<
          string | null
        >`max(iif(${deliveries.format} = 'reelhook', coalesce(${deliveries.body}, (${shared})), NULL))`,
      })
      .from(deliveries)
      .where(among(deliveries.jobId, ids))
      .groupBy(deliveries.jobId, deliveries.eventId),
    db
      .select({
        jobId: events.jobId,
        id: events.id,
        type: events.type,
        createdAt: events.createdAt,
        data: events.data,
      })
      .from(events)
      .where(among(events.jobId, ids))
      .orderBy(asc(events.id)),
  ])
  const tasksOf = Map.groupBy(taskRows.map(readShownTask), ({ jobId }) => jobId)
  const outputsOf = Map.groupBy(outputRows.map(readOutput), ({ jobId }) => jobId)
  const sentOf = Map.groupBy(sent, ({ jobId }) => jobId)
  const storedOf = Map.groupBy(stored, ({ jobId }) => jobId)
  return jobRows.map(readRow).map((job) => {
    const notified = sentOf.get(job.id) ?? []
    const own = { job, tasks: tasksOf.get(job.id) ?? [], outputs: outputsOf.get(job.id) ?? [] }
    const timeline = timelineOf({
      ...own,
      webhooks: [],
      notified,
      stored: (storedOf.get(job.id) ?? []).map(({ jobId: _, ...entry }) => readEntry(entry)),
    })
    const bodies = new Map(notified.flatMap(({ id, body }) => (body === null ? [] : [[id, body] as const])))
    return { ...own, timeline, bodies }
  })
}
