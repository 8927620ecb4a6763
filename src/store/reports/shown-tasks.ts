/** Tasks to be shown, without what their providers answered: that is up to 5 KB a task, and read on its own. */
import { asc, eq, getTableColumns, inArray } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { readTask, type Task } from '../jobs/tasks.ts'
import { prepared, value } from '../prepared.ts'
import { tasks } from '../schema.ts'

const { answers: _, ...shownColumns } = getTableColumns(tasks)

export { shownColumns }

type ShownRow = Omit<typeof tasks.$inferSelect, 'answers'>

export const selectShownTasks = prepared((db) =>
  db
    .select(shownColumns)
    .from(tasks)
    .where(eq(tasks.jobId, value('jobId')))
    .orderBy(asc(tasks.n)),
)

/** The tasks of many jobs at once, for a page of them. */
export async function tasksOfAll(db: Database, jobIds: string[]): Promise<Map<string, Task[]>> {
  if (jobIds.length === 0) return new Map()
  const rows = await db
    .select(shownColumns)
    .from(tasks)
    .where(inArray(tasks.jobId, jobIds))
    .orderBy(asc(tasks.n))
  return Map.groupBy(rows.map(readShownTask), ({ jobId }) => jobId)
}

/** Its `answers` are empty: such a task is never saved. */
export function readShownTask(row: ShownRow): Task {
  return readTask({ ...row, answers: null })
}
