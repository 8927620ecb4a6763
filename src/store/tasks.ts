/** The submission ledger. */
import { and, asc, eq, exists, gte, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type Fault, readFault, writeFault } from '../core/fault.ts'
import { firstIdAt } from '../core/id.ts'
import { readKept } from '../core/json.ts'
import { type Cost, costSchema } from '../core/money.ts'
import type { ProviderName } from '../core/request.ts'
import type { TaskStatus } from '../core/task.ts'
import type { Database } from './database.ts'
import { jobs, tasks } from './schema.ts'

type Row = typeof tasks.$inferSelect

const uploadsSchema = z.record(z.string(), z.string())

const arrivalSchema = z.object({
  key: z.string(),
  contentType: z.string(),
  bytes: z.number(),
  /** In hex. */
  sha256: z.string(),
  /** Milliseconds since 1970. */
  arrivedAt: z.number(),
})

/** A video that its provider has PUT to us: it is in R2, whether it is made an output or not. */
export type Arrival = z.infer<typeof arrivalSchema>

export interface Task extends Omit<Row, 'cost' | 'fault' | 'uploads' | 'arrival'> {
  /** Path in the request → the provider's own id of the media there. */
  uploads: Record<string, string>
  /** As it was when the row was read; saving the line does not change it. */
  arrival: Arrival | null
  cost: Cost | null
  fault: Fault | null
}

export function selectTasks(db: Database, jobId: string) {
  return db.select().from(tasks).where(eq(tasks.jobId, jobId)).orderBy(asc(tasks.n))
}

/** The tasks of many jobs at once, for a page of them. */
export async function tasksOfAll(db: Database, jobIds: string[]): Promise<Map<string, Task[]>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db.select().from(tasks).where(inArray(tasks.jobId, jobIds)).orderBy(asc(tasks.n))
  return Map.groupBy(rows.map(readTask), ({ jobId }) => jobId)
}

/** A provider's own ids of the tasks of all jobs accepted since then: a range of the primary key, not the table. */
export async function taskIdsSince(db: Database, provider: ProviderName, sinceMs: number): Promise<string[]> {
  const rows = await db
    .select({ id: tasks.providerTaskId })
    .from(tasks)
    .where(and(gte(tasks.jobId, firstIdAt('job', sinceMs)), eq(tasks.provider, provider)))
  return rows.flatMap(({ id }) => id ?? [])
}

/** Writes the line as it is now, whether it is new or known. */
export function saveTask(db: Database, task: Task) {
  const row: Row = {
    ...task,
    cost: task.cost === null ? null : JSON.stringify(task.cost),
    fault: writeFault(task.fault),
    uploads: Object.keys(task.uploads).length === 0 ? null : JSON.stringify(task.uploads),
    arrival: null,
  }
  return db
    .insert(tasks)
    .values(row)
    .onConflictDoUpdate({
      target: [tasks.jobId, tasks.n],
      set: {
        providerTaskId: sql`excluded.provider_task_id`,
        status: sql`excluded.status`,
        attempts: sql`excluded.attempts`,
        intendedAt: sql`excluded.intended_at`,
        submittedAt: sql`excluded.submitted_at`,
        endedAt: sql`excluded.ended_at`,
        uploads: sql`excluded.uploads`,
        wonBy: sql`excluded.won_by`,
        cost: sql`excluded.cost`,
        fault: sql`excluded.fault`,
      },
    })
}

/**
 * What a step learned of a line and could not commit, because its job was canceled meanwhile. The job stays as it is;
 * the line gets the provider's id and cost, or that nothing was bought.
 */
// Guarded by what the line must have been for this to be news, so that nothing later is overwritten.
export async function recordLate(db: Database, task: Task): Promise<void> {
  const before = isNewsAfter[task.status]
  if (before.length === 0) return
  const isOpen = task.status === 'submitted' || task.status === 'unknown'
  const isCanceled = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.id, task.jobId), eq(jobs.status, 'canceled')))
  await db
    .update(tasks)
    .set({
      status: task.status === 'deferred' ? 'rejected' : task.status,
      providerTaskId: task.providerTaskId,
      submittedAt: task.submittedAt,
      wonBy: task.wonBy,
      cost: task.cost === null ? null : JSON.stringify(task.cost),
      // A line that is not over keeps what the cancellation wrote of its end.
      ...(!isOpen && { fault: writeFault(task.fault) }),
      ...(task.endedAt !== null && { endedAt: task.endedAt }),
    })
    .where(
      and(
        eq(tasks.jobId, task.jobId),
        eq(tasks.n, task.n),
        inArray(tasks.status, before),
        exists(isCanceled),
      ),
    )
}

const isNewsAfter: Record<TaskStatus, TaskStatus[]> = {
  preparing: [],
  intended: [],
  unknown: ['intended'],
  deferred: ['intended'],
  rejected: ['intended'],
  // A yes stands above a no: one submission may have been sent by two steps.
  submitted: ['intended', 'unknown', 'rejected'],
  succeeded: ['submitted'],
  failed: ['submitted'],
}

/** A damaged column is as if nothing were known: the media are uploaded again, the video is fetched by its URL. */
export function readTask(row: Row): Task {
  return {
    ...row,
    cost: (row.cost === null ? null : readKept(costSchema, row.cost)) ?? null,
    fault: readFault(row.fault),
    uploads: (row.uploads === null ? null : readKept(uploadsSchema, row.uploads)) ?? {},
    arrival: (row.arrival === null ? null : readKept(arrivalSchema, row.arrival)) ?? null,
  }
}
