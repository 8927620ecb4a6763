/** The lanes that fail, or in which deliveries wait, by host and owner. */
import { asc, eq, type SQL, sql } from 'drizzle-orm'
import type { Viewer } from '../../core/access.ts'
import { failuresToOpenCircuit, streakForgottenMs } from '../../core/schedule/deliveries.ts'
import { among } from '../among.ts'
import type { Database } from '../database.ts'
import type { DisabledCallbacks } from '../deliveries/disabled.ts'
import { isParked, type Lane } from '../deliveries/lane.ts'
import { apiKeys, deliveries, disabledCallbacks, endpoints, hosts } from '../schema.ts'
import { type Databases, inEachDatabase } from '../shards.ts'

/** How many deliveries of a lane are counted. */
export const maxWaitingCounted = 1_000
/** How many lanes of a database one page inspects. Those of other projects count, and those that failed long ago. */
export const maxLanesInspected = 500
const maxDisabledShown = 100

export interface TroubledLane extends Lane {
  failures: number
  failingSince: number | null
  failedAt: number | null
  /** The circuit is open. */
  isDown: boolean
  /** When an open circuit is tried next. Null: by the next delivery, or the circuit is closed. */
  triedAt: number | null
  /** The parked deliveries, up to `maxWaitingCounted` in each database. */
  waiting: number
}

export interface LanePage {
  lanes: TroubledLane[]
  next: Lane | null
}

type Row = Pick<
  typeof hosts.$inferSelect,
  'host' | 'ownerId' | 'failures' | 'failingSince' | 'failedAt' | 'consecutiveOutages' | 'dueAt'
>

/** A page can be short and have a next one. `owners`: those whose lanes are shown; null means all. */
export async function findTroubledLanes(
  databases: Pick<Databases, 'databases'>,
  owners: ReadonlySet<string> | null,
  { after, limit }: { after: Lane | null; limit: number },
  nowMs: number,
): Promise<LanePage> {
  const read = await inEachDatabase(databases, (db) => lanesAfter(db, after))
  const [end = null] = read.flatMap(cutOf).sort(inOrder)
  const shown = read
    .flat()
    .filter((row) => (end === null || inOrder(row, end) <= 0) && isTroubled(row, nowMs))
    .filter(({ ownerId }) => owners === null || owners.has(ownerId))
  const all = [...Map.groupBy(shown, keyOf).values()]
  const lanes = all.flatMap(([first, ...rest]) => (first === undefined ? [] : [rest.reduce(add, first)]))
  const page = lanes.sort(inOrder).slice(0, limit)
  const last = page.at(-1)
  const waiting = await inEachDatabase(databases, (db) => countWaiting(db, page))
  const waitingIn = (lane: Lane) =>
    waiting.flat().reduce((sum, counted) => (keyOf(counted) === keyOf(lane) ? sum + counted.waiting : sum), 0)
  return {
    lanes: page
      .map((row) => ({ ...viewRow(row), waiting: waitingIn(row) }))
      .filter(({ failures, waiting }) => failures > 0 || waiting > 0),
    next: last !== undefined && lanes.length > limit ? laneOf(last) : end,
  }
}

/** The owners of deliveries in a project. Null: of all deliveries. */
export async function ownersSeenBy(db: Database, { project }: Viewer): Promise<ReadonlySet<string> | null> {
  if (project === null) return null
  const [ofEndpoints, ofKeys] = await db.batch([
    db.select({ id: endpoints.id }).from(endpoints).where(eq(endpoints.project, project)),
    db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.project, project)),
  ])
  return new Set([...ofEndpoints, ...ofKeys].map(({ id }) => id))
}

/** The first of all disabled callbacks of these owners. Null means all. */
export async function disabledCallbacksOfAll(
  db: Database,
  owners: ReadonlySet<string> | null,
): Promise<DisabledCallbacks[]> {
  return db
    .select()
    .from(disabledCallbacks)
    .where(owners === null ? undefined : among(disabledCallbacks.apiKeyId, [...owners]))
    .orderBy(asc(disabledCallbacks.apiKeyId), asc(disabledCallbacks.host))
    .limit(maxDisabledShown)
}

async function lanesAfter(db: Database, after: Lane | null): Promise<Row[]> {
  const { host, ownerId, failures, failingSince, failedAt, consecutiveOutages, dueAt } = hosts
  return db
    .select({ host, ownerId, failures, failingSince, failedAt, consecutiveOutages, dueAt })
    .from(hosts)
    .where(after === null ? undefined : sql`(${host}, ${ownerId}) > (${after.host}, ${after.ownerId})`)
    .orderBy(asc(host), asc(ownerId))
    .limit(maxLanesInspected)
}

/** The last lane that was inspected, if there may be others behind it. */
function cutOf(rows: Row[]): Lane[] {
  const last = rows.at(-1)
  return last === undefined || rows.length < maxLanesInspected ? [] : [laneOf(last)]
}

function laneOf({ host, ownerId }: Lane): Lane {
  return { host, ownerId }
}

/** A lane that failed long ago, and in which nothing waits, is not in trouble: nothing is sent there. */
function isTroubled({ failedAt, dueAt }: Row, nowMs: number): boolean {
  return dueAt !== null || (failedAt !== null && failedAt > nowMs - streakForgottenMs)
}

/** Through the index of parked deliveries, a lane at a time. */
async function countWaiting(db: Database, lanes: readonly Lane[]): Promise<(Lane & { waiting: number })[]> {
  if (lanes.length === 0) return []
  const keys = JSON.stringify(lanes.map(({ host, ownerId }) => [host, ownerId]))
  const [host, ownerId]: [SQL, SQL] = [sql`lane.value ->> 0`, sql`lane.value ->> 1`]
  return db.all(sql`SELECT ${host} AS host, ${ownerId} AS ownerId, (SELECT count(*) FROM (
      SELECT 1 FROM ${deliveries} WHERE ${deliveries.host} = ${host} AND ${deliveries.ownerId} = ${ownerId} AND ${isParked}
      LIMIT ${maxWaitingCounted})) AS waiting
    FROM json_each(${keys}) AS lane`)
}

/** The same lane in two databases. */
function add(one: Row, two: Row): Row {
  return {
    host: one.host,
    ownerId: one.ownerId,
    failures: one.failures + two.failures,
    failingSince: earliest(one.failingSince, two.failingSince),
    failedAt: Math.max(one.failedAt ?? 0, two.failedAt ?? 0) || null,
    consecutiveOutages: Math.max(one.consecutiveOutages, two.consecutiveOutages),
    dueAt: earliest(one.dueAt, two.dueAt),
  }
}

function earliest(one: number | null, two: number | null): number | null {
  return one === null || two === null ? (one ?? two) : Math.min(one, two)
}

function viewRow({ consecutiveOutages, dueAt, ...row }: Row): Omit<TroubledLane, 'waiting'> {
  const isDown = consecutiveOutages >= failuresToOpenCircuit
  return { ...row, isDown, triedAt: isDown ? dueAt : null }
}

function keyOf({ host, ownerId }: Lane): string {
  return `${host} ${ownerId}`
}

/** As the table sorts its rows. */
function inOrder(one: Lane, two: Lane): number {
  if (one.host !== two.host) return one.host < two.host ? -1 : 1
  if (one.ownerId === two.ownerId) return 0
  return one.ownerId < two.ownerId ? -1 : 1
}
