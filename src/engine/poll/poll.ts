/**
 * poll: get the status of the job's tasks; the provider's status is the truth. When the last task has ended, the outputs
 * are saved; if there are none, the job has failed.
 */
import type { Context } from '../../context.ts'
import { isReplaced } from '../../core/job/task.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { soonMs } from '../../core/schedule/jobs.ts'
import { pollWaitMs } from '../../core/schedule/waits.ts'
import { distinctOutputs } from '../../providers/distinct-results.ts'
import type { Provider } from '../../providers/provider.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { OutputHost } from '../../store/jobs/output-hosts.ts'
import type { WaitingOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, type Changes, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { settle } from '../settle/settle.ts'
import { receivedItems } from './hints.ts'
import { type PolledJob, type PolledTask, type PollPace, pollTask } from './poll-task.ts'
import { hostIn } from './unconfirmed.ts'

type Ended = Extract<PolledTask, { state: 'ended' }>

export async function poll(context: Context, claim: Claim): Promise<Step> {
  const { polled, waits } = await pollTasks(context, claim)
  if (waits.length > 0) return { ...polled, status: 'generating', next: { waitMs: Math.min(...waits) } }
  const { outputs } = applyChanges(claim, polled)
  if (outputs.length > 0) return { ...polled, status: 'storing', next: 'now' }
  return settle(context, claim, polled)
}

/** The provider's own. */
function paceOf(provider: Provider | undefined): PollPace {
  if (provider === undefined) return () => soonMs
  return (task, nowMs) => pollWaitMs(provider.capabilities.pace, nowMs - task.submittedAt)
}

/** The job and all that was received for it. */
type Polling = Pick<Claim, 'tasks' | 'webhooks'> & {
  job: PolledJob['job'] & Pick<Claim['job'], 'request'> & { provider: ProviderName; progress: number | null }
}

/** Polls every task that runs at the provider. `waits`: for each that is still running, how long until its next poll. */
export async function pollTasks(
  context: Context,
  claim: Polling,
  pace: PollPace = paceOf(context.providers[claim.job.provider]),
): Promise<{ polled: Changes; waits: number[] }> {
  const { job, tasks } = claim
  const provider = context.providers[job.provider]
  const items = receivedItems(claim, provider)
  const running = tasks.filter((task) => task.status === 'submitted')
  const results = await Promise.all(
    running.map((task) => pollTask(context, { job, provider, items, pace }, task)),
  )
  const ended = results.flatMap((one) => (one.state === 'ended' ? [one] : []))
  const polled = changes({
    // A task that did not change is not written.
    tasks: results.flatMap(({ task }) => (tasks.includes(task) ? [] : [task])),
    outputs: ended.flatMap((one) => outputRows(tasks, one)),
    hosts: ended.flatMap(hostsOf),
    events: ended.map(({ task }) => endEvent(task, context.now())),
    progress: furthest(job.progress, progressOf(tasks, results)),
  })
  return { polled, waits: results.flatMap((one) => (one.state === 'running' ? [one.waitMs] : [])) }
}

// Numbered in the order of the tasks, so that a task's outputs keep their numbers whichever ends first.
function outputRows(tasks: Task[], { task, outputs, isUnconfirmed }: Ended): WaitingOutput[] {
  const first = tasks
    .filter((other) => other.n < task.n && mayMakeOutputs(other))
    .reduce((sum, { wanted }) => sum + wanted, 0)
  const distinct = distinctOutputs(outputs, task.providerTaskId)
  return distinct.slice(0, task.wanted).map((output, index) => ({
    jobId: task.jobId,
    n: first + index,
    taskN: task.n,
    remoteId: output.id,
    sourceUrl: output.url,
    status: 'waiting',
    attempts: 0,
    isUnconfirmed,
    isLate: false,
  }))
}

function mayMakeOutputs(task: Task): boolean {
  return task.status !== 'rejected' && !isReplaced(task)
}

/** The hosts of the videos that the provider's status named. */
function hostsOf({ task, outputs, isUnconfirmed }: Ended): OutputHost[] {
  if (isUnconfirmed) return []
  const hosts = new Set(outputs.flatMap(({ url }) => (url === null ? [] : (hostIn(url) ?? []))))
  return [...hosts].map((host) => ({ provider: task.provider, host }))
}

function endEvent(task: Task, nowMs: number) {
  const data = {
    provider: task.provider,
    completed_via: task.completedVia,
    cost: task.cost,
    fault: task.fault?.code ?? null,
  }
  return draftEvent(task.status === 'succeeded' ? 'task.succeeded' : 'task.failed', data, nowMs)
}

/** The progress never falls: some providers report less than before, or nothing in between. */
function furthest(before: number | null, now: number | null): number | null {
  return before === null || now === null ? (now ?? before) : Math.max(before, now)
}

/** Percent over the tasks that may make outputs. Null where no provider reports a progress. */
function progressOf(tasks: Task[], results: PolledTask[]): number | null {
  const running = results.flatMap((one) => (one.state === 'running' ? [one.progress] : []))
  if (running.length > 0 && running.every((progress) => progress === null)) return null
  const count = tasks.filter(mayMakeOutputs).length
  const total = running.reduce<number>((sum, progress) => sum + (progress ?? 0), 0)
  return Math.round((total + 100 * (count - running.length)) / Math.max(1, count))
}
