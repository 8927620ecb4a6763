/**
 * The dependencies of every unit of work: stores, providers, settings, and the edges (network, clock, randomness).
 * Built once per invocation and passed down as an argument.
 */
import { version } from '../package.json'
import type { Config } from './config.ts'
import { createConnections, createPlaces, type Fetch, type Places } from './connections.ts'
import { maxFreshAttempts } from './core/schedule/deliveries.ts'
import { traceIdOf, traceparentOf } from './core/trace.ts'
import type { Guard } from './core/url/policy.ts'
import { type Log, logToConsole } from './log.ts'
import { createProviders, type Providers } from './providers/index.ts'
import { createQueues, type Queues } from './queue.ts'
import { counterOf } from './rate-limit.ts'
import { type ChoiceMemory, choiceMemoryOf } from './store/choice/known.ts'
import { createOwners, type Owners } from './store/deliveries/owners.ts'
import { type Patience, patientDatabase, workPatience } from './store/patience.ts'
import { type WatchMemory, watchMemoryOf } from './store/reports/watch-memory.ts'
import { type Databases, openDatabases } from './store/shards.ts'
import { createGuard } from './url-guard/guard.ts'

/** All I/O beside the bindings. Tests replace it. */
export interface Edges {
  fetch: (request: Request) => Promise<Response>
  /** Milliseconds since 1970. */
  now: () => number
  /** A random number: 0 ≤ n < 1. */
  chance: () => number
  wait: (ms: number) => Promise<void>
  log: Log
}

export const realEdges: Edges = {
  // A request for `identity` gets the stored bytes. Otherwise the runtime decodes gzip and brotli.
  fetch: (request) => {
    const wantsStoredBytes = request.headers.get('accept-encoding') === 'identity'
    return fetch(request, { encodeResponseBody: wantsStoredBytes ? 'manual' : 'automatic' })
  },
  now: () => Date.now(),
  chance: () => Math.random(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  log: logToConsole,
}

export interface Context extends Omit<Edges, 'fetch'>, Databases {
  /** Holds one of the invocation's connections, as the bucket and the queues do. */
  fetch: Fetch
  config: Config
  /** The release that runs. */
  version: string
  /** Checks every URL from outside right before it is called. */
  guard: Guard
  owners: Owners
  /** Attempts of fresh deliveries hold one of these while they run (deliveries/send-fresh.ts). */
  freshAttempts: Places
  /** Measured times and streaks of refusals, which this isolate has read in the last seconds. */
  choiceMemory: ChoiceMemory
  /** The clients of this isolate that wait, and what is known of their jobs (api/waiting/). */
  watching: WatchMemory
  bucket: R2Bucket
  /** The static file at the path of the request. */
  staticFile: (request: Request) => Promise<Response>
  /** Limits the tests of callback URLs, per API key. */
  probeLimit: RateLimit
  /** Limits the webhooks and uploads of providers, per job. */
  callbacks: RateLimit
  /** Limit requests, per API key: one that has no smaller limit of its own, or one of these a minute. */
  requests: RateLimit
  requestsPerMinute: Record<60 | 300, RateLimit>
  providers: Providers
  /** The same providers, which send their calls by this fetch. */
  providersWith: (fetch: Fetch) => Providers
  queues: Queues
  /** The cache in front of the Worker. Undefined without one, as on a local machine. */
  cache: Pick<CacheContext, 'purge'> | undefined
}

export interface Invocation {
  cache?: Context['cache']
  /** With D1. By default that of queue and cron invocations. */
  patience?: Patience
}

export function createContext(
  env: Env,
  config: Config,
  given: Edges,
  { cache, patience = workPatience }: Invocation = {},
): Context {
  const { fetch, limit } = createConnections(withUserAgent(given.fetch))
  const edges = { ...given, fetch }
  const guard = createGuard(edges, config)
  const providersWith = (fetch: Fetch) => createProviders(config.accounts, { fetch, now: edges.now, guard })
  const databases = openDatabases(env, (database) => patientDatabase(database, edges, patience))
  return {
    ...edges,
    config,
    version,
    guard,
    ...databases,
    owners: createOwners(env.DB, databases.db, edges.now),
    freshAttempts: createPlaces(maxFreshAttempts),
    choiceMemory: choiceMemoryOf(env.DB),
    watching: watchMemoryOf(env.DB),
    bucket: limit(env.BUCKET),
    staticFile: (request) => env.ASSETS.fetch(request),
    probeLimit: counterOf(config.publicBaseUrl, env.RECEIVER_TESTS),
    callbacks: counterOf(config.publicBaseUrl, env.CALLBACKS),
    requests: counterOf(config.publicBaseUrl, env.REQUESTS),
    requestsPerMinute: {
      60: counterOf(config.publicBaseUrl, env.REQUESTS_60),
      300: counterOf(config.publicBaseUrl, env.REQUESTS_300),
    },
    providers: providersWith(fetch),
    providersWith,
    queues: createQueues(
      { JOBS: limit(env.JOBS), RESULTS: limit(env.RESULTS), DELIVERIES: limit(env.DELIVERIES) },
      edges.log,
    ),
    cache,
  }
}

/** For the work on one job: its calls to providers carry its trace, and its log lines name it. */
export function tracedContext(context: Context, job: Parameters<typeof traceparentOf>[0]): Context {
  const fetch: Fetch = (request, startTimers) => {
    request.headers.set('traceparent', traceparentOf(job))
    return context.fetch(request, startTimers)
  }
  return {
    ...context,
    providers: context.providersWith(fetch),
    log: (event, fields) => context.log(event, { ...fields, trace_id: traceIdOf(job) }),
  }
}

/** Sets the User-Agent on every request, redirects included, since some hosts return 403 without it. */
function withUserAgent(fetch: Edges['fetch']): Edges['fetch'] {
  return (request) => {
    request.headers.set('user-agent', `Reelhook/${version}`)
    return fetch(request)
  }
}
