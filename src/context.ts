/**
 * What every unit of work is given: the stores, the providers, and the edges of the world (network, clock, chance).
 * Built at the rim once an invocation; everything below takes it as an argument.
 */
import { version } from '../package.json'
import type { Config } from './config.ts'
import type { Guard } from './core/url/policy.ts'
import { type Log, logToConsole } from './log.ts'
import { createProviders, type Providers } from './providers/index.ts'
import { createQueues, type Queues } from './queue.ts'
import { type Database, openDatabase } from './store/database.ts'
import { createGuard } from './url-guard/guard.ts'

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
  // A request that asks for bytes as they are stored gets them so; otherwise the runtime decodes gzip and brotli.
  fetch: (request) => {
    const wantsStored = request.headers.get('accept-encoding') === 'identity'
    return fetch(request, { encodeResponseBody: wantsStored ? 'manual' : 'automatic' })
  },
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
  /** Counts what providers post and upload, by job. */
  callbacks: RateLimit
  /** Counts requests by API key. */
  requests: RateLimit
  providers: Providers
  queues: Queues
  /** Takes what carries the tag out of the cache in front of the Worker. Throws when that did not do so. */
  forget: (tag: string) => Promise<void>
}

/** `cache`: absent where there is none, as on one's own machine. */
export function createContext(env: Env, config: Config, world: Edges, cache?: CacheContext): Context {
  const edges = { ...world, fetch: withUserAgent(world.fetch) }
  const guard = createGuard(edges, config)
  return {
    ...edges,
    config,
    guard,
    db: openDatabase(env.DB),
    bucket: env.BUCKET,
    probeLimit: env.RECEIVER_TESTS,
    callbacks: env.CALLBACKS,
    requests: env.REQUESTS,
    providers: createProviders(config.accounts, edges.fetch, edges.now, guard),
    queues: createQueues(env.JOBS, env.DELIVERIES, edges.log),
    forget: async (tag) => {
      const purged = await cache?.purge({ tags: [tag] })
      if (purged?.success === false) throw new Error(`the cache did not forget ${tag}`)
    },
  }
}

/** On every request, redirects included, which are requests of their own: some hosts answer 403 without it. */
function withUserAgent(fetch: Edges['fetch']): Edges['fetch'] {
  return (request) => {
    request.headers.set('user-agent', `Reelhook/${version}`)
    return fetch(request)
  }
}
