/**
 * submit: get the job's tasks to a provider, one task a step. The ledger line is written before the call that
 * costs money; a line whose answer is unknown is resolved before anything else is bought.
 */
import type { Context } from '../context.ts'
import { done, type Fault, fault, mayTryAgain } from '../core/fault.ts'
import { resolveWaitMs } from '../core/schedule.ts'
import { withLinks } from '../media/asset-links.ts'
import type { Provider, Submitted } from '../providers/provider.ts'
import { type Claim, type ClaimedJob, learn } from '../store/claim.ts'
import { intendTask, type Step } from '../store/commit.ts'
import type { DeliveryDraft } from '../store/deliveries.ts'
import { draftEvent, type EventDraft } from '../store/events.ts'
import type { Task } from '../store/tasks.ts'
import { uploadUrl } from '../uploads/token.ts'
import { callbackUrl } from '../webhooks/token.ts'
import { closeLine, finish } from './finish.ts'
import { askAgainAfterMs, identify } from './identify.ts'
import { putOff, reject } from './refused.ts'
import { tell } from './tell.ts'
import { assetsOf, upload } from './upload.ts'
import { waitForSlot } from './wait.ts'

export async function submit(context: Context, claim: Claim): Promise<Step> {
  const { job, tasks } = claim
  const provider = context.providers[job.provider]
  // A line still `intended` under a fresh claim: a crash hid the answer, so it is unknown too.
  const open = tasks.find(({ status }) => status === 'unknown' || status === 'intended')
  if (open !== undefined) return resolve(context, claim, provider, open)
  if (provider === undefined) return finish(context, claim, keyIsGone(job))
  const task = nextTask(context, claim, provider)
  if (task === null) return finish(context, claim)
  if (context.now() < job.deadlineAt) return begin(context, claim, provider, task)
  // Put off until it was too late; or the job never had its turn.
  const isBegun = tasks.some(({ n }) => n === task.n)
  return isBegun
    ? closeLine(context, claim, task, 'rejected', task.fault ?? tooLate)
    : finish(context, claim, job.waitingSince === null ? tooLate : noneFree)
}

/** A slot where the provider has a limit, then the media where it takes them only so, then the call. */
async function begin(context: Context, claim: Claim, provider: Provider, task: Task): Promise<Step> {
  return (
    (await waitForSlot(context, claim, task)) ??
    (await upload(context, claim, provider, task)) ??
    submitTask(context, claim, provider, task)
  )
}

/** The ledger line of what is still to be submitted: one put off, or a new one. Null: nothing is. */
function nextTask({ now }: Context, { job, tasks }: Claim, provider: Provider): Task | null {
  const begun = tasks.find(({ status }) => status === 'deferred' || status === 'preparing')
  if (begun !== undefined) return { ...begun, intendedAt: now() }
  const asked = tasks.filter((task) => task.provider === provider.name)
  const missing = job.request.count - asked.reduce((sum, { wanted }) => sum + wanted, 0)
  // What was refused for one output would be refused for the next.
  if (missing <= 0 || asked.some(({ status }) => status === 'rejected')) return null
  const awaitsUpload = provider.putsVideo?.(job.request) ?? false
  return {
    jobId: job.id,
    n: tasks.length,
    provider: provider.name,
    clientReference: crypto.randomUUID(),
    providerTaskId: null,
    wanted: Math.min(missing, awaitsUpload ? 1 : provider.capabilities.outputsPerTask),
    status: 'intended',
    attempts: 0,
    intendedAt: now(),
    submittedAt: null,
    endedAt: null,
    uploads: {},
    wonBy: null,
    awaitsUpload,
    arrival: null,
    cost: null,
    fault: null,
  }
}

