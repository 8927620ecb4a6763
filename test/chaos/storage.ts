/** D1 and R2, read past the product, and the rows that the laws are about. */

export type Row = Record<string, string | number | null>

export interface Storage {
  select: (sql: string, ...values: (string | number)[]) => Promise<Row[]>
  objectKeys: () => Promise<string[]>
  /** SHA-256 in hex; null: there is no such object. */
  objectHash: (key: string) => Promise<string | null>
}

/** Everything that is written of a job and may not change once it is settled. */
const tables = ['jobs', 'tasks', 'outputs', 'events', 'deliveries', 'assets'] as const

export type JobRows = Record<(typeof tables)[number], Row[]>

export async function rowsOf(storage: Storage, jobIds: readonly string[]): Promise<Map<string, JobRows>> {
  const among = JSON.stringify(jobIds)
  const found = await Promise.all(
    tables.map(async (table) => {
      const column = table === 'jobs' ? 'id' : 'job_id'
      const sql = `SELECT * FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`
      return Map.groupBy(await storage.select(sql, among), (row) => row[column])
    }),
  )
  const rowsOfJob = (id: string) =>
    Object.fromEntries(tables.map((table, index) => [table, found[index]?.get(id) ?? []])) as JobRows
  return new Map(jobIds.map((id) => [id, rowsOfJob(id)]))
}

/** Keeps what is written of each job when it is first seen settled. */
export function watchSettled(storage: Storage) {
  const seen = new Map<string, JobRows>()
  return {
    seen,
    async look() {
      const rows = await storage.select('SELECT id FROM jobs WHERE settled_at IS NOT NULL')
      const fresh = rows.flatMap(({ id }) => (typeof id === 'string' && !seen.has(id) ? [id] : []))
      if (fresh.length === 0) return
      for (const [id, found] of await rowsOf(storage, fresh)) seen.set(id, found)
    },
  }
}

/** What is to be done, and when: over all rows, of jobs and deliveries, that will ever be due. */
export async function readState({ select }: Pick<Storage, 'select'>, nowMs: number) {
  const [row] = await select(
    `SELECT count(CASE WHEN due_at <= ?1 THEN 1 END) AS overdue, count(due_at) AS unsettled,
       min(CASE WHEN due_at > ?1 THEN due_at END) AS next
     FROM (SELECT due_at FROM jobs UNION ALL SELECT due_at FROM deliveries)`,
    nowMs,
  )
  const { overdue, unsettled, next } = row ?? {}
  return {
    overdue: Number(overdue),
    unsettled: Number(unsettled),
    nextDueAt: next == null ? null : Number(next),
  }
}
