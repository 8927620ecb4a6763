/** Deliveries, their attempts, and the hosts they go to. */
import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { deliveryReasonNames, deliveryStatuses } from '../../core/delivery.ts'
import { eventFormats, eventTypes } from '../../core/event.ts'
import { at, jobId } from './jobs.ts'

/** The notifications of events, one row for each event and URL. WITHOUT ROWID. */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text('id').primaryKey(),
    jobId: jobId(),
    /** Null: it goes to the job's own callback URL. No reference: the log outlives the endpoint. */
    endpointId: text('endpoint_id'),
    eventId: text('event_id').notNull(),
    eventType: text('event_type', { enum: eventTypes }).notNull(),
    /** That of its receiver when it was made. */
    format: text('format', { enum: eventFormats }).notNull().default('reelhook'),
    url: text('url').notNull(),
    /** Host and path of the URL. */
    host: text('host').notNull().default(''),
    path: text('path').notNull().default(''),
    /** The id of the endpoint, or of the API key that posted the job. */
    ownerId: text('owner_id').notNull().default(''),
    /** That of the endpoint, or for a callback that of the job. */
    project: text('project'),
    /** The same bytes on every attempt. Null: they are with the event, which several deliveries send, or were pruned. */
    body: text('body'),
    status: text('status', { enum: deliveryStatuses }).notNull(),
    reason: text('reason', { enum: deliveryReasonNames }),
    attempts: integer('attempts').notNull(),
    /** The attempts made before the last redelivery by hand: the schedule starts after them. */
    attemptsBefore: integer('attempts_before').notNull().default(0),
    createdAt: at('created_at').notNull(),
    /** Null: it has ended, or, while it is pending, it is parked in the queue of its host. */
    dueAt: at('due_at'),
    lease: text('lease'),
    /** The latest attempt, whose number is `attempts`. Null: none was made, or it was pruned. */
    lastStartedAt: at('last_started_at'),
    lastDurationMs: integer('last_duration_ms'),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    lastResponseHeaders: text('last_response_headers'),
    lastResponseBody: text('last_response_body'),
  },
  (table) => [
    index('deliveries_job').on(table.jobId),
    // A delivery that is inserted under its first lease has no entry until its attempt ends: that is one row less to write.
    index('deliveries_list')
      .on(table.status, table.eventType, table.id)
      .where(sql`status <> 'pending' OR lease IS NULL`),
    index('deliveries_endpoint').on(table.endpointId, table.id).where(sql`endpoint_id IS NOT NULL`),
    index('deliveries_project').on(table.project, table.id).where(sql`project IS NOT NULL`),
    index('deliveries_parked_paths')
      .on(table.host, table.ownerId, table.path)
      .where(sql`due_at IS NULL AND status = 'pending'`),
    // With host and owner in it, the attempts of one owner under way at one host are counted without reading others.
    index('deliveries_due').on(table.dueAt, table.host, table.ownerId).where(sql`due_at IS NOT NULL`),
    // Last: among equals, SQLite takes the index that was created last, and this one reads the fewest rows.
    index('deliveries_parked')
      .on(table.host, table.ownerId)
      .where(sql`due_at IS NULL AND status = 'pending'`),
  ],
)

/** The attempts of a delivery before its latest, which is in the row of the delivery. WITHOUT ROWID. */
export const attempts = sqliteTable(
  'attempts',
  {
    deliveryId: text('delivery_id')
      .notNull()
      .references(() => deliveries.id, { onDelete: 'cascade' }),
    n: integer('n').notNull(),
    startedAt: at('started_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    /** The HTTP status; null when no response came. */
    status: integer('status'),
    error: text('error'),
    /** Some headers of the response, as JSON. */
    responseHeaders: text('response_headers'),
    /** The first kilobyte of the response. */
    responseBody: text('response_body'),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.n] })],
)

/**
 * The lanes (store/deliveries/lane.ts) that fail, or in which deliveries are parked. A lane without either has no row.
 * WITHOUT ROWID.
 */
export const hosts = sqliteTable(
  'hosts',
  {
    host: text('host').notNull(),
    /** As in `deliveries`. */
    ownerId: text('owner_id').notNull(),
    /** The failure streak: failures of any kind since the last success, when the first and when the last was. */
    failures: integer('failures').notNull(),
    failingSince: at('failing_since'),
    failedAt: at('failed_at'),
    /** How often in a row the host was down. The circuit is open from `failuresToOpenCircuit` on. */
    consecutiveOutages: integer('consecutive_outages').notNull(),
    /** The paths that were down in this streak, as JSON, the latest last; at most `failingPathsToBlockHost`. */
    failingPaths: text('failing_paths').notNull(),
    /** When the open circuit may be tried, or the queue is looked after. Null: nothing is parked. */
    dueAt: at('due_at'),
    /** The lease of the delivery that tries the open circuit. */
    trial: text('trial'),
  },
  (table) => [
    primaryKey({ columns: [table.host, table.ownerId] }),
    index('hosts_due').on(table.dueAt).where(sql`due_at IS NOT NULL`),
  ],
)
