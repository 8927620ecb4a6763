/** The billable call. The task is written before it, so that no crash can hide a bill. */
import { withLinks } from '../../assets/links.ts'
import type { Context } from '../../context.ts'
import { type Fault, fault, isRetryable, ok } from '../../core/fault.ts'
import { type ReceivedAnswer, withAnswer } from '../../core/job/answers.ts'
import { maxCallDelayMs } from '../../core/schedule/jobs.ts'
import { planUpload } from '../../provider-uploads/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { intendTask } from '../../store/jobs/commit.ts'
import type { OpenTask } from '../../store/jobs/tasks.ts'
import { callbackUrl } from '../../webhooks/token.ts'
import { type Attempt, unknownAttempt } from './attempt.ts'
import { inputAssetsOf } from './inputs.ts'

export async function callProvider(
  context: Context,
  claim: Claim,
  provider: Provider,
  next: OpenTask,
): Promise<Attempt> {
  const { job } = claim
  // A provider that takes uploads has the media already, under its own ids.
  const request = provider.uploads === undefined ? await withLinks(context, job) : ok(job.request)
  if (!request.ok) {
    // A repeat whose media are gone proves nothing about the first call.
    return next.unknownAt === null
      ? { result: 'refused', task: next, fault: request.fault, isFinal: true }
      : unknownAttempt(next, request.fault, context.now())
  }
  const intendedAt = context.now()
  const { submission, awaitsUpload } = await planUpload(context, provider, job, next)
  const intended: OpenTask = {
    ...next,
    status: 'intended',
    attempts: next.attempts + 1,
    intendedAt,
    awaitsUpload,
    answers: { ...next.answers, submission: null },
  }
  const subscriptions = await context.owners.subscriptions()
  const { repeats } = provider.capabilities
  await intendTask(context.dbOf(job.id), claim, { task: intended, repeats }, intendedAt)
  const startedAt = context.now()
  // The database may have stalled past the deadline: nothing is bought then.
  if (startedAt >= job.deadlineAt) {
    return { result: 'closed', task: intended, status: 'rejected', fault: deadlinePassed }
  }
  // A call that comes late may come after the proof that none came (absence.ts).
  if (startedAt - intendedAt > maxCallDelayMs) {
    return next.unknownAt === null
      ? { result: 'refused', task: intended, fault: heldUp, isFinal: false }
      : unknownAttempt(intended, heldUp, startedAt)
  }
  const answers: ReceivedAnswer[] = []
  const response = await provider.submit(
    {
      request: request.value,
      wanted: intended.wanted,
      clientReference: intended.clientReference,
      callbackUrl: await callbackUrl(context.config, provider.name, job),
      ...submission,
      assets: inputAssetsOf(claim, intended),
    },
    (answer) => answers.push(answer),
  )
  const task: OpenTask = {
    ...intended,
    answers: withAnswer(intended.answers, 'submission', answers.at(-1), context.now()),
  }
  const isRefused = !response.ok && response.fault.code !== 'answer_lost'
  context.log(isRefused ? 'task.refused' : 'task.submitted', {
    job_id: job.id,
    provider: provider.name,
    task_id: response.ok ? response.value.providerTaskId : undefined,
    attempt: task.attempts,
    duration_ms: context.now() - startedAt,
    fault: response.ok ? undefined : response.fault.code,
  })
  if (response.ok) {
    return {
      result: 'accepted',
      provider,
      task,
      submitted: response.value,
      isRecovered: false,
      subscriptions,
    }
  }
  // A refused repeat proves nothing about the first call, whose response was lost: a provider may check the account or
  // the request before it checks whether it has the task.
  const isUnknown = response.fault.code === 'answer_lost' || task.unknownAt !== null
  if (isUnknown) return unknownAttempt(task, response.fault, context.now())
  const isFinal = !isRetryable(response.fault.code)
  return { result: 'refused', task, fault: response.fault, isFinal }
}

const heldUp: Fault = fault('unavailable', 'The database stalled, so the submission was not sent.', {
  isOurs: true,
})

export const deadlinePassed: Fault = fault(
  'deadline_exceeded',
  'No provider took the job before its deadline.',
)
