/** The resources in the Cloudflare account that wrangler.toml names: which are missing, and how each is created. */
import { z } from 'zod'
import type { ApiRequest, Cloudflare, Refusal } from './cloudflare.ts'
import { databaseId, type WorkerConfig } from './worker-config.ts'

/** Where Cloudflare places a new database or bucket. The names are the same for both. */
export const locations = ['weur', 'eeur', 'apac', 'oc', 'wnam', 'enam'] as const
export type Location = (typeof locations)[number]

export interface Resource {
  kind: 'queue' | 'database' | 'bucket'
  name: string
}

export interface Found {
  missing: Resource[]
  existing: Resource[]
  refusals: Refusal[]
}

export function resourcesIn({ d1_databases, r2_buckets, queues }: WorkerConfig): Resource[] {
  const queueNames = [
    ...queues.producers.map(({ queue }) => queue),
    ...queues.consumers.map(({ queue }) => queue),
    ...queues.consumers.flatMap(({ dead_letter_queue }) => dead_letter_queue ?? []),
  ]
  return [
    // First: an account without the Paid plan may refuse them, and then nothing was created.
    ...[...new Set(queueNames)].map((name) => ({ kind: 'queue' as const, name })),
    ...d1_databases.map(({ database_name: name }) => ({ kind: 'database' as const, name })),
    ...r2_buckets.map(({ bucket_name: name }) => ({ kind: 'bucket' as const, name })),
  ]
}

/** Reads only. */
export async function findResources(cloudflare: Cloudflare, config: WorkerConfig): Promise<Found> {
  const found: Found = { missing: [], existing: [], refusals: [] }
  for (const resource of resourcesIn(config)) {
    const { path, absent } = lookupOf(resource, config)
    const answer = await cloudflare.call(z.unknown(), { method: 'GET', path })
    if (!answer.ok && !answer.refusal.codes.includes(absent)) found.refusals.push(answer.refusal)
    else if (!answer.ok || isEmpty(answer.result)) found.missing.push(resource)
    else found.existing.push(resource)
  }
  return found
}

/** A queue has no location. */
export function creationOf({ kind, name }: Resource, location: Location | null): ApiRequest {
  switch (kind) {
    case 'queue':
      return { method: 'POST', path: 'queues', body: { queue_name: name } }
    case 'database': {
      const hint = location !== null && { primary_location_hint: location }
      return { method: 'POST', path: 'd1/database', body: { name, ...hint } }
    }
    case 'bucket': {
      const hint = location !== null && { locationHint: location }
      return { method: 'POST', path: 'r2/buckets', body: { name, ...hint } }
    }
  }
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

interface Lookup {
  path: string
  /** The error code of a lookup that finds nothing. */
  absent: number
}

function lookupOf({ kind, name }: Resource, config: WorkerConfig): Lookup {
  switch (kind) {
    // A list, which is empty if there is none.
    case 'queue':
      return { path: `queues?name=${name}`, absent: 11000 }
    case 'database': {
      const database = config.d1_databases.find(({ database_name }) => database_name === name)
      const id = database && databaseId(database)
      // A database whose id the file names must exist: it is never created under that id.
      return { path: `d1/database/${id ?? name}`, absent: id ? never : 7404 }
    }
    case 'bucket':
      return { path: `r2/buckets/${name}`, absent: 10006 }
  }
}

function isEmpty(result: unknown): boolean {
  return Array.isArray(result) && result.length === 0
}

/** No error has this code. */
const never = -1

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
