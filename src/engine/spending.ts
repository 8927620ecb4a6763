/** Replaces what an ended job has reserved of its API key's budget by what it has cost. */
import type { Context } from '../context.ts'
import { spentMicros } from '../core/job/spending.ts'
import { describeError } from '../log.ts'
import type { Job } from '../store/jobs/jobs.ts'
import type { Task } from '../store/jobs/tasks.ts'
import { closeReservations, reservationOf } from '../store/spending.ts'

/** After the commit of the end, for a job whose key had a budget. After a crash or a failure here the sweep does it. */
export async function closeReservation(
  { db, log }: Context,
  { job, tasks }: { job: Job; tasks: readonly Task[] },
): Promise<void> {
  const { reservedMicros } = job
  if (reservedMicros === null) return
  const closing = {
    reservation: reservationOf({ ...job, reservedMicros }),
    spentMicros: spentMicros(job, tasks),
  }
  await closeReservations(db, [closing]).catch((error) =>
    log('reservation.left', { job_id: job.id, error: describeError(error) }),
  )
}
