/** Several databases: the Worker's own, and three more that only these tests use. */
import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { markKey } from '../../src/core/restoration.ts'
import type { DatabaseBindings } from '../../src/store/shards.ts'
import { apiRequest } from './api-call.ts'
import { receiveWebhooks } from './limited.ts'
import { createMeteredWorker, type MeteredWorker } from './meter.ts'
import { type EmulatedDatabase, emulateDatabase } from './platform/database.ts'
import { aRequest } from './reelhook.ts'
import { dropTables } from './start-empty.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      SHARD_1: D1Database
      SHARD_2: D1Database
      SHARD_3: D1Database
    }
  }
}

const shards = [env.DB, env.SHARD_1, env.SHARD_2, env.SHARD_3]

/** The databases beside the Worker's own are not emptied between files. */
export async function emptyShards(): Promise<void> {
  for (const [shard, database] of shards.entries()) {
    await dropTables(database)
    await applyD1Migrations(database, env.MIGRATIONS)
    // An empty database with a mark in R2 would be a restored one.
    await env.BUCKET.delete(markKey(shard))
  }
}

export interface ShardedWorker extends MeteredWorker {
  /** Each counts its calls. */
  databases: EmulatedDatabase[]
}

/** A Worker with the first `count` databases. */
export function createShardedWorker(count: 1 | 2 | 4, settings: Partial<Env> = {}): ShardedWorker {
  const databases = shards.slice(0, count).map((database) => emulateDatabase(database))
  const [control, ...others] = databases.map(({ binding }) => binding)
  if (control === undefined) throw new Error('there is one database at least')
  const bound = Object.fromEntries(others.map((binding, n) => [`DB_${n + 1}`, binding]))
  const worker = createMeteredWorker(
    { ...settings, ...bound } satisfies Partial<Env & DatabaseBindings>,
    control,
  )
  receiveWebhooks(worker)
  return { ...worker, databases }
}

/** The ids of new jobs, one for each key. */
export async function postWithKeys(
  worker: MeteredWorker,
  keys: string[],
  overrides: Record<string, unknown> = {},
): Promise<string[]> {
  const ids: string[] = []
  for (const key of keys) {
    const request = apiRequest('POST', '/v1/jobs', aRequest(overrides), { 'idempotency-key': key })
    const response = await worker.fetch(request)
    if (response.status !== 202) throw new Error(await response.text())
    ids.push((await response.json<{ id: string }>()).id)
  }
  return ids
}

export function keysNamed(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${name} ${n}`)
}

/** One value of each row, from one database. */
export async function column(shard: number, sql: string, ...values: unknown[]): Promise<unknown[]> {
  const { results } = await (shards[shard] ?? env.DB)
    .prepare(sql)
    .bind(...values)
    .all()
  return results.map((row) => Object.values(row)[0])
}
