/** The resources in the Cloudflare account that wrangler.toml names: which are missing, and how each is created. */
import { z } from 'zod'
import type { ApiRequest, Cloudflare, Refusal } from './cloudflare.ts'

/** The resources that wrangler.toml names. */
export interface Resources {
  databases: { name: string; migrationsFolder: string }[]
  buckets: string[]
  queues: string[]
}

/** Where Cloudflare places a new database or bucket. The names are the same for both. */
export const locations = ['weur', 'eeur', 'apac', 'oc', 'wnam', 'enam'] as const
export type Location = (typeof locations)[number]

interface Creation {
  /** For example `database reelhook`. */
  name: string
  request: ApiRequest
}

export interface Found {
  missing: Creation[]
  /** The databases and buckets that exist, and so cannot be placed. */
  placed: string[]
  refusals: Refusal[]
}

interface WranglerConfig {
  d1_databases: { database_name?: string | undefined; migrations_dir?: string | undefined }[]
  r2_buckets: { bucket_name?: string | undefined }[]
  queues: {
    producers?: { queue: string }[] | undefined
    consumers?: { queue: string; dead_letter_queue?: string | undefined }[] | undefined
  }
}

export function resourcesIn({ d1_databases, r2_buckets, queues }: WranglerConfig): Resources {
  const consumers = queues.consumers ?? []
  const names = [
    ...(queues.producers ?? []).map(({ queue }) => queue),
    ...consumers.map(({ queue }) => queue),
    ...consumers.flatMap(({ dead_letter_queue }) => dead_letter_queue ?? []),
  ]
  return {
    databases: d1_databases.flatMap(({ database_name, migrations_dir }) =>
      database_name === undefined
        ? []
        : { name: database_name, migrationsFolder: migrations_dir ?? 'migrations' },
    ),
    buckets: r2_buckets.flatMap(({ bucket_name }) => bucket_name ?? []),
    queues: [...new Set(names)],
  }
}

/** Reads only. Queues come first: an account without the Paid plan may refuse them, and then nothing was created. */
export async function findResources(
  cloudflare: Cloudflare,
  resources: Resources,
  location: Location | null,
): Promise<Found> {
  const found: Found = { missing: [], placed: [], refusals: [] }
  const { databases, buckets, queues } = resources
  for (const creation of [
    ...queues.map(queueCreation),
    ...databases.map(({ name }) => databaseCreation(name, location)),
    ...buckets.map((name) => bucketCreation(name, location)),
  ]) {
    const answer = await cloudflare.call(z.unknown(), creation.lookup)
    if (!answer.ok && !answer.refusal.codes.includes(creation.absent)) found.refusals.push(answer.refusal)
    else if (!answer.ok || isEmpty(answer.result)) found.missing.push(creation)
    else if (creation.isPlaced) found.placed.push(creation.name)
  }
  return found
}

/**
 * A rule of the bucket that aborts broken multipart uploads: R2 does not list their parts as objects, so the daily
 * reconciliation cannot find them. The bucket's other rules stay.
 */
export async function abortBrokenUploads(cloudflare: Cloudflare, bucket: string): Promise<Refusal | null> {
  const path = `r2/buckets/${bucket}/lifecycle`
  const current = await cloudflare.call(rulesSchema, { method: 'GET', path })
  if (!current.ok) return current.refusal
  const { rules } = current.result
  if (rules.some(({ id }) => id === abortRule.id)) return null
  const changed = await cloudflare.call(z.unknown(), {
    method: 'PUT',
    path,
    body: { rules: [...rules, abortRule] },
  })
  return changed.ok ? null : changed.refusal
}

interface Lookup extends Creation {
  lookup: ApiRequest
  /** The error code of a lookup that finds nothing. */
  absent: number
  /** It has a location. */
  isPlaced: boolean
}

// The queues are looked up as a list, which is empty if there is none.
function queueCreation(name: string): Lookup {
  return {
    name: `queue ${name}`,
    lookup: { method: 'GET', path: `queues?name=${name}` },
    absent: 11000,
    isPlaced: false,
    request: { method: 'POST', path: 'queues', body: { queue_name: name } },
  }
}

function databaseCreation(name: string, location: Location | null): Lookup {
  return {
    name: `database ${name}`,
    lookup: { method: 'GET', path: `d1/database/${name}` },
    absent: 7404,
    isPlaced: true,
    request: {
      method: 'POST',
      path: 'd1/database',
      body: { name, ...(location !== null && { primary_location_hint: location }) },
    },
  }
}

function bucketCreation(name: string, location: Location | null): Lookup {
  return {
    name: `bucket ${name}`,
    lookup: { method: 'GET', path: `r2/buckets/${name}` },
    absent: 10006,
    isPlaced: true,
    request: {
      method: 'POST',
      path: 'r2/buckets',
      body: { name, ...(location !== null && { locationHint: location }) },
    },
  }
}

function isEmpty(result: unknown): boolean {
  return Array.isArray(result) && result.length === 0
}

const daySeconds = 86_400

const abortRule = {
  id: 'reelhook-abort-uploads-1d',
  enabled: true,
  conditions: {},
  abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: daySeconds } },
}

/** A bucket without rules may have no list. */
const rulesSchema = z
  .object({ rules: z.array(z.looseObject({ id: z.string() })).nullish() })
  .transform(({ rules }) => ({ rules: rules ?? [] }))
