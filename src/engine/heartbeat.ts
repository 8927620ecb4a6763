/** Keeps the lease of a step that moves many bytes, and limits how long it moves them. */
import type { Context } from '../context.ts'
import { leaseMs, maxTransferMs } from '../core/schedule.ts'
import { type ClaimedJob, renewLease } from '../store/jobs/claim.ts'

/** The step awaits the returned function whenever bytes arrive. It throws when the lease is lost, which ends the step. */
export function heartbeat({ dbOf, now }: Context, job: ClaimedJob): () => Promise<void> {
  // The lease may be old: a step can follow others under it.
  let endsAt = job.dueAt
  return async () => {
    if (endsAt - now() > (leaseMs * 2) / 3) return
    endsAt = now() + leaseMs
    await renewLease(dbOf(job.id), job, now())
  }
}

/** How long the downloads of one step may still take, all of them together. */
export function transferTime({ now }: Context): () => number {
  const until = now() + maxTransferMs
  return () => until - now()
}
