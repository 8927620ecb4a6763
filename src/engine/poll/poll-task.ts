/**
 * ask: how is one task? The provider's answer is the truth. One bad answer proves nothing: that a task is lost or has
 * failed is confirmed by asking again, or by its webhook, before a video that may be paid for is given up. Where no
 * answer can be had until time runs out, a webhook or an upload may stand in.
 */
import type { Context } from '../../context.ts'
import { type Fault, fail } from '../../core/fault.ts'
import { isConfirmed, isVerdict, type PollFailure, rememberedAs } from '../../core/poll-failure.ts'
import { finalPollWindowMs, soonMs } from '../../core/schedule.ts'
import { announcedWaitMs, pollWaitMs } from '../../core/schedule-waits.ts'
import type { CompletionSource } from '../../core/task.ts'
import type { Outcome, Provider, RemoteOutput } from '../../providers/provider.ts'
import type { ClaimedJob } from '../../store/jobs/claim.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { counted, failureIn, interpretStatus } from './confirm.ts'
import { deadlineFault } from './last-known.ts'
import { acceptUnconfirmed, receivedOutput } from './unconfirmed.ts'
import { type Announcement, announcementOf, type ReceivedItem } from './webhook-hints.ts'

export type RunningTask = Task & {
  status: 'submitted'
  providerTaskId: string
  submittedAt: number
}

/** `task` is the ledger line as it is now: the very same one, where nothing was learned. */
export type PolledTask =
  | { state: 'running'; task: Task; waitMs: number; progress: number | null }
  | { state: 'ended'; task: Task; outputs: RemoteOutput[]; isUnconfirmed: boolean }

type Ended = Exclude<Outcome, { state: 'pending' }> & { isUnconfirmed?: true }
type Pending = Extract<Outcome, { state: 'pending' }>

export async function pollTask(
  context: Context,
  job: ClaimedJob,
  provider: Provider | undefined,
  task: RunningTask,
  heard: ReceivedItem[],
): Promise<PolledTask> {
  const announced = announcementOf(heard, task.providerTaskId, task.wanted)
  const startedAt = context.now()
  const answer =
    provider === undefined
      ? fail('auth', `The key of ${task.provider} was taken away.`)
      : counted(await provider.getStatus(task), task)
  const nowMs = context.now()
  context.log('task.polled', {
    job_id: job.id,
    provider: task.provider,
    task_id: task.providerTaskId,
    duration_ms: nowMs - startedAt,
    state: answer.ok ? answer.value.state : undefined,
    unknown_status: answer.ok && answer.value.state === 'pending' ? answer.value.unknownStatus : undefined,
    fault: failureIn(answer)?.fault.code,
  })
  const { trouble, said } = interpretStatus(task, answer, announced, nowMs)
  const outcome = answer.ok ? said : ifLost(trouble, announced, task, nowMs)
  if (outcome !== null && outcome.state !== 'pending') return end(task, outcome, announced, nowMs)

  const finished = outcome === null ? [] : outcome.finished
  const isLate = nowMs >= job.deadlineAt
  // Late, one bad answer is not the last word; but from the first one on, patience ends.
  const endsAt = isLate && trouble !== null ? trouble.since + finalPollWindowMs : job.deadlineAt
  const untilEndMs = endsAt - nowMs
  if (untilEndMs <= 0) {
    const late = deadlineFault(task.provider, trouble, outcome, nowMs)
    const hearsay = await hearsayOf(context, provider, { task, trouble, heard })
    return end(task, outOfTime(outcome, late, hearsay), announced, nowMs)
  }
  const isUrgent = isLate || (trouble !== null && isVerdict(trouble))
  const paceMs = isUrgent ? soonMs : waitFor(provider, task, announced, finished.length, nowMs)
  return {
    state: 'running',
    task: lineOf(task, trouble),
    waitMs: Math.min(Math.max(paceMs, trouble?.fault.retryAfterMs ?? 0), untilEndMs),
    progress: outcome?.progress ?? null,
  }
}

/** Written when trouble begins, changes or ends; and each time while it counts towards giving the task up. */
function lineOf(task: RunningTask, trouble: PollFailure | null): Task {
  if (trouble === null) return task.fault === null ? task : { ...task, fault: null }
  const isKnown = !isVerdict(trouble) && trouble.run.times > 1 && task.fault?.code === trouble.fault.code
  return isKnown ? task : { ...task, fault: rememberedAs(trouble) }
}

/** Null: ask again. While something says that the video was made, a provider that denies its task is asked on. */
function ifLost(
  trouble: PollFailure | null,
  announced: Announcement | null,
  task: RunningTask,
  nowMs: number,
): Ended | null {
  if (trouble === null || !isConfirmed(trouble, nowMs)) return null
  const isSaidToBeMade = task.receivedVideo !== null || announced?.outcome?.state === 'done'
  return isSaidToBeMade ? null : { state: 'failed', fault: trouble.fault }
}

/** What stands in for an answer, where the provider does not say that the task has failed. */
async function hearsayOf(
  context: Context,
  provider: Provider | undefined,
  { task, trouble, heard }: { task: RunningTask; trouble: PollFailure | null; heard: ReceivedItem[] },
): Promise<RemoteOutput[] | null> {
  if (trouble === null) return receivedOutput(task)
  return trouble.kind === 'failed' ? null : acceptUnconfirmed(context, provider, task, heard)
}

function outOfTime(pending: Pending | null, late: Fault, hearsay: RemoteOutput[] | null): Ended {
  const { finished, faults } = pending ?? { finished: [], faults: [] }
  if (finished.length > 0) return { state: 'done', outputs: finished, faults: [...faults, late] }
  if (hearsay !== null) return { state: 'done', outputs: hearsay, faults: [], isUnconfirmed: true }
  return { state: 'failed', fault: faults[0] ?? late }
}

/**
 * When to ask next: within seconds when a webhook, or the video that came by itself, knows more than the status shows,
 * else at the provider's pace.
 */
function waitFor(
  provider: Provider | undefined,
  task: RunningTask,
  announced: Announcement | null,
  finished: number,
  nowMs: number,
): number {
  const receivedAt = announced !== null && announced.ends > finished ? announced.lastHeardAt : null
  const lastHeardAt = Math.max(receivedAt ?? 0, task.receivedVideo?.arrivedAt ?? 0)
  const announcedMs = announcedWaitMs(nowMs - lastHeardAt)
  if (announcedMs !== null) return announcedMs
  return provider === undefined ? soonMs : pollWaitMs(provider.capabilities.pace, nowMs - task.submittedAt)
}

function end(task: RunningTask, outcome: Ended, announced: Announcement | null, nowMs: number): PolledTask {
  const completedVia: CompletionSource =
    announced !== null ? 'webhook' : task.receivedVideo !== null ? 'upload' : 'poll'
  const isUnconfirmed = outcome.isUnconfirmed === true
  const ended = { ...task, endedAt: nowMs, completedVia, cost: outcome.cost ?? task.cost }
  switch (outcome.state) {
    case 'done': {
      const [firstFault] = outcome.faults
      const line: Task = { ...ended, status: 'succeeded', fault: firstFault ?? null }
      return { state: 'ended', task: line, outputs: outcome.outputs, isUnconfirmed }
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
