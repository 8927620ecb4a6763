/** Polls a provider for the import of the media that were sent to it, all at once. */
import type { Context } from '../../context.ts'
import { type Fault, fault, isRetryable } from '../../core/fault.ts'
import { importWaitMs } from '../../core/schedule/waits.ts'
import type { MediaUploads } from '../../providers/media-uploads.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import { changes } from '../../store/jobs/step.ts'
import type { InputUpload } from '../../store/jobs/task-media.ts'
import type { OpenTask, Task } from '../../store/jobs/tasks.ts'
import type { Attempt, Refused } from './attempt.ts'

export type SentInput = Extract<InputUpload, { state: 'sent' }> & { path: string }

export async function pollImports(
  context: Context,
  claim: Claim,
  uploads: MediaUploads,
  { task, sent }: { task: OpenTask; sent: SentInput[] },
): Promise<Attempt> {
  const polled = await Promise.all(sent.map((input) => pollImport(task, uploads, input)))
  logImported(context, claim, polled)
  const inputs = withPolled(task, polled)
  const preparing: OpenTask = { ...task, status: 'preparing', fault: null, inputs }
  const missing = polled.filter(isMissing)
  const refused =
    missing.find((input) => !isRetryable(input.fault.code)) ?? missing.find(({ upload }) => upload === null)
  if (refused !== undefined) return refuseInput(preparing, refused.fault)
  const [first] = missing
  if (first === undefined) {
    return { result: 'waiting', step: { ...changes({ tasks: [preparing] }), status: 'queued', next: 'now' } }
  }
  // If the deadline passes meanwhile, the job fails with this fault.
  const waiting: OpenTask = { ...preparing, fault: first.fault }
  const next = { waitMs: nextPollMs(context, claim, missing) }
  return { result: 'waiting', step: { ...changes({ tasks: [waiting] }), status: 'queued', next } }
}

/** The task is retried, or rejected: after several attempts, or when a retry cannot help. */
export function refuseInput(task: OpenTask, why: Fault): Refused {
  const attempts = task.attempts + 1
  const isFinal = !isRetryable(why.code) || attempts >= maxAttempts
  return { result: 'refused', task: { ...task, attempts }, fault: why, isFinal }
}

const maxAttempts = 5

export function faultAt(path: string, why: Fault): Fault {
  return fault(why.code, `${path}: ${why.message}`, {
    evidence: why.evidence ?? {},
    retryAfterMs: why.retryAfterMs,
    isOurs: why.isOurs,
  })
}

interface PolledInput extends Pick<SentInput, 'path' | 'sentAt'> {
  /** Null: it has to be sent again. */
  upload: InputUpload | null
  /** Why it is not imported; null: it is. */
  fault: Fault | null
}

type MissingInput = PolledInput & { fault: Fault }

async function pollImport(
  { provider }: Task,
  uploads: MediaUploads,
  { path, ...upload }: SentInput,
): Promise<PolledInput> {
  const { uploadId, sentAt } = upload
  const response = await uploads.check(uploadId)
  if (!response.ok) return { path, sentAt, upload, fault: faultAt(path, response.fault) }
  switch (response.value.state) {
    case 'pending': {
      const since = new Date(sentAt).toISOString()
      const message = `${provider} has had the file since ${since}, and has not finished importing it.`
      return { path, sentAt, upload, fault: faultAt(path, fault('unavailable', message)) }
    }
    case 'imported':
      return { path, sentAt, upload: { state: 'imported', assetId: response.value.assetId }, fault: null }
    case 'lost': {
      const message = `${provider} does not have the file that was sent to it.`
      return { path, sentAt, upload: null, fault: faultAt(path, fault('unavailable', message)) }
    }
  }
}

function isMissing(input: PolledInput): input is MissingInput {
  return input.fault !== null
}

function withPolled({ inputs }: Task, polled: PolledInput[]): Record<string, InputUpload> {
  const others = Object.entries(inputs).filter(([path]) => !polled.some((input) => input.path === path))
  const changed = polled.flatMap(({ path, upload }): [string, InputUpload][] =>
    upload === null ? [] : [[path, upload]],
  )
  return Object.fromEntries([...others, ...changed])
}

function nextPollMs({ now }: Context, { job }: Claim, missing: MissingInput[]): number {
  const waits = missing.map(({ sentAt }) => importWaitMs(now() - sentAt))
  const retryAfter = missing.map((input) => input.fault.retryAfterMs ?? 0)
  return Math.min(Math.max(Math.min(...waits), ...retryAfter), Math.max(0, job.deadlineAt - now()))
}

function logImported({ now, log }: Context, { job }: Claim, polled: PolledInput[]): void {
  for (const { path, sentAt, fault: why } of polled) {
    if (why !== null) continue
    log('media.imported', { job_id: job.id, provider: job.provider, path, duration_ms: now() - sentAt })
  }
}
