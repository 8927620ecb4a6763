/** The rows and objects that are left of a job. */
import { objectPrefixes } from '../../src/core/retention.ts'
import { countRows, objectKeys } from './storage.ts'

const tables = [
  'tasks',
  'outputs',
  'late_checks',
  'exports',
  'webhooks',
  'events',
  'deliveries',
  'assets',
] as const

export async function leftOf(id: string): Promise<Record<string, number>> {
  const counts = await Promise.all(tables.map((table) => countRows(table, 'job_id = ?', id)))
  const objects = await Promise.all(objectPrefixes.map((prefix) => objectKeys(`${prefix}${id}/`)))
  return {
    jobs: await countRows('jobs', 'id = ?', id),
    ...Object.fromEntries(tables.map((table, n) => [table, counts[n] ?? 0])),
    /** Attempts of deliveries that no longer exist. */
    attempts: await countRows('attempts', 'delivery_id NOT IN (SELECT id FROM deliveries)'),
    objects: objects.flat().length,
  }
}

export const nothing = {
  jobs: 0,
  tasks: 0,
  outputs: 0,
  late_checks: 0,
  exports: 0,
  webhooks: 0,
  events: 0,
  deliveries: 0,
  assets: 0,
  attempts: 0,
  objects: 0,
}
