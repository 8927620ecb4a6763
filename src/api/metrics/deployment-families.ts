/** The version, and whether each database responds. */
import { maxDatabaseBytes } from '../../core/database-size.ts'
import { gauge } from './gauge.ts'
import type { Family, Sample } from './text.ts'

export function buildFamily(version: string): Family {
  const samples = [{ labels: { version }, value: 1 }]
  return { name: 'reelhook_build', type: 'info', help: 'The version of Reelhook.', samples }
}

/** `sizes`: by shard. Null: the database did not respond. */
export function databaseFamilies(sizes: readonly (number | null)[]): Family[] {
  const sample = (shard: number, value: number): Sample => ({ labels: { database: String(shard) }, value })
  const known = sizes.flatMap((bytes, shard) => (bytes === null ? [] : [sample(shard, bytes)]))
  const limits = sizes.map((_, shard) => sample(shard, maxDatabaseBytes))
  const up = sizes.map((bytes, shard) => sample(shard, bytes === null ? 0 : 1))
  return [
    gauge('database_up', '1: the database responds.', up),
    { ...gauge('database_size_bytes', 'Size of the database.', known), unit: 'bytes' },
    {
      ...gauge('database_size_limit_bytes', 'Limit of D1. From 90 % on, new jobs are refused.', limits),
      unit: 'bytes',
    },
  ]
}
