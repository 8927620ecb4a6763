/**
 * Restoration of a database to an older copy. The copy has forgotten what was bought since, so its jobs must not buy it
 * again. Each database has a high-water mark, raised every minute; R2 has a copy of it. A database whose mark is lower than
 * the one in R2 was restored. No I/O. No clock.
 */

import { z } from 'zod'
import { hours, minutes, seconds } from './schedule/units.ts'

export const restorationSchema = z.object({
  /** The mark of the older copy. Null: it had none. */
  to: z.int().nullable(),
  /** The mark before the restoration, as R2 had it. */
  before: z.int(),
  noticedAt: z.int(),
})

export type Restoration = z.infer<typeof restorationSchema>

export const highWaterMarkSchema = z.object({
  /** When it was last raised. */
  at: z.int(),
  /** The latest restoration. Null: none was noticed. */
  restored: restorationSchema.nullable(),
})

export type HighWaterMark = z.infer<typeof highWaterMarkSchema>

/** The cron raises the mark every minute. A step that finds it older raises it before it buys. */
export const freshForMs = 2 * minutes

/** A mark that is younger is not raised again. */
export const raiseEveryMs = 10 * seconds

/** The database may stall between the time of a mark and its commit. */
const commitWithinMs = 30 * seconds

/** Whether the database may have forgotten something that the job has bought. A job that was created later is whole. */
export function isForgetful(restored: Restoration | null, createdAt: number): restored is Restoration {
  return restored !== null && createdAt <= restored.before + commitWithinMs
}

/** An object that was stored in the forgotten time may be the only trace of a job, so it is kept for a month. */
export function isForgotten(restored: Restoration | null, uploadedAt: number, nowMs: number): boolean {
  if (restored === null || nowMs > restored.noticedAt + keptForMs) return false
  return uploadedAt >= (restored.to ?? 0) && uploadedAt <= restored.noticedAt
}

const keptForMs = 30 * 24 * hours

/** Where R2 has the copy of a mark. */
export function markKey(shard: number): string {
  return `high-water-marks/${shard}`
}
