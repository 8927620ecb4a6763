/**
 * The end of a job whose steps keep throwing. The cause is unknown, so the end needs as little as it can: no provider, no
 * media, and at the second try only those parts of the request that its event needs.
 */
import type { Context } from '../context.ts'
import { type Fault, fault } from '../core/fault.ts'
import { cancellationOf } from '../core/job/cancellation.ts'
import { storedRequestSchema } from '../core/request/stored.ts'
import { finalPollWindowMs, leaseMs, settleGraceMs } from '../core/schedule/jobs.ts'
import { describeError } from '../log.ts'
import { seeJob } from '../store/jobs/cancel.ts'
import type { Claim, ClaimedJob } from '../store/jobs/claim.ts'
import type { Output, WaitingOutput } from '../store/jobs/outputs.ts'
import { applyChanges, type Changes, changes, type Step } from '../store/jobs/step.ts'
import type { OpenTask, RunningTask, Task } from '../store/jobs/tasks.ts'
import { settle } from './settle/settle.ts'
import { closeTask } from './submit/close-task.ts'

/** Until then the cause may pass; after it an unexpected error ends the job. */
export function patienceEndsAt({ status, deadlineAt }: ClaimedJob): number {
  return deadlineAt + (status === 'storing' ? settleGraceMs : finalPollWindowMs)
}

/** A step that began after the end of patience has died, and its lease expired. */
export function hasDiedLate(job: ClaimedJob): boolean {
  return job.isTakenOver && job.wasDueAt - leaseMs >= patienceEndsAt(job)
}

/** The failed step may have written more than `claim` shows, so the rows are read again. */
export async function giveUp(context: Context, claim: Claim): Promise<Step> {
  const { dbOf, log, now } = context
  const { job } = claim
  const { tasks, outputs } = (await seeJob(dbOf(job.id), job.id)) ?? claim
  const seen = { ...claim, tasks, outputs }
  const why = fault(
    'internal_error',
    `Unexpected errors stopped the job until its deadline passed. ${cancellationOf(tasks).message}`,
  )
  const closed = tasks.filter(isOngoing).map((task) => closeTask({ task, ...endOf(task, why) }, now()))
  const ended = changes({
    tasks: closed.flatMap((change) => change.tasks),
    outputs: outputs.flatMap((output) => (output.status === 'waiting' ? [failedOutput(output, why)] : [])),
    events: closed.flatMap((change) => change.events),
  })
  log('job.given_up', { job_id: job.id, provider: job.provider, status: job.status })
  const lastTask = applyChanges(seen, ended).tasks.at(-1)
  return settleAnyway(context, seen, ended, lastTask?.fault ?? why)
}

function isOngoing(task: Task): task is OpenTask | RunningTask {
  return task.endedAt === null
}

function endOf(
  { status }: OpenTask | RunningTask,
  why: Fault,
): { status: 'rejected' | 'failed'; fault: Fault } {
  switch (status) {
    case 'intended':
    case 'unknown':
      return { status: 'failed', fault: { ...why, code: 'submit_unknown' } }
    case 'submitted':
      return { status: 'failed', fault: why }
    case 'preparing':
    case 'deferred':
      return { status: 'rejected', fault: why }
  }
}

function failedOutput(output: WaitingOutput, why: Fault): Output {
  return { ...output, status: 'failed', fault: why }
}

/** The event is made from the request, and the request may be the cause of the errors. */
async function settleAnyway(context: Context, claim: Claim, ended: Changes, reason: Fault): Promise<Step> {
  try {
    return await settle(context, claim, ended, reason)
  } catch (error) {
    context.log('event.shortened', { job_id: claim.job.id, error: describeError(error) })
    return settle(context, { ...claim, job: withoutContent(claim.job) }, ended, reason)
  }
}

function withoutContent(job: ClaimedJob): ClaimedJob {
  const { model, count, callback_url, callback_events, callback_format, metadata, retention_days } =
    job.request
  const kept = { model, count, callback_url, callback_events, callback_format, metadata, retention_days }
  return { ...job, request: storedRequestSchema.parse(kept), warnings: [] }
}
