/**
 * Polls one task. The provider's status is the truth, but one bad response proves nothing: that a task is lost or has
 * failed is confirmed by another poll, or by its webhook, before a video that may be paid for is given up. If the
 * provider cannot be polled until time runs out, what was received of the task may be accepted instead.
 */
import type { Context } from '../../context.ts'
import { type Fault, fail, type Result } from '../../core/fault.ts'
import { type ReceivedAnswer, withAnswer } from '../../core/job/answers.ts'
import { isConfirmed, needsConfirmation, type PollFailure, recordOf } from '../../core/poll-failure.ts'
import { finalPollWindowMs, soonMs } from '../../core/schedule/jobs.ts'
import { announcedWaitMs } from '../../core/schedule/waits.ts'
import type { OnAnswer, Outcome, Provider, RemoteOutput } from '../../providers/provider.ts'
import type { ClaimedJob } from '../../store/jobs/claim.ts'
import type { RunningTask, Task } from '../../store/jobs/tasks.ts'
import { failureIn, interpretStatus, withDistinctOutputs } from './confirm.ts'
import { type Announcement, announcementOf, type ReceivedItem } from './hints.ts'
import { deadlineFault } from './last-known.ts'
import { acceptUnconfirmed, acceptUploaded } from './unconfirmed.ts'

/** The inputs that the polls of all tasks of a job share. */
export interface PolledJob {
  job: Pick<ClaimedJob, 'id' | 'deadlineAt'>
  /** Undefined: its key was removed. */
  provider: Provider | undefined
  items: ReceivedItem[]
  pace: PollPace
}

/** The wait before the next poll of a task that neither a failure nor an announcement makes urgent. */
export type PollPace = (task: RunningTask, nowMs: number) => number

/** `task` is the same object as before if nothing about it changed. */
export type PolledTask =
  | { state: 'running'; task: Task; waitMs: number; progress: number | null }
  | {
      state: 'ended'
      task: Task & { providerTaskId: string }
      outputs: RemoteOutput[]
      isUnconfirmed: boolean
    }

type Pending = Extract<Outcome, { state: 'pending' }>
type Ended = Exclude<Outcome, Pending> & { isUnconfirmed?: true }

export async function pollTask(context: Context, polled: PolledJob, task: RunningTask): Promise<PolledTask> {
  const { job, items } = polled
  const announced = announcementOf(items, task.providerTaskId, task.wanted)
  const answers: ReceivedAnswer[] = []
  const response = await getStatus(context, polled, task, (answer) => answers.push(answer))
  const nowMs = context.now()
  const answered = { ...task, answers: withAnswer(task.answers, 'status', answers.at(-1), nowMs) }
  const { failure, outcome: shown } = interpretStatus(task.pollFailure, response, announced, nowMs)
  const outcome = response.ok ? shown : ifLost(failure, announced, nowMs)
  if (outcome !== null && outcome.state !== 'pending') return end(answered, outcome, announced, nowMs)

  const isLate = nowMs >= job.deadlineAt
  // One bad response right at the deadline is not final, but the first one starts the final window.
  const endsAt = isLate && failure !== null ? failure.since + finalPollWindowMs : job.deadlineAt
  const untilEndMs = endsAt - nowMs
  if (untilEndMs <= 0) {
    const late = deadlineFault(task.provider, failure, outcome, nowMs)
    const received = await acceptReceived(context, polled, task, failure)
    return end(answered, outOfTime(outcome, late, received), announced, nowMs)
  }
  const isUrgent = isLate || (failure !== null && needsConfirmation(failure))
  const finished = outcome?.finished.length ?? 0
  const paceMs = isUrgent ? soonMs : waitMs(polled, task, announcementBeyond(announced, finished), nowMs)
  return {
    state: 'running',
    task: isFailureStored(task, failure) ? task : { ...answered, ...columnsOf(failure) },
    waitMs: Math.min(Math.max(paceMs, failure?.fault.retryAfterMs ?? 0), untilEndMs),
    progress: outcome?.progress ?? null,
  }
}

