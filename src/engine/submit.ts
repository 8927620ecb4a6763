/**
 * submit: get the job's tasks to a provider, one task a step. The ledger line is written before the call that
 * costs money; a line whose answer is unknown is resolved before anything else is bought.
 */
import type { Context } from '../context.ts'
import { type Fault, fault, mayTryAgain, mayTryElsewhere } from '../core/fault.ts'
import { pollWaitMs, resolveWaitMs, submitWaitMs } from '../core/schedule.ts'
import type { Provider } from '../providers/provider.ts'
import { intendTask, type Step } from '../store/commit.ts'
import { draftEvent } from '../store/events.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import { type Task, tasksOf } from '../store/tasks.ts'
import { callbackUrl } from '../webhooks/token.ts'
import { identify } from './identify.ts'
import { settle } from './settle.ts'

export async function submit(context: Context, job: ClaimedJob): Promise<Step> {
  const tasks = await tasksOf(context.db, job.id)
  const provider = context.providers[job.provider]
  if (provider === undefined) return finish(context, job, tasks, keyIsGone(job))
  // A line still `intended` under a fresh claim: a crash hid the answer, so it is unknown too.
  const open = tasks.find(({ status }) => status === 'unknown' || status === 'intended')
  if (open !== undefined) return resolve(context, job, tasks, provider, open)
  if (context.now() >= job.deadlineAt) return finish(context, job, tasks, tooLate)
  const task = nextTask(context, job, tasks, provider)
  return task === null ? finish(context, job, tasks) : submitTask(context, job, tasks, provider, task)
}

/** The ledger line of what is still to be submitted: one put off, or a new one. Null: nothing is. */
function nextTask({ now }: Context, job: ClaimedJob, tasks: Task[], provider: Provider): Task | null {
  const deferred = tasks.find(({ status }) => status === 'deferred')
  if (deferred !== undefined) return { ...deferred, status: 'intended', intendedAt: now() }
  const asked = tasks.filter((task) => task.provider === provider.name)
  const missing = job.request.count - asked.reduce((sum, { wanted }) => sum + wanted, 0)
  // What was refused for one output would be refused for the next.
  if (missing <= 0 || asked.some(({ status }) => status === 'rejected')) return null
  return {
    jobId: job.id,
    n: tasks.length,
    provider: provider.name,
    clientReference: crypto.randomUUID(),
    providerTaskId: null,
    wanted: Math.min(missing, provider.capabilities.outputsPerTask),
    status: 'intended',
    attempts: 0,
    intendedAt: now(),
    submittedAt: null,
    endedAt: null,
    wonBy: null,
    cost: null,
    fault: null,
  }
}

/** The billable call, and what its answer means. */
async function submitTask(
  context: Context,
  job: ClaimedJob,
  tasks: Task[],
  provider: Provider,
  line: Task,
): Promise<Step> {
  const task: Task = {
    ...line,
    status: 'intended',
    attempts: line.attempts + 1,
  }
  await intendTask(context.db, job, task)
  const startedAt = context.now()
  const answer = await provider.submit({
    request: job.request,
    wanted: task.wanted,
    clientReference: task.clientReference,
    callbackUrl: await callbackUrl(context.config, provider.name, job.id),
  })
  context.log('task.submitted', {
    job_id: job.id,
    provider: provider.name,
    task_id: answer.ok ? answer.value.providerTaskId : undefined,
    attempt: task.attempts,
    duration_ms: context.now() - startedAt,
    fault: answer.ok ? undefined : answer.fault.code,
  })
  if (answer.ok) return accepted(context, job, tasks, provider, task, answer.value.providerTaskId)
  if (answer.fault.code === 'answer_lost') return unknown(context, job, task, answer.fault)
  if (mayTryAgain(answer.fault.code)) return putOff(context, job, tasks, task, answer.fault)
  return rejected(context, job, tasks, task, answer.fault)
}

async function accepted(
  context: Context,
  job: ClaimedJob,
  tasks: Task[],
  provider: Provider,
  task: Task,
  providerTaskId: string,
): Promise<Step> {
  const line: Task = {
    ...task,
    status: 'submitted',
    providerTaskId,
    submittedAt: context.now(),
    fault: null,
  }
  const lines = replace(tasks, line)
  const said = { provider: task.provider, provider_task_id: providerTaskId }
  const learned = {
    tasks: [line],
    events: [draftEvent('task.submitted', said, context.now())],
  }
  if (nextTask(context, job, lines, provider) !== null) return { status: job.status, ...learned, next: 'now' }
  return { ...(await finish(context, job, lines)), ...learned }
}

