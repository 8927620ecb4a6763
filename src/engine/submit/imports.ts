/** imports: ask a provider how far it is with the media that were sent to it, all at once, until it has them. */
import type { Context } from '../../context.ts'
import { type Fault, fault, isRetryable } from '../../core/fault.ts'
import { importWaitMs } from '../../core/schedule-waits.ts'
import type { MediaUploads } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes, type Step } from '../../store/jobs/step.ts'
import type { InputUpload, Task } from '../../store/jobs/tasks.ts'
import { deferTask, rejectTask } from './refusal.ts'

export type SentInput = Extract<InputUpload, { state: 'sent' }> & { path: string }

export async function awaitImports(
  context: Context,
  claim: Claim,
  uploads: MediaUploads,
  { line, sent }: { line: Task; sent: SentInput[] },
): Promise<Step> {
  const asked = await Promise.all(sent.map((medium) => ask(line, uploads, medium)))
  logImported(context, claim, asked)
  const task: Task = { ...line, status: 'preparing', fault: null, inputs: withAnswers(line, asked) }
  const late = asked.filter(isLate)
  const refused = late.find(({ why }) => !isRetryable(why.code)) ?? late.find(({ upload }) => upload === null)
  if (refused !== undefined) return refuseInput(context, claim, task, refused.why)
  const [first] = late
  if (first === undefined) return { ...changes({ tasks: [task] }), status: 'queued', next: 'now' }
  // Kept on the line: at the deadline, it is what the job fails with.
  return {
    ...changes({ tasks: [{ ...task, fault: first.why }] }),
    status: 'queued',
    next: { waitMs: waitMs(context, claim, late) },
  }
}

/** The line is tried again, or, after several attempts, or when trying again would not help, rejected. */
export function refuseInput(context: Context, claim: Claim, line: Task, why: Fault): Promise<Step> {
  const task = { ...line, attempts: line.attempts + 1 }
  return isRetryable(why.code) && task.attempts < patientAttempts
    ? deferTask(context, claim, task, why)
    : rejectTask(context, claim, task, why)
}

const patientAttempts = 5

export function faultAt(path: string, why: Fault): Fault {
  return fault(why.code, `${path}: ${why.message}`, {
    evidence: why.evidence ?? {},
    retryAfterMs: why.retryAfterMs,
  })
}

interface Asked extends Pick<SentInput, 'path' | 'sentAt'> {
  /** Null: it has to be sent again. */
  upload: InputUpload | null
  /** Why it is not imported. */
  why: Fault | null
}

async function ask(
  { provider }: Task,
  uploads: MediaUploads,
  { path, ...upload }: SentInput,
): Promise<Asked> {
  const { uploadId, sentAt } = upload
  const answer = await uploads.check(uploadId)
  const since = `since ${new Date(sentAt).toISOString()}`
  const late = (why: Fault) => ({ path, sentAt, upload, why: faultAt(path, why) })
  if (!answer.ok) return late(answer.fault)
  switch (answer.value.state) {
    case 'pending':
      return late(
        fault('unavailable', `${provider} has had the file ${since}, and has not finished importing it.`),
      )
    case 'imported':
      return { path, sentAt, upload: { state: 'imported', assetId: answer.value.assetId }, why: null }
    case 'lost':
      return {
        ...late(fault('unavailable', `${provider} does not have the file that was sent to it.`)),
        upload: null,
      }
  }
}

function isLate(asked: Asked): asked is Asked & { why: Fault } {
  return asked.why !== null
}

function withAnswers({ inputs: uploads }: Task, asked: Asked[]): Record<string, InputUpload> {
  const others = Object.entries(uploads).filter(([path]) => !asked.some((one) => one.path === path))
  const answered = asked.flatMap(({ path, upload }): [string, InputUpload][] =>
    upload === null ? [] : [[path, upload]],
  )
  return Object.fromEntries([...others, ...answered])
}

function waitMs({ now }: Context, { job }: Claim, late: (Asked & { why: Fault })[]): number {
  const waits = late.map(({ sentAt }) => importWaitMs(now() - sentAt))
  const askedFor = late.map(({ why }) => why.retryAfterMs ?? 0)
  return Math.min(Math.max(Math.min(...waits), ...askedFor), Math.max(0, job.deadlineAt - now()))
}

function logImported({ now, log }: Context, { job }: Claim, asked: Asked[]): void {
  for (const { path, sentAt, why } of asked) {
    if (why !== null) continue
    log('media.imported', { job_id: job.id, provider: job.provider, path, duration_ms: now() - sentAt })
  }
}
