/** The entries of a timeline that are stored (core/job/timeline.ts has the others). Their ids sort by time. */
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { newId } from '../core/id.ts'
import type { Database } from './database.ts'
import { events, jobs } from './schema.ts'

export interface EventDraft {
  id: string
  type: string
  data: Record<string, unknown>
  createdAt: number
}

export function draftEvent(type: string, data: Record<string, unknown>, nowMs: number): EventDraft {
  return { id: newId('event'), type, data, createdAt: nowMs }
}

/** `body`: of its deliveries, if it has several. */
export function insertEvent(
  db: Database,
  jobId: string,
  { data, ...event }: EventDraft,
  body: string | null = null,
) {
  // A repeated commit writes the same event id: it stays one row.
  return db
    .insert(events)
    .values({ jobId, ...event, data: JSON.stringify(data), body })
    .onConflictDoNothing()
}

/** Inserts the event if the job exists, is not erased, and meets the condition. */
export function insertEventIf(db: Database, jobId: string, { data, ...event }: EventDraft, onlyIf?: SQL) {
  return db
    .insert(events)
    .select(
      db
        .select({
          jobId: jobs.id,
          id: sql<string>`${event.id}`.as('id'),
          type: sql<string>`${event.type}`.as('type'),
          data: sql<string>`${JSON.stringify(data)}`.as('data'),
          body: sql<null>`NULL`.as('body'),
          createdAt: sql<number>`${event.createdAt}`.as('created_at'),
        })
        .from(jobs)
        .where(and(eq(jobs.id, jobId), isNull(jobs.erasedAt), onlyIf)),
    )
    .onConflictDoNothing()
}
