/** Slots of providers with a limit: in the commits of jobs if there is one database, and apart from them if there are more. */
import type { Context } from '../context.ts'
import type { Limits } from '../core/job/concurrency.ts'
import type { DueJob } from '../core/job/job.ts'
import type { ProviderName } from '../core/request/choices.ts'
import type { ClaimedJob } from '../store/jobs/claim.ts'
import { acquireSlot, type Change, cleanUpSlots, type Waiter } from '../store/slots/slots.ts'
import {
  acquireSlotApart,
  changeSlotsApart,
  cleanUpSlotsApart,
  noteWaits,
} from '../store/slots/slots-apart.ts'

/** The limits that a commit enforces in its own batch. Null: none, because the slots are in another database. */
export function limitsInBatch({ config, databases }: Context): Limits | null {
  return databases.length === 1 ? config.limits : null
}

export function acquire(context: Context, job: ClaimedJob, slot: { provider: ProviderName; n: number }) {
  const moment = { limits: context.config.limits, nowMs: context.now() }
  return context.databases.length === 1
    ? acquireSlot(context.db, job, slot, moment)
    : acquireSlotApart(context, job, slot, moment)
}

/** Before a commit. */
export async function beforeCommit(context: Context, job: Waiter, change: Change): Promise<void> {
  if (context.databases.length > 1) await noteWaits(context, job, change)
}

/** After a commit. Returns the jobs that it wakes. */
export async function afterCommit(context: Context, job: Waiter, change: Change): Promise<DueJob[]> {
  if (context.databases.length === 1) return []
  return changeSlotsApart(context, job, change, { limits: context.config.limits, nowMs: context.now() })
}

/** For the sweep. */
export function cleanUp(context: Context): Promise<void> {
  const { db, config, databases, now } = context
  return databases.length === 1
    ? cleanUpSlots(db, config.limits, now())
    : cleanUpSlotsApart(context, { limits: config.limits, nowMs: now() })
}
