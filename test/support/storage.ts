/** Reads D1 and R2 directly, not through the product. */
import { env } from 'cloudflare:workers'
import { forgetOwners } from '../../src/store/owner-memory.ts'
import { world } from './world.ts'

export async function select<Row = Record<string, unknown>>(
  sql: string,
  ...values: unknown[]
): Promise<Row[]> {
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<Row>()
  // As if this isolate had written them through the product.
  if (/^(insert|update|delete)\b.*\b(endpoints|api_keys|disabled_callbacks)\b/is.test(sql)) forgetOwners()
  return results
}

/** A write by another isolate: this one does not notice. */
export async function writeElsewhere(sql: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run()
}

export async function countRows(table: string, where = '1', ...values: unknown[]): Promise<number> {
  const [row] = await select<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, ...values)
  return row?.n ?? Number.NaN
}

/** The high-water marks of the databases are not among them. */
export async function objectKeys(prefix = ''): Promise<string[]> {
  const { objects } = await env.BUCKET.list({ prefix })
  return objects.map(({ key }) => key).filter((key) => !key.startsWith('high-water-marks/'))
}

/** The deadline of a job; an hour from now if the job does not exist. */
export async function deadlineOf(jobId: string): Promise<number> {
  const [row] = await select<{ deadline_at: number }>('SELECT deadline_at FROM jobs WHERE id = ?', jobId)
  return row?.deadline_at ?? world.edges.now() + 60 * 60_000
}
