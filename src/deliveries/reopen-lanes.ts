/** Wakes the parked deliveries of an owner that a caller has changed. */
import type { Context } from '../context.ts'
import type { Lane } from '../store/deliveries/lane.ts'
import { reopenLane } from '../store/deliveries/reopen-lane.ts'

// After a crash here the sweep releases them, one trial at a time.
export async function reopenLanes({ db, queues, now }: Context, lanes: readonly Lane[]): Promise<void> {
  for (const lane of lanes) await queues.deliveries(await reopenLane(db, lane, now()))
}
