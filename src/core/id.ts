/**
 * Ids with a type prefix that sort by creation time: a prefix and a UUIDv7 in base 32 (TypeID). Because they sort, lists
 * page by primary key, and no table needs an index on time.
 */
import { TypeID, typeid } from 'typeid-js'

const prefixes = {
  job: 'job',
  event: 'evt',
  delivery: 'dlv',
  endpoint: 'ep',
  apiKey: 'key',
  asset: 'asset',
} as const
type Kind = keyof typeof prefixes

export function newId(kind: Kind): string {
  return typeid(prefixes[kind]).toString()
}

/** The n-th event id that belongs to a job and has no row: always the same, and no other job has it. */
export function eventIdOf(jobId: string, n: number): string {
  const suffix = jobId.slice(prefixes.job.length + 1, -2)
  return `${prefixes.event}_${suffix}${n.toString(32).padStart(2, '0')}`
}

/** The smallest id of its kind that can be created at `timeMs`: a bound for "created before / after". */
export function firstIdAt(kind: Kind, timeMs: number): string {
  const time = Math.max(0, Math.min(timeMs, 2 ** 48 - 1))
  const hex = time.toString(16).padStart(12, '0')
  return TypeID.fromUUID(
    prefixes[kind],
    `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`,
  ).toString()
}