async function getStatus(
  { log, now }: Context,
  { job, provider }: PolledJob,
  task: RunningTask,
  onAnswer: OnAnswer,
): Promise<Result<Outcome>> {
  const startedAt = now()
  const response =
    provider === undefined
      ? fail('auth', `The API key of ${task.provider} was removed.`)
      : withDistinctOutputs(await provider.getStatus(task, onAnswer), task)
  const outcome = response.ok ? response.value : undefined
  log('task.polled', {
    job_id: job.id,
    provider: task.provider,
    task_id: task.providerTaskId,
    duration_ms: now() - startedAt,
    state: outcome?.state,
    unknown_status: outcome?.state === 'pending' ? outcome.unknownStatus : undefined,
    fault: failureIn(response)?.fault.code,
  })
  return response
}

/** The failure is written when it begins or changes, and each time while it counts towards giving the task up. */
function isFailureStored(task: RunningTask, failure: PollFailure | null): boolean {
  if (failure === null) return task.fault === null
  return !needsConfirmation(failure) && failure.run.times > 1 && task.fault?.code === failure.fault.code
}

function columnsOf(failure: PollFailure | null): Pick<Task, 'fault' | 'pollFailure'> {
  return { fault: failure?.fault ?? null, pollFailure: failure && recordOf(failure) }
}

/** Null: poll again. A task that its provider denies is not given up while something announces its video. */
function ifLost(failure: PollFailure | null, announced: Announcement | null, nowMs: number): Ended | null {
  if (failure === null || !isConfirmed(failure, nowMs)) return null
  return announced?.outcome?.state === 'done' ? null : { state: 'failed', fault: failure.fault }
}

/** Null if the provider reports a failure, or if nothing that was received may be accepted. */
async function acceptReceived(
  context: Context,
  { provider, items }: PolledJob,
  task: RunningTask,
  failure: PollFailure | null,
): Promise<RemoteOutput[] | null> {
  if (failure === null) return acceptUploaded(task, items)
  return failure.kind === 'failed' ? null : acceptUnconfirmed(context, provider, task, items)
}

function outOfTime(pending: Pending | null, late: Fault, received: RemoteOutput[] | null): Ended {
  const { finished, faults } = pending ?? { finished: [], faults: [] }
  if (finished.length > 0) return { state: 'done', outputs: finished, faults: [...faults, late] }
  if (received !== null) return { state: 'done', outputs: received, faults: [], isUnconfirmed: true }
  return { state: 'failed', fault: faults[0] ?? late }
}

/** Null: the status shows as many results as were announced. */
function announcementBeyond(announced: Announcement | null, finished: number): Announcement | null {
  return announced !== null && announced.ends > finished ? announced : null
}

/** Within seconds while something announces more than the status shows, else at the given pace. */
function waitMs(
  { pace }: PolledJob,
  task: RunningTask,
  announced: Announcement | null,
  nowMs: number,
): number {
  const announcedMs = announced === null ? null : announcedWaitMs(nowMs - announced.lastReceivedAt)
  if (announcedMs !== null) return announcedMs
  return pace(task, nowMs)
}

function end(task: RunningTask, outcome: Ended, announced: Announcement | null, nowMs: number): PolledTask {
  const isUnconfirmed = outcome.isUnconfirmed === true
  const ended = {
    ...task,
    endedAt: nowMs,
    completedVia: announced?.via ?? ('poll' as const),
    cost: outcome.cost ?? task.cost,
    pollFailure: null,
  }
  switch (outcome.state) {
    case 'done': {
      const [fault = null] = outcome.faults
      return {
        state: 'ended',
        task: { ...ended, status: 'succeeded', fault },
        outputs: outcome.outputs,
        isUnconfirmed,
      }
    }
    case 'failed':
      return {
        state: 'ended',
        task: { ...ended, status: 'failed', fault: outcome.fault },
        outputs: [],
        isUnconfirmed,
      }
  }
}
