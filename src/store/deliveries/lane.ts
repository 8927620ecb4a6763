/**
 * A lane is all deliveries of one owner (an endpoint, or the API key that posted the job) to one host. Each lane has a
 * circuit, a limit of attempts at once, and a queue: the failures of one owner never delay another owner's deliveries.
 *
 * | state    | its row in `hosts`                           | a delivery that becomes due                        |
 * |----------|----------------------------------------------|----------------------------------------------------|
 * | healthy  | none, or 0 failures while some are parked    | is attempted; past `maxAttemptsPerHost` it is parked |
 * | failing  | fewer outages than `failuresToOpenCircuit`   | as above                                           |
 * | open     | that many outages or more, no trial          | is parked until `due_at`; then the first is the trial |
 * | on trial | the same, `trial` is the lease of one attempt | is parked                                          |
 *
 * | an attempt was | the lane is then                                                                          |
 * |----------------|-------------------------------------------------------------------------------------------|
 * | accepted       | healthy; the row is deleted once nothing is parked                                        |
 * | refused        | failing, with no outages: a host that refuses is up                                       |
 * | down           | failing with one outage more, at `failuresToOpenCircuit` open; after a trial open for longer |
 * | not_sent       | as before; if it was the trial, another delivery may be                                   |
 *
 * Many receivers share a host and differ by path. A path that has not failed may therefore be the trial at once, until
 * `failingPathsToBlockHost` paths have failed: then the host itself is down. After `streakForgottenMs` without a failure
 * the next one counts as the first.
 *
 * A delivery is parked in the batch that gives its lane a row. So where a lane has no row, nothing waits in it, and a commit
 * writes the delivery only (commit.ts).
 */
import { and, eq, type SQL, sql } from 'drizzle-orm'
import { failingPathsToBlockHost, failuresToOpenCircuit } from '../../core/schedule/deliveries.ts'
import type { Database } from '../database.ts'
import { prepared, value } from '../prepared.ts'
import { deliveries, hosts } from '../schema.ts'

export interface Lane {
  host: string
  ownerId: string
}

/** Selects the lane's row in `hosts`. */
export function isRowOf({ host, ownerId }: { [Name in keyof Lane]: string | SQL }) {
  return and(eq(hosts.host, host), eq(hosts.ownerId, ownerId))
}

/** The lane's row, if it has one. */
export function selectLane(db: Database, lane: Lane) {
  return laneRow(db, { ...lane })
}

const laneRow = prepared((db) =>
  db
    .select({ host: hosts.host })
    .from(hosts)
    .where(isRowOf({ host: value('host'), ownerId: value('ownerId') })),
)

/** Selects the lane's deliveries. */
export function isDeliveryOf({ host, ownerId }: Lane) {
  return and(eq(deliveries.host, host), eq(deliveries.ownerId, ownerId))
}

/** Joins `hosts` with `deliveries`. */
export const isSameLane = sql`${hosts.host} = ${deliveries.host} AND ${hosts.ownerId} = ${deliveries.ownerId}`

/** The circuit is open, on trial or not. */
export const isOpen = sql`${hosts.consecutiveOutages} >= ${failuresToOpenCircuit}`

/** No trial is under way, and few paths have failed: a path that has not failed may be the trial. */
export const takesNewPaths = sql`${hosts.trial} IS NULL AND json_array_length(${hosts.failingPaths}) < ${failingPathsToBlockHost}`

/** The delivery is in the queue of its lane. Worded as the partial index is, so that SQLite uses it. */
export const isParked = sql`${deliveries.dueAt} IS NULL AND ${deliveries.status} = 'pending'`

/** Something is in the queue of the lane. */
export function hasParked(lane: Lane): SQL {
  return sql`EXISTS (SELECT 1 FROM ${deliveries} WHERE ${isDeliveryOf(lane)} AND ${isParked})`
}

/** A caller asked for it: neither limit nor circuit holds it back. The API's rate limit bounds how many there are. */
export const isSentNow = sql`${deliveries.reason} IS 'sent_now'`