/** The billable call, and what its answer means. */
async function submitTask(context: Context, claim: Claim, provider: Provider, line: Task): Promise<Step> {
  const { job } = claim
  // Who takes uploads has them already, under the media's own names.
  const request = provider.uploads === undefined ? await withLinks(context, job) : done(job.request)
  if (!request.ok) return reject(context, claim, line, request.fault)
  const task: Task = { ...line, status: 'intended', attempts: line.attempts + 1 }
  await intendTask(context.db, job, task, context.now())
  const startedAt = context.now()
  // The database may have stalled until now: what is too late is not bought.
  if (startedAt >= job.deadlineAt) return closeLine(context, claim, task, 'rejected', tooLate)
  const answer = await provider.submit({
    request: request.value,
    wanted: task.wanted,
    clientReference: task.clientReference,
    callbackUrl: await callbackUrl(context.config, provider.name, job),
    ...(task.awaitsUpload && { uploadUrl: await uploadUrl(context.config, job, task.n) }),
    assets: assetsOf(claim, task),
  })
  context.log('task.submitted', {
    job_id: job.id,
    provider: provider.name,
    task_id: answer.ok ? answer.value.providerTaskId : undefined,
    attempt: task.attempts,
    duration_ms: context.now() - startedAt,
    fault: answer.ok ? undefined : answer.fault.code,
  })
  if (answer.ok) return accepted(context, claim, provider, task, answer.value)
  if (answer.fault.code === 'answer_lost') return unknown(context, task, answer.fault)
  if (mayTryAgain(answer.fault.code)) return putOff(context, claim, task, answer.fault)
  return reject(context, claim, task, answer.fault)
}

async function accepted(
  context: Context,
  claim: Claim,
  provider: Provider,
  task: Task,
  { providerTaskId, cost }: Submitted,
): Promise<Step> {
  const nowMs = context.now()
  const submitted = { status: 'submitted' as const, providerTaskId, submittedAt: nowMs }
  const line: Task = { ...task, ...submitted, cost: cost ?? task.cost, fault: null }
  const known = learn(claim, { tasks: [line] })
  const said = { provider: task.provider, provider_task_id: providerTaskId }
  const event = draftEvent('task.submitted', said, nowMs)
  const learned = {
    tasks: [line],
    events: [event],
    deliveries: await tellFirst(context, claim, known, event),
  }
  if (nextTask(context, known, provider) !== null) return { status: 'queued', ...learned, next: 'now' }
  return { ...(await finish(context, known)), ...learned }
}

/** With the first task that is accepted the job is being made, though others may be yet to be submitted. */
async function tellFirst(
  context: Context,
  { tasks }: Claim,
  known: Claim,
  event: EventDraft,
): Promise<DeliveryDraft[]> {
  if (tasks.some(({ submittedAt }) => submittedAt !== null)) return []
  const job = { ...known.job, status: 'generating' as const }
  return tell(context, { ...known, job }, { ...event, type: 'job.generating' })
}

/** The answer was lost. What became of it is found out first, and nothing is bought meanwhile. */
function unknown(context: Context, task: Task, lost: Fault) {
  const said = { provider: task.provider, message: lost.message }
  return {
    status: 'queued',
    tasks: [{ ...task, status: 'unknown', fault: lost }],
    events: [draftEvent('task.unknown', said, context.now())],
    next: { waitMs: resolveWaitMs(0) },
  } satisfies Step
}

async function resolve(
  context: Context,
  claim: Claim,
  provider: Provider | undefined,
  line: Task,
): Promise<Step> {
  const untilDeadlineMs = claim.job.deadlineAt - context.now()
  const identity = await identify(context, claim, provider, line)
  if (identity.ok && provider !== undefined) {
    if (identity.value !== 'absent') {
      const step = await accepted(context, claim, provider, line, identity.value)
      // It has been with the provider for a while, and may have ended already.
      return step.status === 'generating' ? { ...step, next: 'now' } : step
    }
    // It never arrived: the same submission, under the same name, is sent again.
    if (untilDeadlineMs > 0) return begin(context, claim, provider, line)
    return closeLine(context, claim, line, 'rejected', tooLate)
  }
  if (untilDeadlineMs <= 0) return closeLine(context, claim, line, 'failed', neverKnown(line))

  const step = unknown(context, line, identity.ok ? neverKnown(line) : identity.fault)
  const waitMs = askAgainAfterMs(context, claim, provider, line) ?? untilDeadlineMs
  return {
    ...step,
    // That it is unknown is said once.
    events: line.status === 'unknown' ? [] : step.events,
    next: { waitMs: Math.min(waitMs, untilDeadlineMs) },
  }
}

const tooLate: Fault = fault('deadline_exceeded', 'No provider took the job before its deadline.').fault

const noneFree: Fault = fault('no_free_slot', 'No slot came free at a provider before the deadline.').fault

function keyIsGone({ provider }: ClaimedJob): Fault {
  return fault('auth', `The key of ${provider} was taken away.`).fault
}

function neverKnown({ provider }: Task): Fault {
  return fault('submit_unknown', `${provider} never told whether it accepted the task.`).fault
}
