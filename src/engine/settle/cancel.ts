/**
 * cancel: the one end that comes from outside, at any moment of a job's life. It waits for no step and no provider. The step
 * that holds the row loses its lease, and commits nothing. A message asks the providers that cancel (cancel-tasks.ts).
 */
import type { Context } from '../../context.ts'
import { sees, type Viewer } from '../../core/access.ts'
import { abandoned, canceled, cancellationOf } from '../../core/job/cancellation.ts'
import { eraseAtOf } from '../../core/retention.ts'
import { deleteOrphans } from '../../media/delete.ts'
import { commitCancel, type SeenJob, seeJob } from '../../store/jobs/cancel.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import type { Output } from '../../store/jobs/outputs.ts'
import { mayLeaveOrphans } from '../../store/jobs/task-media.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { afterCommit, limitsInBatch } from '../slots.ts'
import { closeReservation } from '../spending.ts'
import { finalEvent } from './final-event.ts'

/** The job after the call: canceled now or before, or ended otherwise. Null: there is no such job for the viewer. */
export async function cancel(context: Context, jobId: string, viewer: Viewer): Promise<Job | null> {
  const seen = await seeJob(context.dbOf(jobId), jobId)
  if (seen === null || !sees(viewer, seen.job)) return null
  // A step that committed in between has changed what the event must show, so read again. A job has few steps.
  if (seen.job.settledAt === null)
    return (await settleAsCanceled(context, seen)) ?? cancel(context, jobId, viewer)
  if (seen.job.status === 'canceled') {
    await askProviders(context, seen)
    await deleteUnused(context, seen)
  }
  return seen.job
}

/** Null: a step committed after the job was read. */
async function settleAsCanceled(context: Context, seen: SeenJob): Promise<Job | null> {
  const { queues } = context
  const nowMs = context.now()
  const eraseAt = eraseAtOf(seen.job.request, nowMs)
  const job: Job = { ...seen.job, status: 'canceled', settledAt: nowMs, eraseAt, fault: null }
  const tasks = seen.tasks.map((task) => abandoned(task, nowMs))
  const outputs = seen.outputs.map(abandonedOutput)
  const data = { ...cancellationOf(tasks) }
  const final = await finalEvent(context, 'canceled', { job, tasks, outputs }, data)
  const ending = {
    tasks: tasks.filter((task) => !seen.tasks.includes(task)),
    outputs: outputs.filter((output) => !seen.outputs.includes(output)),
    events: final.events,
    deliveries: final.deliveries,
  }
  const limits = limitsInBatch(context)
  const woken = await commitCancel(context.dbOf(seen.job.id), seen, ending, { limits, nowMs })
  if (woken === null) return null
  const change = { next: 'settled', tasks: [], waitsFor: [] } as const
  await queues.deliveries(final.deliveries.map(({ id }) => id))
  await queues.jobs([...woken, ...(await afterCommit(context, seen.job, change))])
  context.log('job.settled', {
    job_id: job.id,
    status: job.status,
    duration_ms: nowMs - job.createdAt,
    may_still_be_billed: data.may_still_be_billed,
  })
  await askProviders(context, { job, tasks })
  // The last answer closes it, since what a provider confirms costs nothing. After a lost message the sweep does.
  if (!tasks.some((task) => mayBeCanceled(context, task))) await closeReservation(context, { job, tasks })
  await deleteUnused(context, { job, tasks, outputs })
  return job
}

/** Whether a provider that cancels has the task. */
export function isCancelable({ providers }: Pick<Context, 'providers'>, task: CanceledTask): boolean {
  return task.status === 'submitted' && providers[task.provider]?.cancel !== undefined
}

/** Whether it has the task, or may have it soon: the step that submits it has not recorded it yet. */
export function mayBeCanceled({ providers }: Pick<Context, 'providers'>, task: CanceledTask): boolean {
  const mayBeThere = task.status === 'submitted' || task.status === 'intended'
  return mayBeThere && providers[task.provider]?.cancel !== undefined
}

type CanceledTask = Pick<Task, 'provider' | 'status'>

/** Also when the job is canceled again: an earlier message may be lost, or all its attempts may have failed. */
async function askProviders(context: Context, { job, tasks }: Pick<SeenJob, 'job' | 'tasks'>): Promise<void> {
  if (tasks.some((task) => isCancelable(context, task))) await context.queues.cancel(job.id, 0, 0)
}

/** Stored outputs are kept; the others are given up. */
function abandonedOutput(output: Output): Output {
  return output.status === 'waiting' ? { ...output, status: 'failed', fault: canceled } : output
}

/** Deletes the objects in R2 that are no output. A step or an upload that stores one later deletes it itself. */
async function deleteUnused(
  { bucket }: Context,
  { job, tasks, outputs }: Pick<SeenJob, 'job' | 'tasks' | 'outputs'>,
): Promise<void> {
  // A job that no provider had has copied nothing. A step that copied may have died before it committed an output.
  if (tasks.every(({ submittedAt }) => submittedAt === null) && !tasks.some(mayLeaveOrphans)) return
  await deleteOrphans(bucket, job, outputs)
}
