/**
 * submit: get the job's tasks to a provider, one task a step. The ledger line is written before the call that
 * costs money; a line whose answer is unknown is resolved before anything else is bought.
 */

import { withLinks } from '../../assets/links.ts'
import type { Context } from '../../context.ts'
import { type Fault, fault, isRetryable, ok } from '../../core/fault.ts'
import { uploadUrl } from '../../provider-uploads/token.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Claim, ClaimedJob } from '../../store/jobs/claim.ts'
import { intendTask } from '../../store/jobs/commit.ts'
import { changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { callbackUrl } from '../../webhooks/token.ts'
import { acceptTask } from './accepted.ts'
import { endSubmitting, finish } from './finish.ts'
import { inputAssetsOf, uploadInputs } from './inputs.ts'
import { nextTask } from './next-task.ts'
import { deferTask, rejectTask } from './refusal.ts'
import { waitForSlot } from './slot.ts'
import { isUnresolved, markUnknown, resolveUnknown } from './unknown.ts'

export async function submit(context: Context, claim: Claim): Promise<Step> {
  const { job, tasks } = claim
  const provider = context.providers[job.provider]
  const open = tasks.find(isUnresolved)
  if (open !== undefined) {
    const resolved = await resolveUnknown(context, claim, provider, open)
    return 'repeat' in resolved ? begin(context, claim, resolved.at, resolved.repeat) : resolved
  }
  if (provider === undefined) return finish(context, claim, changes(), keyIsGone(job))
  const task = nextTask(context, claim, provider)
  if (task === null) return finish(context, claim, changes())
  if (context.now() < job.deadlineAt) return begin(context, claim, provider, task)
  // Put off until it was too late; or the job never had its turn.
  const isBegun = tasks.some(({ n }) => n === task.n)
  return isBegun
    ? endSubmitting(context, claim, task, 'rejected', task.fault ?? tooLate)
    : finish(context, claim, changes(), job.waitingSince === null ? tooLate : noneFree)
}

/** A slot where the provider has a limit, then the media where it takes them only so, then the call. */
async function begin(context: Context, claim: Claim, provider: Provider, task: Task): Promise<Step> {
  return (
    (await waitForSlot(context, claim, task)) ??
    (await uploadInputs(context, claim, provider, task)) ??
    submitTask(context, claim, provider, task)
  )
}

/** The billable call, and what its answer means. */
async function submitTask(context: Context, claim: Claim, provider: Provider, line: Task): Promise<Step> {
  const { job } = claim
  // Who takes uploads has them already, under the media's own names.
  const request = provider.uploads === undefined ? await withLinks(context, job) : ok(job.request)
  if (!request.ok) {
    return line.unknownAt === null
      ? rejectTask(context, claim, line, request.fault)
      : markUnknown(context, claim, line, request.fault)
  }
  const intendedAt = context.now()
  const task: Task = { ...line, status: 'intended', attempts: line.attempts + 1, intendedAt }
  await intendTask(context.db, claim, { task, repeats: provider.capabilities.repeats }, intendedAt)
  const startedAt = context.now()
  // The database may have stalled until now: what is too late is not bought.
  if (startedAt >= job.deadlineAt) return endSubmitting(context, claim, task, 'rejected', tooLate)
  const answer = await provider.submit({
    request: request.value,
    wanted: task.wanted,
    clientReference: task.clientReference,
    callbackUrl: await callbackUrl(context.config, provider.name, job),
    ...(task.awaitsUpload && { uploadUrl: await uploadUrl(context.config, job, task.n) }),
    assets: inputAssetsOf(claim, task),
  })
  context.log('task.submitted', {
    job_id: job.id,
    provider: provider.name,
    task_id: answer.ok ? answer.value.providerTaskId : undefined,
    attempt: task.attempts,
    duration_ms: context.now() - startedAt,
    fault: answer.ok ? undefined : answer.fault.code,
  })
  if (answer.ok) return acceptTask(context, claim, provider, task, answer.value)
  // A repeat that is refused proves nothing of the call before it, whose answer was lost: a provider may look at the
  // account or the request before it looks whether it has the task.
  const isUnknown = answer.fault.code === 'answer_lost' || task.unknownAt !== null
  if (isUnknown) return markUnknown(context, claim, task, answer.fault)
  if (isRetryable(answer.fault.code)) return deferTask(context, claim, task, answer.fault)
  return rejectTask(context, claim, task, answer.fault)
}

const tooLate: Fault = fault('deadline_exceeded', 'No provider took the job before its deadline.')

const noneFree: Fault = fault('no_free_slot', 'No slot came free at a provider before the deadline.')

function keyIsGone({ provider }: ClaimedJob): Fault {
  return fault('auth', `The key of ${provider} was taken away.`)
}
