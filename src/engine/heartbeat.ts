/** Keeps the row of a step that moves many bytes: to be awaited between them. */
import type { Context } from '../context.ts'
import { leaseMs } from '../core/schedule.ts'
import { type ClaimedJob, renewLease } from '../store/jobs/claim.ts'

/** When the lease is lost all the same, it throws, and what it stands in ends. */
export function heartbeat({ db, now }: Context, job: ClaimedJob): () => Promise<void> {
  let renewedAt = now()
  return async () => {
    if (now() - renewedAt < leaseMs / 3) return
    renewedAt = now()
    await renewLease(db, job, renewedAt)
  }
}
