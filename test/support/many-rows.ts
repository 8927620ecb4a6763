/**
 * Many jobs or deliveries at once, written by SQL. The thirty oldest have values that no other row has, so a filter by one of
 * these finds its rows behind all others. The other values alternate.
 */

export const rareRows = 30

/** The numbers from `first` on. One statement writes at most 100,000 rows: the local runtime fails at a million. */
const numbers = (count: number, first: number) =>
  `WITH RECURSIVE numbers(n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${first + count - 1})`

/** The digits of a number are the time of the id, in base 32. */
const idOf = (prefix: string) => `'${prefix}_' || printf('%010d', n) || '0000000000000000'`

/** The creation time of the n-th row. */
export function timeOfRow(n: number): number {
  return Number.parseInt(String(n), 32)
}

const oneOf = (values: string[], divisor: number) =>
  `CASE (n / ${divisor}) % ${values.length} ${values.map((value, n) => `WHEN ${n} THEN '${value}'`).join(' ')} END`
const rareOr = (rare: string, others: string) => `iif(n < ${rareRows}, '${rare}', ${others})`

/** One project has the rare rows, one every second of the others; the rest has none. */
const project = `CASE WHEN n < ${rareRows} THEN 'small' WHEN n % 2 = 0 THEN 'large' END`

export function manyJobs(count: number, first = 0): string[] {
  const status = rareOr('canceled', oneOf(['succeeded', 'failed', 'queued', 'generating', 'storing'], 1))
  const provider = rareOr('aimlapi', oneOf(['runware', 'crun', 'scenario'], 5))
  const model = rareOr('seedance-2.0', oneOf(['seedance-2.0-fast', 'seedance-2.0-mini'], 15))
  return [
    `INSERT INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, project, created_at, deadline_at)
      ${numbers(count, first)} SELECT ${idOf('job')}, ${status}, ${model}, ${provider}, '[]', '{}', '[]', 'admin', ${project}, n, n FROM numbers`,
    `INSERT INTO job_metadata (key, value, job_id)
      ${numbers(count, first)} SELECT 'color', ${rareOr('red', oneOf(['blue', 'green'], 1))}, ${idOf('job')} FROM numbers`,
  ]
}

/** All of one job. The pending ones are due at `dueAt`. */
export function manyDeliveries(count: number, dueAt: number, first = 0): string[] {
  const status = rareOr('failed', oneOf(['pending', 'delivered'], 1))
  const type = rareOr('job.erased', oneOf(['job.succeeded', 'job.failed', 'output.stored'], 2))
  const endpoint = rareOr('ep_rare', oneOf(['ep_1', 'ep_2'], 6))
  return [
    `INSERT OR IGNORE INTO jobs (id, status, model, provider, providers, request, warnings, api_key_id, created_at, deadline_at)
      VALUES ('job_of_all', 'succeeded', 'seedance-2.0', 'runware', '[]', '{}', '[]', 'admin', 0, 0)`,
    `INSERT INTO deliveries (id, job_id, endpoint_id, event_id, event_type, url, project, status, attempts, created_at, due_at)
      ${numbers(count, first)}, rows AS (SELECT n, ${status} AS status FROM numbers)
      SELECT ${idOf('dlv')}, 'job_of_all', ${endpoint}, 'evt_' || n, ${type}, 'https://caller.test', ${project}, status, 1, n,
        iif(status = 'pending', ${dueAt}, NULL) FROM rows`,
  ]
}
