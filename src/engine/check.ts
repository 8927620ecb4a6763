/**
 * check: ask the provider how the tasks are; its answer is the truth. When the last one has ended, the outputs are
 * copied; when there are none, the job has failed.
 */
import type { Context } from '../context.ts'
import { type Fault, fault, mayTryAgain } from '../core/fault.ts'
import { announcedWaitMs, lastWordEveryMs, lastWordMs, pollWaitMs, standInAfterMs } from '../core/schedule.ts'
import type { Outcome, Provider, RemoteOutput } from '../providers/provider.ts'
import { type Claim, type ClaimedJob, learn } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import { draftEvent } from '../store/events.ts'
import type { WaitingOutput } from '../store/outputs.ts'
import type { Task } from '../store/tasks.ts'
import { type Announcement, announcementOf, type HeardItem, heardItems } from './heard.ts'
import { settle } from './settle.ts'

export async function check(context: Context, claim: Claim): Promise<Step> {
  const { job, tasks } = claim
  const provider = context.providers[job.provider]
  const heard = provider === undefined ? [] : heardItems(claim, provider)
  const asked = await Promise.all(
    tasks.filter(isRunning).map((task) => ask(context, job, provider, task, heard)),
  )

  const ended = asked.flatMap((answer) => (answer.state === 'ended' ? [answer] : []))
  const waits = asked.flatMap((answer) => (answer.state === 'running' ? [answer.waitMs] : []))
  const learned = {
    tasks: ended.map(({ task }) => task),
    outputs: ended.flatMap(({ task, outputs }) => outputRows(tasks, task, outputs)),
    events: ended.map(({ task }) => endEvent(task, context.now())),
    progress: progressOf(tasks, asked),
  }
  if (waits.length > 0) return { status: 'generating', ...learned, next: { waitMs: Math.min(...waits) } }

  const known = learn(claim, learned)
  if (known.outputs.length > 0) return { status: 'storing', ...learned, next: 'now' }
  const settled = await settle(context, known)
  return { ...settled, ...learned, events: [...learned.events, ...(settled.events ?? [])] }
}

type RunningTask = Task & {
  status: 'submitted'
  providerTaskId: string
  submittedAt: number
}

function isRunning(task: Task): task is RunningTask {
  return task.status === 'submitted' && task.providerTaskId !== null && task.submittedAt !== null
}

type Asked =
  | { state: 'running'; waitMs: number; progress: number | null }
  | { state: 'ended'; task: Task; outputs: RemoteOutput[] }

async function ask(
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
      : await provider.check(task)
  const nowMs = context.now()
  context.log('task.checked', {
    job_id: job.id,
    provider: task.provider,
    task_id: task.providerTaskId,
    duration_ms: nowMs - startedAt,
    state: answer.ok ? answer.value.state : undefined,
    unknown_status: answer.ok && answer.value.state === 'pending' ? answer.value.unknownStatus : undefined,
    fault: answer.ok ? undefined : answer.fault.code,
  })
  const outcome = answer.ok ? answer.value : standIn(answer.fault, announced, task, nowMs)
  if (outcome !== null && outcome.state !== 'pending') return end(task, outcome, announced, nowMs)

  const finished = outcome === null ? [] : outcome.finished
  const isUnheard = !answer.ok && mayTryAgain(answer.fault.code)
  const isLate = nowMs >= job.deadlineAt
  const untilEndMs = job.deadlineAt - nowMs + (isLate && isUnheard ? lastWordMs : 0)
  if (untilEndMs <= 0) return end(task, outOfTime(task, outcome), announced, nowMs)
  const paceMs = isLate ? lastWordEveryMs : waitFor(provider, task, announced, finished.length, nowMs)
  const retryAfterMs = answer.ok ? 0 : (answer.fault.retryAfterMs ?? 0)
  return {
    state: 'running',
    waitMs: Math.min(Math.max(paceMs, retryAfterMs), untilEndMs),
    progress: outcome?.progress ?? null,
  }
}

