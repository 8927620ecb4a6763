/**
 * check: ask the provider how the tasks are; its answer is the truth. When the last one has ended, the outputs are
 * copied; when there are none, the job has failed.
 */
import type { Context } from '../../context.ts'
import { isReplaced } from '../../core/task.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { OutputHost } from '../../store/jobs/output-hosts.ts'
import type { WaitingOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, type Changes, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { settle } from '../settle/settle.ts'
import { type PolledTask, pollTask, type RunningTask } from './poll-task.ts'
import { hostIn } from './unconfirmed.ts'
import { receivedItems } from './webhook-hints.ts'

type Ended = Extract<PolledTask, { state: 'ended' }>

export async function poll(context: Context, claim: Claim): Promise<Step> {
  const { polled, waits } = await pollTasks(context, claim)
  if (waits.length > 0) return { ...polled, status: 'generating', next: { waitMs: Math.min(...waits) } }
  const { outputs } = applyChanges(claim, polled)
  if (outputs.length > 0) return { ...polled, status: 'storing', next: 'now' }
  return settle(context, claim, polled)
}

/** What is learned of the tasks that are with the provider, and how long each that goes on may be left in peace. */
export async function pollTasks(
  context: Context,
  claim: Claim,
): Promise<{ polled: Changes; waits: number[] }> {
  const { job, tasks } = claim
  const provider = context.providers[job.provider]
  const heard = provider === undefined ? [] : receivedItems(claim, provider)
  const asked = await Promise.all(
    tasks.filter(isRunning).map((task) => pollTask(context, job, provider, task, heard)),
  )
  const ended = asked.flatMap((answer) => (answer.state === 'ended' ? [answer] : []))
  const polled = changes({
    // A line of which nothing was learned is not written.
    tasks: asked.flatMap(({ task }) => (tasks.includes(task) ? [] : [task])),
    outputs: ended.flatMap((end) => outputRows(tasks, end)),
    hosts: ended.flatMap(hostsOf),
    events: ended.map(({ task }) => endEvent(task, context.now())),
    progress: progressOf(tasks, asked),
  })
  return { polled, waits: asked.flatMap((answer) => (answer.state === 'running' ? [answer.waitMs] : [])) }
}

function isRunning(task: Task): task is RunningTask {
  return task.status === 'submitted' && task.providerTaskId !== null && task.submittedAt !== null
}

// Numbered in the order of the tasks, so that a task's outputs keep their numbers whichever ends first.
function outputRows(tasks: Task[], { task, outputs, isUnconfirmed }: Ended): WaitingOutput[] {
  const first = tasks
    .filter((line) => line.n < task.n && line.status !== 'rejected' && !isReplaced(line))
    .reduce((sum, { wanted }) => sum + wanted, 0)
  // Distinct, whoever names them: one result is one row.
  const distinct = distinctOutputs(outputs, task.providerTaskId ?? '')
  return distinct.slice(0, task.wanted).map((output, index) => ({
    jobId: task.jobId,
    n: first + index,
    taskN: task.n,
    remoteId: output.id,
    sourceUrl: output.url,
    status: 'waiting',
    attempts: 0,
    isUnconfirmed,
  }))
}

/** Where this provider's videos lie, by its own word. */
function hostsOf({ task, outputs, isUnconfirmed }: Ended): OutputHost[] {
  if (isUnconfirmed) return []
  const hosts = new Set(outputs.flatMap(({ url }) => (url === null ? [] : (hostIn(url) ?? []))))
  return [...hosts].map((host) => ({ provider: task.provider, host }))
}

function endEvent(task: Task, nowMs: number) {
  const said = {
    provider: task.provider,
    completed_via: task.completedVia,
    cost: task.cost,
    fault: task.fault?.code ?? null,
  }
  return draftEvent(task.status === 'succeeded' ? 'task.succeeded' : 'task.failed', said, nowMs)
}

/** Percent over all tasks; null where no provider tells. */
function progressOf(tasks: Task[], asked: PolledTask[]): number | null {
  const running = asked.flatMap((answer) => (answer.state === 'running' ? [answer.progress] : []))
  if (running.length > 0 && running.every((progress) => progress === null)) return null
  const total = running.reduce<number>((sum, progress) => sum + (progress ?? 0), 0)
  return Math.round((total + 100 * (tasks.length - running.length)) / Math.max(1, tasks.length))
}
