/** The submission ledger. */
import { asc, eq, inArray, sql } from 'drizzle-orm'
import { type Fault, readFault } from '../core/fault.ts'
import { type Cost, costSchema } from '../core/money.ts'
import type { Database } from './database.ts'
import { tasks } from './schema.ts'

type Row = typeof tasks.$inferSelect

export interface Task extends Omit<Row, 'cost' | 'fault'> {
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

/** Writes the line as it is now, whether it is new or known. */
export function saveTask(db: Database, task: Task) {
  const row: Row = {
    ...task,
    cost: task.cost === null ? null : JSON.stringify(task.cost),
    fault: task.fault === null ? null : JSON.stringify(task.fault),
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
        wonBy: sql`excluded.won_by`,
        cost: sql`excluded.cost`,
        fault: sql`excluded.fault`,
      },
    })
}

export function readTask(row: Row): Task {
  return {
    ...row,
    cost: row.cost === null ? null : costSchema.parse(JSON.parse(row.cost)),
    fault: readFault(row.fault),
  }
}
