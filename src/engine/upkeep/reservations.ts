/**
 * Reservations that are still open although their job has ended, because a crash came between the commit of the end and the
 * closing, and those whose job was never inserted.
 */
import type { Context } from '../../context.ts'
import { spentMicros } from '../../core/job/spending.ts'
import type { Database } from '../../store/database.ts'
import { type Job, jobsAsStored } from '../../store/jobs/jobs.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { tasksOfAll } from '../../store/reports/shown-tasks.ts'
import {
  closeReservations,
  openReservations,
  overdueReservations,
  postponeReservations,
  type Reservation,
  reservationOf,
} from '../../store/spending.ts'

// Two statements each, of the 1,000 queries that D1 allows an invocation. The rest is due at the next look.
const maxPerSweep = 400
// A D1 statement takes at most 100 bound values.
const jobsPerStatement = 50
const everyMinutes = 10

/** For the sweep. Most of the time it finds none, so it does not look every minute. */
// Two at once are harmless: a closing adds what the job has cost only while its reservation is there.
export async function closeOverdueReservations(context: Context): Promise<void> {
  const { db, now } = context
  if (new Date(now()).getUTCMinutes() % everyMinutes !== 0) return
  const overdue = await overdueReservations(db, now(), maxPerSweep)
  if (overdue.length === 0) return
  await postponeReservations(db, overdue, now())
  await closeEnded(context, overdue)
}

/** Before jobs that have ended are erased with the cost of their tasks. */
export async function closeBeforeErasure(context: Context, jobs: readonly Job[]): Promise<void> {
  const reserved = jobs.flatMap(({ reservedMicros, ...job }) =>
    reservedMicros === null ? [] : [reservationOf({ ...job, reservedMicros })],
  )
  if (reserved.length === 0) return
  const open = await openReservations(context.db, reserved)
  if (open.length > 0) await closeEnded(context, open)
}

/** A database that fails does not stop the others. */
async function closeEnded(context: Context, open: readonly Reservation[]): Promise<void> {
  const byDatabase = [...Map.groupBy(open, ({ jobId }) => context.dbOf(jobId))]
  const results = await Promise.allSettled(byDatabase.map(([db, some]) => closeIn(context, db, some)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

async function closeIn(
  context: Pick<Context, 'db' | 'log'>,
  db: Database,
  open: readonly Reservation[],
): Promise<void> {
  for (let from = 0; from < open.length; from += jobsPerStatement) {
    await closePart(context, db, open.slice(from, from + jobsPerStatement))
  }
}

async function closePart(
  context: Pick<Context, 'db' | 'log'>,
  db: Database,
  open: readonly Reservation[],
): Promise<void> {
  const ids = open.map(({ jobId }) => jobId)
  const [jobs, tasks] = await Promise.all([jobsAsStored(db, ids), tasksOfAll(db, ids)])
  const closings = open.flatMap((reservation) => {
    const job = jobs.get(reservation.jobId)
    if (job !== undefined && job.settledAt === null) return []
    return [{ reservation, spentMicros: costOf(reservation, job, tasks.get(reservation.jobId) ?? []) }]
  })
  await closeReservations(context.db, closings)
  context.log('reservations.closed', { closed: closings.length, open: open.length - closings.length })
}

/** Without a row the job was never inserted: one that is erased closes its reservation first. */
function costOf({ micros }: Reservation, job: Job | undefined, tasks: readonly Task[]): number {
  if (job === undefined) return 0
  // Its tasks are deleted.
  if (job.erasedAt !== null) return micros
  return spentMicros(job, tasks)
}
