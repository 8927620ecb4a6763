/**
 * ask: how is one task? The provider's answer is the truth. When it cannot be had, a webhook with a valid token may
 * stand in, but only past patience. One bad answer proves nothing: that a task is lost or has failed is confirmed by
 * asking again, or by its webhook, before a video that may be paid for is given up.
 */
import type { Context } from '../context.ts'
import { fault } from '../core/fault.ts'
import { announcedWaitMs, lastWordMs, pollWaitMs, soonMs, standInAfterMs } from '../core/schedule.ts'
import type { Winner } from '../core/task.ts'
import { isConfirmed, isVerdict, rememberedAs, type Trouble } from '../core/trouble.ts'
import type { Outcome, Provider, RemoteOutput } from '../providers/provider.ts'
import type { ClaimedJob } from '../store/claim.ts'
import type { Task } from '../store/tasks.ts'
import { type Announcement, announcementOf, type HeardItem } from './heard.ts'
import { complaintIn, counted, judge } from './judge.ts'
import { outOfTimeFault } from './last-known.ts'

export type RunningTask = Task & {
  status: 'submitted'
  providerTaskId: string
  submittedAt: number
}

/** `task` is the ledger line as it is now: the very same one, where nothing was learned. */
export type Asked =
  | { state: 'running'; task: Task; waitMs: number; progress: number | null }
  | { state: 'ended'; task: Task; outputs: RemoteOutput[] }

type Ended = Exclude<Outcome, { state: 'pending' }>
type Pending = Extract<Outcome, { state: 'pending' }>

export async function ask(
  context: Context,
  job: ClaimedJob,
  provider: Provider | undefined,
  task: RunningTask,
  heard: HeardItem[],
): Promise<Asked> {
  const announced = announcementOf(heard, task.providerTaskId, task.wanted)
  const startedAt = context.now()
  const answer =
    provider === undefined
      ? fault('auth', `The key of ${task.provider} was taken away.`)
      : counted(await provider.check(task), task)
  const nowMs = context.now()
  context.log('task.checked', {
    job_id: job.id,
    provider: task.provider,
    task_id: task.providerTaskId,
    duration_ms: nowMs - startedAt,
    state: answer.ok ? answer.value.state : undefined,
    unknown_status: answer.ok && answer.value.state === 'pending' ? answer.value.unknownStatus : undefined,
    fault: complaintIn(answer)?.fault.code,
  })
  const { trouble, said } = judge(task, answer, announced, nowMs)
  const outcome = answer.ok ? said : standIn(trouble, announced, task, nowMs)
  if (outcome !== null && outcome.state !== 'pending') return end(task, outcome, announced, nowMs)

  const finished = outcome === null ? [] : outcome.finished
  const isLate = nowMs >= job.deadlineAt
  // Late, one bad answer is not the last word; but from the first one on, patience ends.
  const endsAt = isLate && trouble !== null ? trouble.since + lastWordMs : job.deadlineAt
  const untilEndMs = endsAt - nowMs
  if (untilEndMs <= 0) return end(task, outOfTime(task, trouble, outcome, nowMs), announced, nowMs)
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
function lineOf(task: RunningTask, trouble: Trouble | null): Task {
  if (trouble === null) return task.fault === null ? task : { ...task, fault: null }
  const isKnown = !isVerdict(trouble) && trouble.run.times > 1 && task.fault?.code === trouble.fault.code
  return isKnown ? task : { ...task, fault: rememberedAs(trouble) }
}

/** The provider cannot be asked. Null: ask again. */
function standIn(
  trouble: Trouble | null,
  announced: Announcement | null,
  task: RunningTask,
  nowMs: number,
): Ended | null {
  if (trouble === null) return null
  if (isConfirmed(trouble, nowMs)) {
    return announced?.outcome ?? arrived(task) ?? { state: 'failed', fault: trouble.fault }
  }
  return nowMs - (trouble.silentSince ?? nowMs) >= standInAfterMs ? (announced?.outcome ?? null) : null
}

function outOfTime(
  task: RunningTask,
  trouble: Trouble | null,
  pending: Pending | null,
  nowMs: number,
): Ended {
  const late = outOfTimeFault(task.provider, trouble, pending, nowMs)
  const { finished, faults } = pending ?? { finished: [], faults: [] }
  if (finished.length > 0) return { state: 'done', outputs: finished, faults: [...faults, late] }
  return arrived(task) ?? { state: 'failed', fault: faults[0] ?? late }
}

/** Its video came by itself, whatever its provider never said. */
function arrived({ arrival, providerTaskId }: RunningTask): Ended | null {
  return arrival && { state: 'done', outputs: [{ id: providerTaskId, url: null }], faults: [] }
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
  const heardAt = announced !== null && announced.ends > finished ? announced.lastHeardAt : null
  const lastHeardAt = Math.max(heardAt ?? 0, task.arrival?.arrivedAt ?? 0)
  const announcedMs = announcedWaitMs(nowMs - lastHeardAt)
  if (announcedMs !== null) return announcedMs
  return provider === undefined ? soonMs : pollWaitMs(provider.capabilities.pace, nowMs - task.submittedAt)
}

function end(task: RunningTask, outcome: Ended, announced: Announcement | null, nowMs: number): Asked {
  const wonBy: Winner = announced !== null ? 'webhook' : task.arrival !== null ? 'upload' : 'poll'
  const ended = { ...task, endedAt: nowMs, wonBy, cost: outcome.cost ?? task.cost }
  switch (outcome.state) {
    case 'done': {
      const [firstFault] = outcome.faults
      const line: Task = { ...ended, status: 'succeeded', fault: firstFault ?? null }
      return { state: 'ended', task: line, outputs: outcome.outputs }
    }
    case 'failed':
      return { state: 'ended', task: { ...ended, status: 'failed', fault: outcome.fault }, outputs: [] }
  }
}
