/** The next wait, chosen from the schedule. Time and chance are arguments. No I/O. */

import { deliveryWaitsMs } from './deliveries.ts'
import {
  announcedWaitsMs,
  copyWaitsMs,
  importWaitsMs,
  lateQuestionsMs,
  lateWindowMs,
  maxSurpriseWaitMs,
  minSurpriseWaitMs,
  resolveWaitsMs,
  submitWaitsMs,
} from './jobs.ts'

/** Before the submission is retried after attempt number `attempts`. */
export function submitWaitMs(attempts: number): number {
  return submitWaitsMs[Math.min(attempts, submitWaitsMs.length) - 1] ?? submitWaitsMs[0]
}

/** Before the next poll of an import, `sinceMs` after the input was sent. */
export function importWaitMs(sinceMs: number): number {
  return importWaitsMs.find((wait) => wait > sinceMs / 2) ?? importWaitsMs[5]
}

/** Before the next attempt to resolve an unknown submission, `sinceMs` after it became unknown. */
export function resolveWaitMs(sinceMs: number): number {
  return resolveWaitsMs.find((wait) => wait > sinceMs / 2) ?? resolveWaitsMs[4]
}

/** Before the next poll, `sinceMs` after the announcement. Null: it is so old that the normal pace applies. */
export function announcedWaitMs(sinceMs: number): number | null {
  return announcedWaitsMs.find((wait) => wait > sinceMs / 2) ?? null
}

/** A provider's polling pace; each provider's constant gives its reasons. */
export interface Pace {
  firstMs: number
  growth: number
  longestMs: number
}

/** Before the next poll, `sinceMs` after the submission. It grows geometrically, without a stored counter. */
export function pollWaitMs(pace: Pace, sinceMs: number): number {
  // A provider that sends a webhook at the end can be polled late the first time, and more often later.
  if (sinceMs === 0) return pace.firstMs
  return Math.min(pace.longestMs, Math.max(pace.firstMs, Math.round(sinceMs * (pace.growth - 1))))
}

/** Before the copy after attempt number `attempts`. Null: there are no more attempts. */
export function copyWaitMs(attempts: number): number | null {
  return copyWaitsMs[attempts - 1] ?? null
}

/** When the provider of a job that ended at `settledAt` is next asked for a late result. */
export function lateQuestionAt(settledAt: number, nowMs: number): number {
  return settledAt + (lateQuestionsMs.find((waitMs) => settledAt + waitMs > nowMs) ?? lateWindowMs)
}

/** `slowed`: the receiver said that it cannot keep up, so the next longer wait replaces the planned one. */
export type DeliveryPace = 'ordinary' | 'slowed'

/** Before the attempt after number `attempts`, ±20 % by `chance` (0..1). Null: there are no more attempts. */
export function deliveryWaitMs(
  attempts: number,
  chance: number,
  pace: DeliveryPace = 'ordinary',
): number | null {
  const planned = deliveryWaitsMs[attempts]
  if (planned === undefined) return null
  const wait = pace === 'slowed' ? (deliveryWaitsMs[attempts + 1] ?? planned) : planned
  return spread(wait, chance)
}

/** One wait ±20 % by `chance` (0..1), so that receivers that failed together are not retried together. */
export function spread(waitMs: number, chance: number): number {
  return Math.round(waitMs * (0.8 + 0.4 * chance))
}

/** Before a step that threw is retried: short for a young job, and without a stored counter. */
export function surpriseWaitMs(ageMs: number): number {
  return Math.min(maxSurpriseWaitMs, Math.max(minSurpriseWaitMs, Math.round(ageMs / 8)))
}
