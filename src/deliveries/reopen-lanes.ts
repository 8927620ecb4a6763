/** Wakes the parked deliveries of an owner that a caller has changed. */
import type { Context } from '../context.ts'
import type { Lane } from '../store/deliveries/lane.ts'
import { reopenLane } from '../store/deliveries/reopen-lane.ts'
import { inEachDatabase } from '../store/shards.ts'

// After a crash here the sweep releases them, one trial at a time.
export async function reopenLanes(context: Context, lanes: readonly Lane[]): Promise<void> {
  for (const lane of lanes) {
    const released = await inEachDatabase(context, (db) => reopenLane(db, lane, context.now()))
    await context.queues.deliveries(released.flat())
  }
}
