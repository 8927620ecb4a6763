/** Keeps the lease of a step that moves many bytes, and limits how long it moves them. */
import type { Context } from '../context.ts'
import { leaseMs, maxTransferMs } from '../core/schedule/jobs.ts'
import { type ClaimedJob, needsRenewal, renewLease } from '../store/jobs/claim.ts'

/** The step awaits it whenever bytes arrive. It throws when the lease is lost, which ends the step. */
export type Heartbeat = () => Promise<void>

export function heartbeat({ dbOf, now }: Context, job: ClaimedJob): Heartbeat {
  // The lease may be old: a step can follow others under it.
  let { leasedUntil } = job
  return async () => {
    if (!needsRenewal({ leasedUntil }, now())) return
    leasedUntil = now() + leaseMs
    await renewLease(dbOf(job.id), job, now())
  }
}

/** How long the downloads of one step may still take, all of them together. */
export function transferTime({ now }: Context): () => number {
  const until = now() + maxTransferMs
  return () => until - now()
}