/**
 * The provider cannot be asked. Null: ask again. A webhook with a valid token may stand in when the provider's
 * record is gone, or when asking has failed past patience.
 */
function standIn(
  trouble: Fault,
  announced: Announcement | null,
  task: RunningTask,
  nowMs: number,
): Exclude<Outcome, { state: 'pending' }> | null {
  const isGone = trouble.code === 'task_lost'
  const isPatienceOver = announced !== null && nowMs - announced.lastHeardAt >= standInAfterMs
  if (announced?.outcome && (isGone || isPatienceOver)) return announced.outcome
  // A provider may not show a task for a while after it has accepted it.
  if (isGone && nowMs - task.submittedAt >= graceMs) return { state: 'failed', fault: trouble }
  return null
}

const graceMs = 60_000

function outOfTime(task: RunningTask, pending: Extract<Outcome, { state: 'pending' }> | null): Outcome {
  const late = fault('deadline_exceeded', `${task.provider} did not finish before the deadline.`).fault
  const { finished, faults } = pending ?? { finished: [], faults: [] }
  return finished.length > 0
    ? { state: 'done', outputs: finished, faults: [...faults, late] }
    : { state: 'failed', fault: faults[0] ?? late }
}

/** When to ask next: within seconds when a webhook knows more than the status shows, else at the provider's pace. */
function waitFor(
  provider: Provider | undefined,
  task: RunningTask,
  announced: Announcement | null,
  finished: number,
  nowMs: number,
): number {
  const soonMs =
    announced !== null && announced.ends > finished ? announcedWaitMs(nowMs - announced.lastHeardAt) : null
  if (soonMs !== null) return soonMs
  return provider === undefined ? graceMs : pollWaitMs(provider.capabilities.pace, nowMs - task.submittedAt)
}

function end(task: RunningTask, outcome: Outcome, announced: Announcement | null, nowMs: number): Asked {
  const ended = {
    ...task,
    endedAt: nowMs,
    wonBy: announced === null ? ('poll' as const) : ('webhook' as const),
  }
  switch (outcome.state) {
    case 'done': {
      const [firstFault] = outcome.faults
      const line: Task = {
        ...ended,
        status: 'succeeded',
        cost: outcome.cost ?? task.cost,
        fault: firstFault ?? null,
      }
      return { state: 'ended', task: line, outputs: outcome.outputs }
    }
    case 'failed':
      return {
        state: 'ended',
        task: { ...ended, status: 'failed', cost: outcome.cost ?? task.cost, fault: outcome.fault },
        outputs: [],
      }
    case 'pending':
      throw new Error('a pending task has not ended')
  }
}

// Numbered in the order of the tasks, so that a task's outputs keep their numbers whichever ends first.
function outputRows(tasks: Task[], task: Task, outputs: RemoteOutput[]): WaitingOutput[] {
  const first = tasks
    .filter(({ n, status }) => n < task.n && status !== 'rejected')
    .reduce((sum, { wanted }) => sum + wanted, 0)
  return outputs.slice(0, task.wanted).map((output, index) => ({
    jobId: task.jobId,
    n: first + index,
    taskN: task.n,
    remoteId: output.id,
    sourceUrl: output.url,
    status: 'waiting',
    attempts: 0,
  }))
}

function endEvent(task: Task, nowMs: number) {
  const said = {
    provider: task.provider,
    won_by: task.wonBy,
    cost: task.cost,
    fault: task.fault?.code ?? null,
  }
  return draftEvent(task.status === 'succeeded' ? 'task.succeeded' : 'task.failed', said, nowMs)
}

/** Percent over all tasks; null where no provider tells. */
function progressOf(tasks: Task[], asked: Asked[]): number | null {
  const running = asked.flatMap((answer) => (answer.state === 'running' ? [answer.progress] : []))
  if (running.length > 0 && running.every((progress) => progress === null)) return null
  const total = running.reduce<number>((sum, progress) => sum + (progress ?? 0), 0)
  return Math.round((total + 100 * (tasks.length - running.length)) / Math.max(1, tasks.length))
}
