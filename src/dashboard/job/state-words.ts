/** Where the video of a job is, in a sentence, and whether that may still change. No I/O. No clock. */
import type { DeliveryView } from '../../api/deliveries/view.ts'
import { isSettled } from '../../core/job/job.ts'
import { opensLateCheck } from '../../core/job/late.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { cancelWindowMs, lateWindowMs } from '../../core/schedule/jobs.ts'
import { headlineOf } from './failure-words.ts'

export function whereIs(job: JobView): string {
  const { status, provider, request, outputs, tasks } = job
  const stored = outputs.filter((output) => output.status === 'stored').length
  const videos = request.count === 1 ? 'the video' : `the ${request.count} videos`
  switch (status) {
    case 'queued':
      return whereQueued(provider, tasks.at(-1))
    case 'generating':
      return `${provider} is making ${videos}.`
    case 'storing':
      return request.count === 1
        ? 'The video is made, and is being copied.'
        : `The videos are made, and are being copied: ${stored} of ${request.count} are stored.`
    case 'succeeded':
      return request.count === 1 ? 'The video is ready.' : `All ${request.count} videos are ready.`
    case 'failed':
      if (outputs.some(({ late }) => late)) return 'The job failed at its deadline, but its video came later.'
      if (stored > 0) {
        return `${stored} of ${request.count} videos ${stored === 1 ? 'is' : 'are'} ready. The others failed.`
      }
      return `${job.fault === null ? 'The job failed' : headlineOf(job.fault.code)}.`
    case 'canceled':
      return job.cancellation?.may_still_be_billed === true
        ? 'The job was canceled, but may still be billed.'
        : 'The job was canceled.'
  }
}

function whereQueued(provider: string, task: JobView['tasks'][number] | undefined): string {
  switch (task?.status) {
    case 'unknown':
      return `It is not known yet whether ${task.provider} accepted the task. Reelhook is finding out.`
    case 'deferred':
      return `${task.provider} did not accept the task yet. It is tried again.`
    case 'preparing':
      return `The inputs are being handed to ${task.provider}.`
    case 'intended':
    case 'submitted':
    case 'rejected':
    case 'succeeded':
    case 'failed':
    case undefined:
      return `The job waits until ${provider} accepts it.`
  }
}

/** Whether the page may show something else later. `deliveries`: null if the caller may not see them. */
export function mayChange(job: JobView, deliveries: readonly DeliveryView[] | null, nowMs: number): boolean {
  return (
    !isSettled(job.status) ||
    lateUntil(job, nowMs) !== null ||
    mayStillBeCanceled(job, nowMs) ||
    job.outputs.some((output) => output.export?.status === 'pending') ||
    (deliveries ?? []).some(({ status }) => status === 'pending')
  )
}

/** Its providers are asked to cancel its tasks, and each answer changes what the page says of the money. */
function mayStillBeCanceled({ status, settled_at, tasks }: JobView, nowMs: number): boolean {
  if (status !== 'canceled' || settled_at === null) return false
  const isLeft = tasks.some((task) => task.status === 'submitted' || task.status === 'intended')
  return isLeft && nowMs < Date.parse(settled_at) + cancelWindowMs
}

/** Until when the provider may still bring a video after the deadline. Null: none is awaited. */
export function lateUntil(job: JobView, nowMs: number): string | null {
  if (job.settled_at === null) return null
  const settledAt = Date.parse(job.settled_at)
  const untilMs = settledAt + lateWindowMs
  const { status, provider } = job
  const tasks = job.tasks.map((task) => ({ ...task, providerTaskId: task.provider_task_id }))
  const isAwaited = opensLateCheck(
    { status, provider, settledAt, deadlineAt: Date.parse(job.deadline_at) },
    tasks,
  )
  return isAwaited && nowMs < untilMs ? new Date(untilMs).toISOString() : null
}
