/**
 * Several databases: `--shards 4` binds three more than wrangler.toml names. A later deployment keeps those that the Worker
 * has, because a job is only found in its own database.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { databaseBindings, shardCounts } from '../../core/shards.ts'
import type { Cloudflare } from './cloudflare.ts'
import { explainRefusals } from './deploy-refusals.ts'

type Chosen = { ok: true; count: number } | { ok: false; fault: string }

/** `wanted`: null if the option is not given. */
export async function chooseShards(
  cloudflare: Cloudflare,
  worker: string,
  wanted: number | null,
): Promise<Chosen> {
  const request = { method: 'GET', path: `workers/scripts/${worker}/settings` } as const
  const answer = await cloudflare.call(workerSchema, request)
  if (!answer.ok && !answer.refusal.codes.some((code) => workerNotFound.includes(code))) {
    return { ok: false, fault: explainRefusals(cloudflare.accountId, [answer.refusal]) }
  }
  const bound = answer.ok ? answer.result.filter((name) => isShard(name)).length : 0
  const count = Math.max(1, bound)
  if (wanted !== null && wanted < count) {
    return {
      ok: false,
      fault: `The Worker has ${count} databases, and their jobs are nowhere else: --shards cannot be ${wanted}.`,
    }
  }
  return { ok: true, count: wanted ?? count }
}

/** Refuses every other number. */
export function readShards(value: string | undefined): number | null | undefined {
  return value === undefined ? null : shardCounts.find((count) => String(count) === value)
}

interface FirstDatabase {
  database_name?: string | undefined
  migrations_dir?: string | undefined
}

/**
 * The text of wrangler.toml with further databases: `reelhook-1` is bound as `DB_1`. Its `max_concurrency` is for one
 * database, so each queue gets as many times more, up to the limit of Cloudflare.
 */
export function withShards(text: string, first: FirstDatabase, count: number): string {
  const databases = databaseBindings
    .slice(1, count)
    .map((binding, n) =>
      [
        '[[d1_databases]]',
        `binding = "${binding}"`,
        `database_name = "${first.database_name}-${n + 1}"`,
        `migrations_dir = "${first.migrations_dir}"`,
        '',
      ].join('\n'),
    )
  const concurrency = /^max_concurrency = (\d+)$/gm
  const scaled = text.replace(concurrency, (line, value: string) =>
    value === '1' ? line : `max_concurrency = ${Math.min(maxConcurrency, Number(value) * count)}`,
  )
  return [scaled, ...databases].join('\n')
}

/** Beside wrangler.toml, because its paths are relative. The file is removed when this process ends. */
export function writeShardConfig(text: string): string {
  const path = 'wrangler.shards.toml'
  process.once('exit', () => rmSync(path, { force: true }))
  writeFileSync(path, text)
  return path
}

// The limit of one queue: developers.cloudflare.com/queues/platform/limits.
const maxConcurrency = 250

function isShard(name: string): boolean {
  return databaseBindings.some((binding) => binding === name)
}

const workerNotFound = [10007, 10090]

/** The names of the bindings. */
const workerSchema = z
  .object({ bindings: z.array(z.object({ name: z.string() })).nullish() })
  .transform(({ bindings }) => (bindings ?? []).map(({ name }) => name))
