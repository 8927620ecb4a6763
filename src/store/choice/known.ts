/**
 * Reads the measured times and the streaks of refusals that decide the order of providers, with one statement: one row has all
 * times, and each streak has a row. An isolate remembers them for some seconds.
 */
import { or, sql } from 'drizzle-orm'
import { z } from 'zod'
import { type MeasuredTimes, measuredTimesIn } from '../../core/choice/measured-times.ts'
import type { Known } from '../../core/choice/order.ts'
import {
  mergedByProvider,
  type RefusalStreak,
  type TriedLast,
  triedLast,
} from '../../core/choice/refusals.ts'
import { readStored } from '../../core/http/json.ts'
import { seconds } from '../../core/schedule/units.ts'
import type { Database } from '../database.ts'
import { reconciliations } from '../schema.ts'
import { isTotals, measuredTimes, totalsName } from '../upkeep/totals.ts'
import { isRefusalStreak, readStreak } from './refusals.ts'

/** Changes of the last seconds may be missed: a job may still go to a provider that has just begun to refuse. */
export const rememberedMs = 10 * seconds

interface Remembered {
  times: MeasuredTimes
  streaks: RefusalStreak[]
  readAt: number
}

/** The readings of one isolate, by shard. */
export type ChoiceMemory = Map<number, Remembered>

/** A binding lives as long as its isolate. */
let memories = new WeakMap<D1Database, ChoiceMemory>()

export function choiceMemoryOf(binding: D1Database): ChoiceMemory {
  const memory = memories.get(binding) ?? new Map()
  memories.set(binding, memory)
  return memory
}

/** For tests, whose clock may go back. */
export function forgetChoices(): void {
  memories = new WeakMap()
}

interface Reading {
  databases: Database[]
  choiceMemory: ChoiceMemory
  now: () => number
}

/** Reads the database of that shard, because each counts its own jobs. */
export async function knownAt({ databases, choiceMemory, now }: Reading, shard: number): Promise<Known> {
  const nowMs = now()
  const last = choiceMemory.get(shard)
  const isFresh = last !== undefined && nowMs - last.readAt < rememberedMs
  const known = isFresh ? last : { ...(await read(databases[shard])), readAt: nowMs }
  if (!isFresh) choiceMemory.set(shard, known)
  return { times: known.times, triedLast: triedLast(known.streaks, nowMs) }
}

async function read(db: Database | undefined): Promise<Omit<Remembered, 'readAt'>> {
  if (db === undefined) return { times: new Map(), streaks: [] }
  const { name, startedAt, dueAt, counts } = reconciliations
  const rows = await db
    .select({
      name,
      startedAt,
      dueAt,
      counts: sql<string | null>`iif(${isTotals}, ${measuredTimes}, ${counts})`,
    })
    .from(reconciliations)
    .where(or(isTotals, isRefusalStreak))
  const streaks = rows.flatMap(readStreak)
  const times = rows.find((row) => row.name === totalsName)
  return { times: measuredTimesIn(readStored(countsSchema, times?.counts ?? null) ?? {}), streaks }
}

const countsSchema = z.record(z.string(), z.number())

/** In all databases, for reports. */
export async function readTriedLast(databases: readonly Database[], nowMs: number): Promise<TriedLast[]> {
  const rows = await Promise.all(
    databases.map((db) => db.select().from(reconciliations).where(isRefusalStreak)),
  )
  return mergedByProvider(triedLast(rows.flat().flatMap(readStreak), nowMs))
}
