/** A job as Scenario shows it. */

import { type Failure, progressOf, repeated, type ScenarioTask, stageOf } from '../task.ts'

export const jobStatuses = [
  'pending',
  'queued',
  'warming-up',
  'in-progress',
  'finalizing',
  'success',
  'failure',
  'canceled',
] as const

export type JobStatus = (typeof jobStatuses)[number]

/** The simulator only has jobs of `/generate/custom`. */
export const JOB_TYPE = 'custom'

export function jobView(task: ScenarioTask, now: number, status: string = statusOf(task, now)) {
  const [output] = task.outputs
  const isEnded = stageOf(task, now) === 'ended'
  return {
    jobId: task.taskId,
    jobType: JOB_TYPE,
    status,
    progress: shareDone(task, now),
    createdAt: instant(task.acceptedAt),
    updatedAt: instant(isEnded ? task.endsAt : now),
    metadata: {
      modelId: task.model,
      input: task.request,
      assetIds:
        isEnded && output.failure === undefined && task.directives.link !== 'none'
          ? repeated(task, output.outputId)
          : [],
      ...(isEnded && output.failure !== undefined && { error: failureMessage(output.failure) }),
    },
  }
}

export function failedJobView(task: ScenarioTask, now: number, failure: Failure) {
  const { metadata, ...job } = jobView(task, now, endedStatus(failure))
  return { ...job, metadata: { ...metadata, assetIds: [], error: failureMessage(failure) } }
}

/** The last tenth of the progress. */
const FINALIZING_FROM = 0.9

export function statusOf(task: ScenarioTask, now: number): JobStatus {
  switch (stageOf(task, now)) {
    case 'pending':
      return waitingStatus(task, now)
    case 'running':
      return shareDone(task, now) < FINALIZING_FROM ? 'in-progress' : 'finalizing'
    case 'ended':
      return endedStatus(task.outputs[0].failure)
  }
}

/** Each status lasts a third of the pending time. */
function waitingStatus(task: ScenarioTask, now: number): JobStatus {
  const share = (now - task.acceptedAt) / (task.startedAt - task.acceptedAt)
  if (share < 1 / 3) return 'pending'
  return share < 2 / 3 ? 'queued' : 'warming-up'
}

function endedStatus(failure: Failure | undefined): JobStatus {
  if (failure === undefined) return 'success'
  return failure === 'canceled' ? 'canceled' : 'failure'
}

function failureMessage(failure: Failure): string {
  switch (failure) {
    case 'moderated':
      return 'The content was blocked by the moderation policy'
    case 'provider':
      return 'The generation failed at the model provider'
    case 'timeout':
      return 'The generation timed out'
    case 'canceled':
      return 'The job was canceled'
  }
}

function shareDone(task: ScenarioTask, now: number): number {
  return now < task.startedAt ? 0 : progressOf(task, now) / 100
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
