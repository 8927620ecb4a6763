/** Endpoints: URLs that receive the events of many jobs. */
import { and, asc, desc, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Viewer } from '../../core/access.ts'
import { type EventType, eventFormats, eventTypes, type Subscription } from '../../core/event.ts'
import { readStored, storedNames } from '../../core/http/json.ts'
import type { Database } from '../database.ts'
import { forgetOwnersAfter } from '../owner-memory.ts'
import { endpoints } from '../schema.ts'
import { isEncryptedUnder } from './api-keys.ts'

type Row = typeof endpoints.$inferSelect

/** A row with its JSON parsed. */
export interface Endpoint extends Omit<Row, 'eventTypes' | 'metadata'> {
  eventTypes: EventType[]
  metadata: Record<string, string>
}

/** In each project, and without one: no project uses up the endpoints of another. */
export const maxEndpoints = 50

/** False: its project has `maxEndpoints` already. */
export async function insertEndpoint(db: Database, endpoint: Endpoint): Promise<boolean> {
  const { id, url, host, path, description, format, secret, createdAt, disabledAt, disabledBy, project } =
    endpoint
  const insert = db
    .insert(endpoints)
    .select(
      sql`SELECT ${id}, ${url}, ${host}, ${path}, ${description}, ${JSON.stringify(endpoint.eventTypes)},
        ${format}, ${JSON.stringify(endpoint.metadata)}, ${secret}, ${createdAt}, ${disabledAt}, ${disabledBy}, ${project}
        WHERE (SELECT count(*) FROM ${endpoints} WHERE ${endpoints.id} <> ${id}
          AND ${endpoints.project} IS ${project}) < ${maxEndpoints}`,
    )
    // A repeat finds its own row.
    .onConflictDoUpdate({ target: endpoints.id, set: { id } })
    .returning({ id: endpoints.id })
  return (await forgetOwnersAfter(insert)).length === 1
}

export async function listEndpoints(db: Database, { project }: Viewer): Promise<Endpoint[]> {
  const rows = await db
    .select()
    .from(endpoints)
    .where(project === null ? undefined : eq(endpoints.project, project))
    .orderBy(desc(endpoints.id))
  return rows.map(readRow)
}

export async function findEndpoint(db: Database, id: string): Promise<Endpoint | null> {
  const [row] = await db.select().from(endpoints).where(eq(endpoints.id, id))
  return row === undefined ? null : readRow(row)
}

/** All endpoints, with the columns that their deliveries need. */
export function selectForDeliveries(db: Database) {
  return db
    .select({
      endpointId: endpoints.id,
      url: endpoints.url,
      eventTypes: endpoints.eventTypes,
      format: endpoints.format,
      metadata: endpoints.metadata,
      secret: endpoints.secret,
      disabledAt: endpoints.disabledAt,
      project: endpoints.project,
    })
    .from(endpoints)
    .orderBy(asc(endpoints.id))
}

/** A damaged row matches no event: without its filter it would receive the events of every job. */
export function readSubscription<T extends Pick<Row, 'eventTypes' | 'format' | 'metadata'>>(row: T) {
  const eventTypes = readStored(eventTypesSchema, row.eventTypes)
  const metadata = readStored(metadataSchema, row.metadata)
  const isSound = eventTypes !== undefined && metadata !== undefined && eventFormats.includes(row.format)
  return {
    ...row,
    eventTypes: isSound ? eventTypes : [],
    metadata: metadata ?? {},
  } satisfies Pick<Subscription, 'eventTypes' | 'format' | 'metadata'>
}

export type EndpointPatch = Partial<Omit<Endpoint, 'id' | 'createdAt'>>

/** The changed endpoint. Null: there is none. Its lanes are reopened afterwards (reopen-lane.ts). */
export async function updateEndpoint(
  db: Database,
  id: string,
  { eventTypes, metadata, ...patch }: EndpointPatch,
): Promise<Endpoint | null> {
  const update = db
    .update(endpoints)
    .set({
      id,
      ...patch,
      ...(eventTypes && { eventTypes: JSON.stringify(eventTypes) }),
      ...(metadata && { metadata: JSON.stringify(metadata) }),
    })
    .where(eq(endpoints.id, id))
    .returning()
  const [row] = await forgetOwnersAfter(update)
  return row === undefined ? null : readRow(row)
}

export async function deleteEndpoint(db: Database, id: string): Promise<void> {
  await forgetOwnersAfter(db.delete(endpoints).where(eq(endpoints.id, id)))
}

/** Endpoints whose secret is encrypted under that version. */
export async function endpointsEncryptedUnder(
  db: Database,
  version: string,
  limit: number,
): Promise<Pick<Endpoint, 'id' | 'secret'>[]> {
  return db
    .select({ id: endpoints.id, secret: endpoints.secret })
    .from(endpoints)
    .where(isEncryptedUnder(endpoints.secret, version))
    .limit(limit)
}

/** Replaces the encrypted secret, unless it has changed since it was read. */
// Running this twice is harmless: the second finds another secret in the row and changes nothing.
export async function replaceEndpointSecret(
  db: Database,
  { id, secret }: Pick<Endpoint, 'id' | 'secret'>,
  replacement: string,
): Promise<void> {
  const replace = db
    .update(endpoints)
    .set({ secret: replacement })
    .where(and(eq(endpoints.id, id), eq(endpoints.secret, secret)))
  await forgetOwnersAfter(replace)
}

const eventTypesSchema = storedNames(eventTypes)
const metadataSchema = z.record(z.string(), z.string())

function readRow(row: Row): Endpoint {
  return readSubscription(row)
}
