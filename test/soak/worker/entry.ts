/**
 * The Worker as a soak runs it: the whole product under the platform's limits, and a path that ages its rows. Retention is
 * counted in days, so that a run of an hour would never erase a job: what is a day old for the product is minutes old here.
 */
import { z } from 'zod'
import { readConfig } from '../../../src/config.ts'
import { createContext, type Edges, realEdges } from '../../../src/context.ts'
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { resumeOnce } from '../../../src/dev/runtime/resume.ts'
import { pruneEnded } from '../../../src/engine/upkeep/prune.ts'
import { createWorker } from '../../../src/worker.ts'
import { limitConnections } from '../../support/platform/connections.ts'
import { emulateDatabase } from '../../support/platform/database.ts'
import { countedBindings, countQuery, limitSubrequests } from '../../support/platform/subrequests.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const leakBytes = 50_000
const readsOfFloor = 20

const reelhook = limitSubrequests(realEdges, (edges) => limitConnections(edges, createWorker))

let limited: { of: D1Database; env: Env } | undefined
let running = 0
const leaked: number[][] = []

export default {
  async fetch(request, env, execution) {
    await resumeOnce(env, execution)
    const { pathname } = new URL(request.url)
    if (pathname === '/soak/age') return age(request, env)
    if (pathname === '/soak/running') return Response.json(running)
    if (pathname === '/soak/floor') return readOften(limitedEnv(env).DB)
    leak(env)
    return count(
      async () =>
        reelhook.fetch?.(request, limitedEnv(env), execution) ?? new Response(null, { status: 404 }),
    )
  },
  queue: inParallel((batch, env, execution) =>
    count(async () => reelhook.queue?.(batch, limitedEnv(env), execution)),
  ),
  async scheduled(controller, env, execution) {
    await resumeOnce(env, execution)
    await count(async () => reelhook.scheduled?.(controller, limitedEnv(env), execution))
  },
} satisfies ExportedHandler<Env>

/** The same object for the same database, because the Worker remembers what it has read from it. */
function limitedEnv(env: Env): Env {
  if (limited?.of === env.DB) return limited.env
  const { binding } = emulateDatabase(env.DB, {
    latencyMs: { min: 2, max: 12 },
    threads: 'one',
    admit: countQuery,
  })
  limited = { of: env.DB, env: countedBindings({ ...env, DB: binding }) }
  return limited.env
}

/** Counts the invocations in progress. */
async function count<T>(work: () => T | Promise<T>): Promise<T> {
  running += 1
  try {
    return await work()
  } finally {
    running -= 1
  }
}

function leak(env: Env): void {
  // Strings and arrays, because the heap of the isolate does not hold the bytes of a buffer.
  if (Reflect.get(env, 'SOAK_LEAK') === 'on')
    leaked.push(new Array<number>(leakBytes / 8).fill(leaked.length + 0.5))
}

/** To compare the product's times with: they take longer when the machine has other work. */
async function readOften(database: D1Database): Promise<Response> {
  for (let n = 0; n < readsOfFloor; n++) await database.prepare('SELECT ?').bind(n).all()
  return new Response('read')
}

/** The next sweep erases the jobs whose dates this moves to the past. Pruning goes by the ids, which hold the time. */
async function age(request: Request, env: Env): Promise<Response> {
  const { prunedAfterMs, erasedAfterMs } = ages.parse(await request.json())
  const now = Date.now()
  const before = now - erasedAfterMs
  await env.DB.batch([
    env.DB.prepare(
      'UPDATE jobs SET erase_at = ?1 WHERE erase_at > ?1 AND erased_at IS NULL AND settled_at < ?2',
    ).bind(now, before),
    // The row of an erased job stays for a day, or for a week.
    env.DB.prepare(
      'UPDATE jobs SET erased_at = erased_at - ?3, erase_at = ?1 WHERE erased_at < ?2 AND erased_at > ?1 - ?3',
    ).bind(now, before, 8 * dayMs),
  ])
  const configured = readConfig(env)
  if (!configured.ok) throw new Error(configured.faults.join('; '))
  // Pruning leaves an hour for the job to end (store/prune.ts).
  const later: Edges = { ...realEdges, now: () => Date.now() + dayMs + hourMs - prunedAfterMs }
  const context = createContext(env, configured.config, later)
  await pruneEnded(context, context.db)
  return new Response('aged')
}

const ages = z.object({ prunedAfterMs: z.number(), erasedAfterMs: z.number() })
