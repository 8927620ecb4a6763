/**
 * The configuration of the Worker: wrangler.toml as a deployment changes it. An environment such as staging has its own
 * Worker, database, bucket and queues. `--shards 4` binds three databases more.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { experimental_readRawConfig } from 'wrangler'
import { z } from 'zod'
import { databaseBindings } from '../../core/shards.ts'
import { removeAtExit } from './settings-file.ts'

export type WorkerConfig = z.infer<typeof configSchema>

export function readWorkerConfig(folder: string): WorkerConfig {
  return configSchema.parse(experimental_readRawConfig({ config: join(folder, 'wrangler.toml') }).rawConfig)
}

/** The Worker `reelhook-staging` has the queue `reelhook-staging-jobs`. It has no route: that is the production's. */
export function withEnvironment(config: WorkerConfig, environment: string): WorkerConfig {
  const { route: _, routes: __, ...others } = config
  const own = (name: string) =>
    name === config.name || name.startsWith(`${config.name}-`)
      ? name.replace(config.name, `${config.name}-${environment}`)
      : `${name}-${environment}`
  return {
    ...others,
    name: own(config.name),
    workers_dev: true,
    d1_databases: config.d1_databases.map((database) => ({
      ...database,
      database_name: own(database.database_name),
      database_id: undefined,
    })),
    r2_buckets: config.r2_buckets.map((bucket) => ({ ...bucket, bucket_name: own(bucket.bucket_name) })),
    queues: {
      producers: config.queues.producers.map((producer) => ({ ...producer, queue: own(producer.queue) })),
      consumers: config.queues.consumers.map((consumer) => ({
        ...consumer,
        queue: own(consumer.queue),
        ...(consumer.dead_letter_queue !== undefined && {
          dead_letter_queue: own(consumer.dead_letter_queue),
        }),
      })),
    },
  }
}

/**
 * With further databases: `reelhook-1` is bound as `DB_1`. `max_concurrency` of a queue is for one database, so it grows
 * with their number, up to the limit of Cloudflare.
 */
export function withShards(config: WorkerConfig, count: number): WorkerConfig {
  const [first] = config.d1_databases
  if (first === undefined || count === 1) return config
  const further = databaseBindings.slice(1, count).map((binding, n) => ({
    ...first,
    binding,
    database_name: `${first.database_name}-${n + 1}`,
    database_id: undefined,
  }))
  const consumers = config.queues.consumers.map((consumer) => {
    const { max_concurrency: one } = consumer
    if (one === undefined || one === 1) return consumer
    return { ...consumer, max_concurrency: Math.min(maxConcurrency, one * count) }
  })
  return {
    ...config,
    d1_databases: [first, ...further],
    queues: { ...config.queues, consumers },
  }
}

/** Beside wrangler.toml, because its paths are relative. The file is removed when this process ends. */
export function writeWorkerConfig(folder: string, config: WorkerConfig): string {
  const path = join(folder, 'wrangler.deploy.json')
  removeAtExit(path)
  // Wrangler finds a database by its name. The example id is only there for the button "Deploy to Cloudflare".
  const databases = config.d1_databases.map((database) =>
    database.database_id === exampleId ? { ...database, database_id: undefined } : database,
  )
  writeFileSync(path, JSON.stringify({ ...config, d1_databases: databases }, null, 2))
  return path
}

/** The id of a database in wrangler.toml. Null: it is found by its name. */
export function databaseId({ database_id: id }: { database_id?: string | undefined }): string | null {
  return id === undefined || id === exampleId ? null : id
}

/** Where the Worker is reached: its first route that is a whole host, or else its workers.dev address. */
export type Address = { kind: 'domain'; url: string } | { kind: 'workers.dev' } | { kind: 'unknown' }

export function addressOf({ route, routes, workers_dev }: WorkerConfig): Address {
  const patterns = [...(route === undefined ? [] : [route]), ...(routes ?? [])].map((one) =>
    typeof one === 'string' ? one : one.pattern,
  )
  const host = patterns.map((pattern) => wholeHost.exec(pattern)?.[1]).find((found) => found !== undefined)
  if (host !== undefined) return { kind: 'domain', url: `https://${host}` }
  // As wrangler decides it.
  if (workers_dev ?? patterns.length === 0) return { kind: 'workers.dev' }
  return { kind: 'unknown' }
}

/** `video.example.com` or `video.example.com/*`. */
const wholeHost = /^(?:https?:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\*?)?$/i

/** The button creates a database and replaces it. */
const exampleId = '00000000-0000-0000-0000-000000000000'

// The limit of one queue: developers.cloudflare.com/queues/platform/limits.
const maxConcurrency = 250

const routeSchema = z.union([z.string(), z.looseObject({ pattern: z.string() })])

const configSchema = z.looseObject({
  name: z.string(),
  account_id: z.string().optional(),
  workers_dev: z.boolean().optional(),
  route: routeSchema.optional(),
  routes: z.array(routeSchema).optional(),
  d1_databases: z.array(
    z.looseObject({
      binding: z.string(),
      database_name: z.string(),
      database_id: z.string().optional(),
      migrations_dir: z.string(),
    }),
  ),
  r2_buckets: z.array(z.looseObject({ bucket_name: z.string() })),
  queues: z.object({
    producers: z.array(z.looseObject({ queue: z.string() })),
    consumers: z.array(
      z.looseObject({
        queue: z.string(),
        dead_letter_queue: z.string().optional(),
        max_concurrency: z.number().optional(),
      }),
    ),
  }),
})
