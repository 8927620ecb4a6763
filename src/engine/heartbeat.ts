/** Renews the lease of a step that moves many bytes. The step awaits the returned function between chunks. */
import type { Context } from '../context.ts'
import { leaseMs } from '../core/schedule.ts'
import { type ClaimedJob, renewLease } from '../store/jobs/claim.ts'

/** Throws when the lease is lost, which ends the step. */
export function heartbeat({ db, now }: Context, job: ClaimedJob): () => Promise<void> {
  let renewedAt = now()
  return async () => {
    if (now() - renewedAt < leaseMs / 3) return
    renewedAt = now()
    await renewLease(db, job, renewedAt)
  }
}
