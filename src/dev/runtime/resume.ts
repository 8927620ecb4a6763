/**
 * The local queues are in memory. When the process ends, their messages are lost, and if it was killed, rows stay leased. A
 * new process would wait for the end of each lease and for the next poll, up to four minutes. When it starts, no other
 * process works on its database, so every lease has lost its holder: it is released here, and the jobs at providers are
 * polled at once. There is one local database. On Cloudflare, queues are durable.
 */
import { leaseMs } from '../../core/schedule/jobs.ts'
import { type Database, openDatabase } from '../../store/database.ts'
import { claimDelivery, overdueDeliveries } from '../../store/deliveries/claim.ts'
import { postponeDelivery } from '../../store/deliveries/commit.ts'
import { releaseExportLeases } from '../../store/exports/claim.ts'
import { claimJob } from '../../store/jobs/claim.ts'
import { releaseLease } from '../../store/jobs/commit.ts'
import { overdueJobs } from '../../store/jobs/jobs.ts'
import { releaseLateLeases } from '../../store/late/claim.ts'

// No provider's first poll is later. Further ones wait for their time, and so do deliveries that are to be retried later.
const horizonMs = 5 * 60_000
// Further rows wait for the end of their lease, or for their poll.
const maxRows = 1_000
const checkEveryMs = 5

let state: 'new' | 'resuming' | 'resumed' = 'new'

/** The first invocation of the process resumes what the last one left. The others wait for it. */
export async function resumeOnce(env: Env, execution: ExecutionContext): Promise<void> {
  if (state === 'new') {
    state = 'resuming'
    const resumed = resume(openDatabase(env.DB), Date.now()).finally(() => {
      state = 'resumed'
    })
    // So that it continues if the caller disconnects.
    execution.waitUntil(resumed)
    await resumed
  }
  // A timer, because a promise of another invocation is no reason for the runtime to keep this one.
  while (state !== 'resumed') await new Promise((resolve) => setTimeout(resolve, checkEveryMs))
}

/** Makes due now what a lost message or a dead lease holds back. The next sweep sends the wake-ups. */
export async function resume(db: Database, nowMs: number): Promise<void> {
  for (const id of await overdueLater(nowMs, horizonMs, (at, max) => overdueJobIds(db, at, max))) {
    // Claimed as of a moment at which it is due and its lease has ended.
    const claim = await claimJob(db, id, crypto.randomUUID(), nowMs + horizonMs)
    if (claim !== null) await releaseLease(db, claim.job, 0, nowMs)
  }
  for (const id of await overdueLater(nowMs, leaseMs, (at, max) => overdueDeliveries(db, at, max))) {
    const claim = await claimDelivery(db, id, crypto.randomUUID(), nowMs + leaseMs)
    if (claim !== null && 'delivery' in claim) await postponeDelivery(db, claim.delivery, 0, nowMs)
  }
  await releaseLateLeases(db)
  await releaseExportLeases(db, nowMs)
}

async function overdueJobIds(db: Database, atMs: number, limit: number): Promise<string[]> {
  return (await overdueJobs(db, atMs, limit)).map(({ id }) => id)
}

/** The rows that are not due now, but become due within this time. */
async function overdueLater(
  nowMs: number,
  withinMs: number,
  overdue: (atMs: number, limit: number) => Promise<string[]>,
): Promise<string[]> {
  const now = new Set(await overdue(nowMs, maxRows))
  const later = await overdue(nowMs + withinMs, now.size + maxRows)
  return later.filter((id) => !now.has(id))
}
