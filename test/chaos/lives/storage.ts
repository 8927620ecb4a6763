/** D1 and R2, read without the product's code. */

export type Row = Record<string, string | number | null>

export interface Storage {
  select: (sql: string, ...values: (string | number)[]) => Promise<Row[]>
  objectKeys: () => Promise<string[]>
  /** SHA-256 in hex; null: no such object. */
  objectHash: (key: string) => Promise<string | null>
}

/** Every row of one job, by table. */
export interface JobRows {
  jobs: Row[]
  tasks: Row[]
  outputs: Row[]
  events: Row[]
  deliveries: Row[]
  assets: Row[]
}

export async function rowsOf(storage: Storage, jobIds: readonly string[]): Promise<Map<string, JobRows>> {
  const rowsIn = async (table: keyof JobRows) => {
    const column = table === 'jobs' ? 'id' : 'job_id'
    const sql = `SELECT * FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`
    const rows = Map.groupBy(await storage.select(sql, JSON.stringify(jobIds)), (row) => row[column])
    return (jobId: string) => rows.get(jobId) ?? []
  }
  const [jobs, tasks, outputs, events, deliveries, assets] = await Promise.all([
    rowsIn('jobs'),
    rowsIn('tasks'),
    rowsIn('outputs'),
    rowsIn('events'),
    rowsIn('deliveries'),
    rowsIn('assets'),
  ])
  return new Map(
    jobIds.map((id) => [
      id,
      {
        jobs: jobs(id),
        tasks: tasks(id),
        outputs: outputs(id),
        events: events(id),
        deliveries: deliveries(id),
        assets: assets(id),
      },
    ]),
  )
}

/** Keeps the rows of each job as they are when it is first seen settled. */
export function watchSettled(storage: Storage) {
  const snapshots = new Map<string, JobRows>()
  return {
    snapshots,
    async check() {
      const settled = await storage.select('SELECT id FROM jobs WHERE settled_at IS NOT NULL')
      const newIds = settled.map(({ id }) => String(id)).filter((id) => !snapshots.has(id))
      if (newIds.length === 0) return
      for (const [id, rows] of await rowsOf(storage, newIds)) snapshots.set(id, rows)
    },
  }
}

/** How many jobs and deliveries are due now or later, and when the next one is due. */
export async function readState({ select }: Pick<Storage, 'select'>, nowMs: number) {
  const [row] = await select(
    `SELECT count(CASE WHEN due_at <= ?1 THEN 1 END) AS overdue, count(due_at) AS unsettled,
       min(CASE WHEN due_at > ?1 THEN due_at END) AS next
     FROM (SELECT coalesce(leased_until, due_at) AS due_at FROM jobs UNION ALL SELECT due_at FROM deliveries
       UNION ALL SELECT coalesce(leased_until, due_at) FROM late_checks)`,
    nowMs,
  )
  const { overdue, unsettled, next } = row ?? {}
  return {
    overdue: Number(overdue),
    unsettled: Number(unsettled),
    nextDueAt: next == null ? null : Number(next),
  }
}
