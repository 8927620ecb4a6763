/**
 * What every unit of work is given: the stores, the providers, and the edges of the world (network, clock, chance).
 * Built at the rim once an invocation; everything below takes it as an argument.
 */
import type { Config } from './config.ts'
import type { Guard } from './core/target.ts'
import { createGuard } from './guard/guard.ts'
import { type Log, logToConsole } from './log.ts'
import { createNudges, type Nudges } from './nudges.ts'
import { createProviders, type Providers } from './providers/index.ts'
import { type Database, openDatabase } from './store/database.ts'

/** The edges of the world, real by default. */
export interface Edges {
  fetch: (request: Request) => Promise<Response>
  /** Milliseconds since 1970. */
  now: () => number
  /** 0 ≤ chance < 1. */
  chance: () => number
  log: Log
}

export const realEdges: Edges = {
  fetch: (request) => fetch(request),
  now: () => Date.now(),
  chance: () => Math.random(),
  log: logToConsole,
}

export interface Context extends Edges {
  config: Config
  /** Asked before every URL that came from outside is called or fetched. */
  guard: Guard
  db: Database
  bucket: R2Bucket
  /** How often a key may have a callback URL probed. */
  probeLimit: RateLimit
  /** Counts requests by API key. */
  requests: RateLimit
  providers: Providers
  nudges: Nudges
  /** Takes what carries the tag out of the cache in front of the Worker. Throws when that did not do so. */
  forget: (tag: string) => Promise<void>
}

/** `cache`: absent where there is none, as on one's own machine. */
export function createContext(env: Env, config: Config, edges: Edges, cache?: CacheContext): Context {
  const guard = createGuard(edges, config)
  return {
    ...edges,
    config,
    guard,
    db: openDatabase(env.DB),
    bucket: env.BUCKET,
    probeLimit: env.PROBES,
    requests: env.REQUESTS,
    providers: createProviders(config.accounts, edges.fetch, edges.now, guard),
    nudges: createNudges(env.NUDGES, env.DELIVERIES, edges.log),
    forget: async (tag) => {
      const purged = await cache?.purge({ tags: [tag] })
      if (purged?.success === false) throw new Error(`the cache did not forget ${tag}`)
    },
  }
}