/** The answer was lost. What became of it is found out first, and nothing is bought meanwhile. */
function unknown(context: Context, job: ClaimedJob, task: Task, lost: Fault): Step {
  const said = { provider: task.provider, message: lost.message }
  return {
    status: job.status,
    tasks: [{ ...task, status: 'unknown', fault: lost }],
    events: [draftEvent('task.unknown', said, context.now())],
    next: { waitMs: resolveWaitMs(0) },
  }
}

async function resolve(
  context: Context,
  job: ClaimedJob,
  tasks: Task[],
  provider: Provider,
  line: Task,
): Promise<Step> {
  const identity = await identify(context, job, tasks, provider, line)
  if (identity.ok) {
    // It never arrived: the same submission, under the same name, is sent again.
    if (identity.value === 'absent') return submitTask(context, job, tasks, provider, line)
    return accepted(context, job, tasks, provider, line, identity.value.providerTaskId)
  }
  if (context.now() >= job.deadlineAt) {
    const failed: Task = {
      ...line,
      status: 'failed',
      fault: neverKnown(line),
      endedAt: context.now(),
    }
    return withTask(await finish(context, job, replace(tasks, failed)), failed)
  }
  const step = unknown(context, job, line, identity.fault)
  const untilDeadlineMs = job.deadlineAt - context.now()
  // Where nothing can be asked, the webhook makes the job due, or else the deadline does.
  const waitMs =
    provider.find === undefined ? untilDeadlineMs : resolveWaitMs(context.now() - line.intendedAt)
  const isNews = line.status === 'intended'
  return {
    ...step,
    events: isNews ? (step.events ?? []) : [],
    next: { waitMs: Math.min(waitMs, untilDeadlineMs) },
  }
}

/** Refused for now: the same line is tried again, as long as that could be before the deadline. */
async function putOff(
  context: Context,
  job: ClaimedJob,
  tasks: Task[],
  task: Task,
  refusal: Fault,
): Promise<Step> {
  const waitMs = Math.max(submitWaitMs(task.attempts), refusal.retryAfterMs ?? 0)
  if (context.now() + waitMs >= job.deadlineAt) return rejected(context, job, tasks, task, refusal)
  const said = {
    provider: task.provider,
    fault: refusal.code,
    message: refusal.message,
    wait_ms: waitMs,
  }
  return {
    status: job.status,
    tasks: [{ ...task, status: 'deferred', fault: refusal }],
    // The first refusal is news; that it lasts is in the attempts of the ledger line.
    events: task.attempts === 1 ? [draftEvent('task.deferred', said, context.now())] : [],
    next: { waitMs },
  }
}

/** Refused for good. Another provider may be asked while nothing was bought and the fault allows it. */
async function rejected(
  context: Context,
  job: ClaimedJob,
  tasks: Task[],
  task: Task,
  refusal: Fault,
): Promise<Step> {
  const line: Task = {
    ...task,
    status: 'rejected',
    fault: refusal,
    endedAt: context.now(),
  }
  const lines = replace(tasks, line)
  const said = {
    provider: task.provider,
    fault: refusal.code,
    message: refusal.message,
  }
  const events = [draftEvent('task.rejected', said, context.now())]
  const isUntouched = lines.every(({ status }) => status === 'rejected')
  const elsewhere = job.providers[job.providers.indexOf(task.provider) + 1]
  if (isUntouched && elsewhere !== undefined && mayTryElsewhere(refusal.code)) {
    return {
      status: job.status,
      provider: elsewhere,
      tasks: [line],
      events,
      next: 'now',
    }
  }
  const step = withTask(await finish(context, job, lines), line)
  return { ...step, events: [...events, ...(step.events ?? [])] }
}

/** Nothing more is submitted: wait for what was, or settle when nothing was. */
async function finish(context: Context, job: ClaimedJob, tasks: Task[], reason?: Fault): Promise<Step> {
  if (!tasks.some(({ status }) => status === 'submitted')) return settle(context, job, tasks, [], reason)
  const pace = context.providers[job.provider]?.capabilities.pace
  const firstAskMs = pace === undefined ? 0 : pollWaitMs(pace, 0)
  const untilDeadlineMs = Math.max(0, job.deadlineAt - context.now())
  return {
    status: 'generating',
    next: { waitMs: Math.min(firstAskMs, untilDeadlineMs) },
  }
}

function withTask(step: Step, task: Task): Step {
  return { ...step, tasks: [task] }
}

function replace(tasks: Task[], line: Task): Task[] {
  return [...tasks.filter(({ n }) => n !== line.n), line]
}

const tooLate: Fault = fault('deadline_exceeded', 'No provider took the job before its deadline.').fault

function keyIsGone({ provider }: ClaimedJob): Fault {
  return fault('auth', `The key of ${provider} was taken away.`).fault
}

function neverKnown({ provider }: Task): Fault {
  return fault('submit_unknown', `${provider} never told whether it accepted the task.`).fault
}
