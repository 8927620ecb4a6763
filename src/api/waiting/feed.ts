/**
 * The feed: the events of all jobs, as one isolate finds them for all of its streams. A look compares the unsettled jobs with
 * those of the look before; a job that left them or changed is read by its key.
 */
import type { Context } from '../../context.ts'
import {
  feedIntervalMs,
  lateCommitMs,
  lateInsertMs,
  maxChangesPerLook,
  maxEndedPerLook,
  maxKeptBytes,
  maxKeptEvents,
  maxUnsettledWatched,
} from '../../core/schedule/watch.ts'
import type { Database } from '../../store/database.ts'
import type { FoundEvent, WatchedShard, WatchMemory } from '../../store/reports/watch-memory.ts'
import { endedSince, readUnsettled } from '../../store/reports/watch-unsettled.ts'
import { eventsOf } from './found-events.ts'
import { type Looks, readForAll } from './looks.ts'

type Feed = WatchMemory['feed']

interface FeedLook {
  outcome: 'read' | 'recent' | 'under_way'
  /** How many statements this look made. */
  statements: number
}

export async function lookAtFeed(context: Context): Promise<FeedLook> {
  const { feed } = context.watching
  const done = { statements: 0 }
  const outcome = await readForAll(context, feed.read, intervalOf(feed), async () => {
    done.statements = await readFeed(context, feed)
  })
  return { outcome, ...done }
}

export function intervalOf({ shards }: Feed): number {
  return feedIntervalMs(Math.max(0, ...[...shards.values()].map(({ unsettled }) => unsettled.size)))
}

/** Everything before this time is in the feed, but for what is committed late. Null: a database is not followed. */
export function seenUntil({ databases, watching: { feed } }: Context): number | null {
  const shards = databases.map((_, shard) => feed.shards.get(shard))
  const times = shards.map((shard) => (shard === undefined ? null : readUntil(shard)))
  return times.some((time) => time === null) ? null : Math.min(...times.flatMap((time) => time ?? []))
}

function readUntil({ lookedAt, unread }: WatchedShard): number {
  return Math.min(lookedAt, oldestOf(unread))
}

/** The first is the oldest. */
function oldestOf(unread: WatchedShard['unread']): number {
  const [oldest = Number.POSITIVE_INFINITY] = unread.values()
  return oldest
}

/** Whether every database is followed. The first look of the isolate may be under way, for another client. */
export async function isFollowed(context: Context, looks: Looks): Promise<boolean> {
  for (;;) {
    const { outcome } = await lookAtFeed(context)
    if (outcome !== 'under_way' || seenUntil(context) !== null) return seenUntil(context) !== null
    if (!(await looks.untilRead())) return false
  }
}

async function readFeed(context: Context, feed: Feed): Promise<number> {
  const unread = [...feed.shards.values()].map((shard) => oldestOf(shard.unread))
  const foundSinceMs = Math.min(context.now(), ...unread) - 2 * lateCommitMs
  for (const [id, at] of feed.found) if (at < foundSinceMs) feed.found.delete(id)
  const results = await Promise.allSettled(
    context.databases.map((db, shard) => lookAtShard(context, db, shard)),
  )
  return results.reduce((sum, result) => {
    if (result.status === 'rejected') throw result.reason
    return sum + result.value
  }, 0)
}

/**
 * Returns how many statements it made. The client that reads may leave at any `await`, and then nothing after it runs. So what
 * a look has found is written at once, after the last one.
 */
async function lookAtShard(context: Context, db: Database, shard: number): Promise<number> {
  const { feed } = context.watching
  const lookedAt = context.now()
  const before = feed.shards.get(shard)
  const unsettled = await readUnsettled(db, maxUnsettledWatched)
  if (unsettled === null) {
    if (before !== undefined) feed.epoch += 1
    feed.shards.delete(shard)
    return 2
  }
  // Too long ago to be compared: each stream reads by itself what it has missed.
  if (before === undefined || before.lookedAt < lookedAt - lateCommitMs) {
    const earlier = await endedSince(db, lookedAt - lateInsertMs, maxEndedPerLook)
    for (const id of earlier) feed.found.set(id, lookedAt)
    feed.epoch += 1
    feed.shards.set(shard, { lookedAt, unsettled, unread: new Map() })
    return 3
  }
  const ended = await endedSince(db, before.lookedAt - lateInsertMs, maxEndedPerLook)
  const fresh = [...changedIds(before.unsettled, unsettled), ...ended.filter((id) => !feed.found.has(id))]
  const changed = new Map(before.unread)
  for (const id of fresh) if (!changed.has(id)) changed.set(id, before.lookedAt)
  const sinceMs = readUntil(before) - lateCommitMs
  const isNew = (id: string) => !feed.found.has(id)
  const ids = [...changed.keys()].slice(0, maxChangesPerLook)
  const found = await eventsOf(context, db, ids, { sinceMs, isNew })
  for (const id of found.ended) feed.found.set(id, lookedAt)
  for (const { id } of found.events) feed.found.set(id, lookedAt)
  keep(feed, found.events)
  const unread = new Map([...changed].slice(maxChangesPerLook))
  feed.shards.set(shard, { lookedAt, unsettled, unread })
  return found.statements + 3
}

/** The jobs that have left, that have changed, and the new ones that are not only queued. */
function changedIds(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): string[] {
  const known = [...before].flatMap(([id, state]) => (now.get(id) === state ? [] : [id]))
  const fresh = [...now].flatMap(([id, state]) => (before.has(id) || state.startsWith('queued') ? [] : [id]))
  return [...known, ...fresh]
}

function keep(feed: Feed, found: readonly FoundEvent[]): void {
  for (const event of found.toSorted((one, two) => one.at - two.at)) {
    feed.lastSequence += 1
    feed.events.push({ ...event, sequence: feed.lastSequence })
  }
  let bytes = feed.events.reduce((sum, { body }) => sum + body.length, 0)
  while (feed.events.length > maxKeptEvents || bytes > maxKeptBytes) {
    bytes -= feed.events.shift()?.body.length ?? 0
  }
}
