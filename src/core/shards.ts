/**
 * Shards: the databases that hold jobs. A job's id names its shard, and all that belongs to the job is there. The number of
 * shards only ever doubles, so the shards in which an earlier post may have put the job of an Idempotency-Key are known.
 * No I/O. No clock.
 */

/** The bindings by shard. The first is the control database too: it also holds what belongs to no job. */
export const databaseBindings = ['DB', 'DB_1', 'DB_2', 'DB_3', 'DB_4', 'DB_5', 'DB_6', 'DB_7'] as const

export const shardCounts = [1, 2, 4, 8]

/** How many shards are bound, or why the bindings are refused: a missing database would hide its jobs. */
export function countShards(environment: object): { ok: true; count: number } | { ok: false; fault: string } {
  const bound = databaseBindings.map((name) => Reflect.get(environment, name) !== undefined)
  const count = bound.lastIndexOf(true) + 1
  if (bound.slice(0, count).every(Boolean) && shardCounts.includes(Math.max(1, count))) {
    return { ok: true, count: Math.max(1, count) }
  }
  return { ok: false, fault: 'DB, DB_1, … must be 1, 2, 4 or 8 databases in a row' }
}

/**
 * The shards that may hold the job of a key, the home of new jobs first. A full home sends a job to another of them. They
 * contain those of every smaller number of shards, so a key finds its job after the number has grown. `hash` is a whole
 * number.
 */
export function shardsOfKey(hash: number, count: number): number[] {
  const smaller = shardCounts.filter((size) => size < count)
  const candidates = [hash % count, ...smaller.map((size) => (hash % size) + size).reverse(), 0]
  return [...new Set(candidates)]
}

/** All shards, from one that is chosen at random. `chance`: 0 ≤ n < 1. */
export function shardsAtRandom(chance: number, count: number): number[] {
  const first = Math.floor(chance * count)
  return Array.from({ length: count }, (_, n) => (first + n) % count)
}
