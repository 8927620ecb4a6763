/** imports: ask a provider how far it is with the media that were sent to it, all at once, until it has them. */
import type { Context } from '../context.ts'
import { type Fault, fault, mayTryAgain } from '../core/fault.ts'
import { importWaitMs } from '../core/schedule.ts'
import type { MediaUploads } from '../providers/provider.ts'
import type { Claim } from '../store/claim.ts'
import type { Step } from '../store/commit.ts'
import type { Task, Upload } from '../store/tasks.ts'
import { putOff, reject } from './refused.ts'

export type SentMedium = Extract<Upload, { state: 'sent' }> & { path: string }

export async function awaitImports(
  context: Context,
  claim: Claim,
  uploads: MediaUploads,
  { line, sent }: { line: Task; sent: SentMedium[] },
): Promise<Step> {
  const asked = await Promise.all(sent.map((medium) => ask(line, uploads, medium)))
  logImported(context, claim, asked)
  const task: Task = { ...line, status: 'preparing', fault: null, uploads: withAnswers(line, asked) }
  const late = asked.filter(isLate)
  const refused = late.find(({ why }) => !mayTryAgain(why.code)) ?? late.find(({ upload }) => upload === null)
  if (refused !== undefined) return refuseUpload(context, claim, task, refused.why)
  const [first] = late
  if (first === undefined) return { status: 'queued', tasks: [task], next: 'now' }
  // Kept on the line: at the deadline, it is what the job fails with.
  return {
    status: 'queued',
    tasks: [{ ...task, fault: first.why }],
    next: { waitMs: waitMs(context, claim, late) },
  }
}

/** The line is tried again, or, after several attempts, or when trying again would not help, rejected. */
export function refuseUpload(context: Context, claim: Claim, line: Task, why: Fault): Promise<Step> {
  const task = { ...line, attempts: line.attempts + 1 }
  return mayTryAgain(why.code) && task.attempts < patientAttempts
    ? putOff(context, claim, task, why)
    : reject(context, claim, task, why)
}

const patientAttempts = 5

export function faultAt(path: string, why: Fault): Fault {
  return fault(why.code, `${path}: ${why.message}`, {
    evidence: why.evidence ?? {},
    retryAfterMs: why.retryAfterMs,
  }).fault
}

interface Asked extends Pick<SentMedium, 'path' | 'sentAt'> {
  /** Null: it has to be sent again. */
  upload: Upload | null
  /** Why it is not imported. */
  why: Fault | null
}

async function ask(
  { provider }: Task,
  uploads: MediaUploads,
  { path, ...upload }: SentMedium,
): Promise<Asked> {
  const { uploadId, sentAt } = upload
  const answer = await uploads.check(uploadId)
  const since = `since ${new Date(sentAt).toISOString()}`
  const late = (why: Fault) => ({ path, sentAt, upload, why: faultAt(path, why) })
  if (!answer.ok) return late(answer.fault)
  switch (answer.value.state) {
    case 'pending':
      return late(
        fault('unavailable', `${provider} has had the file ${since}, and has not finished importing it.`)
          .fault,
      )
    case 'imported':
      return { path, sentAt, upload: { state: 'imported', assetId: answer.value.assetId }, why: null }
    case 'lost':
      return {
        ...late(fault('unavailable', `${provider} does not have the file that was sent to it.`).fault),
        upload: null,
      }
  }
}

function isLate(asked: Asked): asked is Asked & { why: Fault } {
  return asked.why !== null
}

function withAnswers({ uploads }: Task, asked: Asked[]): Record<string, Upload> {
  const others = Object.entries(uploads).filter(([path]) => !asked.some((one) => one.path === path))
  const answered = asked.flatMap(({ path, upload }): [string, Upload][] =>
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
