/** Reopens a lane when its owner changes. */
import { maxAttemptsPerHost } from '../../core/schedule/deliveries.ts'
import type { Database } from '../database.ts'
import { closeCircuit } from './circuits.ts'
import { releaseParked } from './host-queue.ts'
import type { Lane } from './lane.ts'

/**
 * The owner was enabled, or is disabled, deleted or at another URL now: no parked delivery waits for the host any longer.
 * The circuit is closed, because an open one would park them again. Returns the first deliveries that are released; the
 * end of each releases the next one.
 */
// Running this twice is harmless: the second time it releases further ones, and what has no capacity is parked again.
export async function reopenLane(db: Database, lane: Lane, nowMs: number): Promise<string[]> {
  const [released] = await db.batch([
    releaseParked(db, lane, maxAttemptsPerHost, nowMs),
    closeCircuit(db, lane, nowMs),
  ])
  return released.map(({ id }) => id)
}
