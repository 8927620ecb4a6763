/** Many copies of one job. */
import { env } from 'cloudflare:workers'
import { postWithoutWakeUp } from './runtime.ts'

/** Jobs that nothing ends, made without the API. */
export async function insertQueued(count: number): Promise<string[]> {
  const { id } = await postWithoutWakeUp()
  const { results: columns } = await env.DB.prepare("SELECT name FROM pragma_table_info('jobs')").all<{
    name: string
  }>()
  const names = columns.map(({ name }) => name).filter((name) => name !== 'id')
  const copy = `INSERT INTO jobs (id, ${names.join(', ')}) SELECT substr(jobs.id, 1, 20) || printf('%08x', value) || '00', ${names.join(', ')}
    FROM jobs, json_each(?) WHERE jobs.id = ?`
  await env.DB.prepare(copy)
    .bind(JSON.stringify(Array.from({ length: count }, (_, n) => n)), id)
    .run()
  const { results } = await env.DB.prepare("SELECT id FROM jobs WHERE id LIKE ? || '%' AND id <> ?")
    .bind(id.slice(0, 20), id)
    .all<{ id: string }>()
  return results.map((row) => row.id)
}
