/**
 * give up: the end of a job whose steps keep failing by surprise. Nothing is known of the cause, so the end needs as
 * little as it can: no provider, no media, and at the second try nothing of the request but what its event needs.
 */
import type { Context } from '../context.ts'
import { cancellationOf } from '../core/cancellation.ts'
import { type Fault, fault } from '../core/fault.ts'
import { storedRequestSchema } from '../core/request/request.ts'
import { finalPollWindowMs, leaseMs, settleGraceMs } from '../core/schedule.ts'
import { describeError } from '../log.ts'
import { seeJob } from '../store/jobs/cancel.ts'
import type { Claim, ClaimedJob } from '../store/jobs/claim.ts'
import type { Output } from '../store/jobs/outputs.ts'
import { type Changes, changes, type Step } from '../store/jobs/step.ts'
import { settle } from './settle/settle.ts'
import { closeTask } from './submit/finish.ts'

/** From then on a surprise is the end: until then whatever causes it may pass. */
export function patienceEndsAt({ status, deadlineAt }: ClaimedJob): number {
  return deadlineAt + (status === 'storing' ? settleGraceMs : finalPollWindowMs)
}

/** A step that began after the end of patience has died, and its lease ran out. */
export function hasDiedLate(job: ClaimedJob): boolean {
  return job.isTakenOver && job.wasDueAt - leaseMs >= patienceEndsAt(job)
}

/** The last step. `claim` may be older than what its failed step wrote, so the rows are read again. */
export async function giveUp(context: Context, claim: Claim): Promise<Step> {
  const { db, log, now } = context
  const { tasks, outputs } = (await seeJob(db, claim.job.id)) ?? claim
  const why = fault(
    'internal_error',
    `Unexpected errors kept the job from going on until its deadline. ${cancellationOf(tasks).message}`,
  )
  const lines = tasks.map((task) => {
    if (task.endedAt !== null) return { task, event: null }
    const isOpen = task.status === 'intended' || task.status === 'unknown'
    const isBought = isOpen || task.status === 'submitted'
    const cause = isOpen ? { ...why, code: 'submit_unknown' as const } : why
    return closeTask(task, isBought ? 'failed' : 'rejected', cause, now())
  })
  const ended = changes({
    tasks: lines.map(({ task }) => task).filter((task) => !tasks.includes(task)),
    outputs: outputs.map((output) => givenUp(output, why)).filter((output) => !outputs.includes(output)),
    events: lines.flatMap(({ event }) => event ?? []),
  })
  log('job.given_up', { job_id: claim.job.id, provider: claim.job.provider, status: claim.job.status })
  const reason = lines.at(-1)?.task.fault ?? why
  return settleAnyway(context, { ...claim, tasks, outputs }, ended, reason)
}

/** The event is made from the request, and the request may be what makes every step fail. */
async function settleAnyway(context: Context, claim: Claim, ended: Changes, reason: Fault): Promise<Step> {
  try {
    return await settle(context, claim, ended, reason)
  } catch (error) {
    context.log('event.shortened', { job_id: claim.job.id, error: describeError(error) })
    return settle(context, { ...claim, job: withoutContent(claim.job) }, ended, reason)
  }
}

function withoutContent(job: ClaimedJob): ClaimedJob {
  const { model, count, callback_url, callback_events, metadata, retention_days } = job.request
  const kept = { model, count, callback_url, callback_events, metadata, retention_days }
  return { ...job, request: storedRequestSchema.parse(kept), warnings: [] }
}

function givenUp(output: Output, why: Fault): Output {
  return output.status === 'waiting' ? { ...output, status: 'failed', fault: why } : output
}
