/**
 * cancel: the one end that comes from outside, at any moment of a job's life. It waits for no step and asks no
 * provider, since none lets go of a task; whatever step holds the row finds its lease gone, and commits nothing.
 */
import type { Context } from '../../context.ts'
import { abandoned, canceled, cancellationOf } from '../../core/cancellation.ts'
import { isSettled } from '../../core/job.ts'
import { eraseAtOf } from '../../core/retention.ts'
import { deleteOrphans } from '../../media/delete.ts'
import { commitCancel, type SeenJob, seeJob } from '../../store/jobs/cancel.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import type { Output } from '../../store/jobs/outputs.ts'
import { finalEvent } from './final-event.ts'

/** The job as it stands then: canceled, now or before, or ended otherwise. Null: there is none. */
export async function cancel(context: Context, jobId: string): Promise<Job | null> {
  const seen = await seeJob(context.db, jobId)
  if (seen === null) return null
  // A step that committed in between has changed what there is to tell: look again. A job has few steps.
  if (!isSettled(seen.job.status)) return (await settleAsCanceled(context, seen)) ?? cancel(context, jobId)
  if (seen.job.status === 'canceled') await tidy(context, seen)
  return seen.job
}

/** Null: it is no longer as it was seen. */
async function settleAsCanceled(context: Context, seen: SeenJob): Promise<Job | null> {
  const nowMs = context.now()
  const eraseAt = eraseAtOf(seen.job.request, nowMs)
  const job: Job = { ...seen.job, status: 'canceled', settledAt: nowMs, eraseAt }
  const tasks = seen.tasks.map((task) => abandoned(task, nowMs))
  const outputs = seen.outputs.map(givenUp)
  const said = { ...cancellationOf(tasks) }
  const { subscriptions } = seen
  const told = await finalEvent(context, 'canceled', { job, tasks, outputs, subscriptions }, said)
  const changed = {
    tasks: tasks.filter((task, n) => task !== seen.tasks[n]),
    outputs: outputs.filter((output, n) => output !== seen.outputs[n]),
  }
  const { db, config, queues: nudges } = context
  const woken = await commitCancel(db, seen, { ...changed, ...told }, config.limits, nowMs)
  if (woken === null) return null
  await nudges.deliveries(told.deliveries.map(({ id }) => id))
  await nudges.jobs(woken)
  context.log('job.settled', {
    ...{ job_id: job.id, status: job.status, duration_ms: nowMs - job.createdAt },
    may_still_be_billed: said.may_still_be_billed,
  })
  await tidy(context, { job, tasks, outputs })
  return job
}

/** What is stored stays; what is not is not waited for. */
function givenUp(output: Output): Output {
  return output.status === 'waiting' ? { ...output, status: 'failed', fault: canceled } : output
}

/** What was put into R2 and is no output. Whoever puts more from now on takes it away itself. */
async function tidy(
  { bucket }: Context,
  { job, tasks, outputs }: Pick<SeenJob, 'job' | 'tasks' | 'outputs'>,
) {
  // Nothing was copied of a job that has no outputs; but some may have been uploaded.
  if (outputs.length === 0 && !tasks.some(({ awaitsUpload }) => awaitsUpload)) return
  await deleteOrphans(bucket, job, outputs)
}
