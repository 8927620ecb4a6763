/**
 * Hands the request's media to a provider that takes them only under its own ids: sends them, one per step, then polls
 * all until they are imported. The row is released between two polls. The task stores the provider's id of each upload,
 * so a crash repeats at most one upload, and no wait.
 */
import { openInput } from '../../assets/open.ts'
import type { Context } from '../../context.ts'
import type { Result } from '../../core/fault.ts'
import { kindAt, mediaOf } from '../../core/request/media.ts'
import type { MediaUploads } from '../../providers/media-uploads.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import { changes } from '../../store/jobs/step.ts'
import type { InputUpload } from '../../store/jobs/task-media.ts'
import type { OpenTask, Task } from '../../store/jobs/tasks.ts'
import { heartbeat, transferTime } from '../heartbeat.ts'
import type { Attempt } from './attempt.ts'
import { faultAt, pollImports, refuseInput } from './imports.ts'

/** Null: the provider has all inputs, or takes them by URL. */
export async function handOverInputs(
  context: Context,
  claim: Claim,
  provider: Provider,
  task: OpenTask,
): Promise<Attempt | null> {
  if (provider.uploads === undefined) return null
  const media = mediaOf(claim.job.request)
  const uploads = uploadsFor(claim, task)
  const next = media.find(({ path }) => uploads[path] === undefined)
  if (next !== undefined) return sendInput(context, claim, provider.uploads, { task, ...next })
  const sent = media.flatMap(({ path }) => {
    const upload = uploads[path]
    return upload?.state === 'sent' ? [{ path, ...upload }] : []
  })
  return sent.length === 0 ? null : pollImports(context, claim, provider.uploads, { task, sent })
}

/** The part of a claim that says what a task was submitted with. */
export interface Submitting {
  job: Pick<Job, 'id' | 'request'>
  tasks: Task[]
}

/** The provider's ids of the imported inputs, by the value of the medium in the request. */
export function inputAssetsOf(claim: Submitting, task: Task): ReadonlyMap<string, string> {
  const uploads = uploadsFor(claim, task)
  const pairs = mediaOf(claim.job.request).flatMap(({ path, value }): [string, string][] => {
    const upload = uploads[path]
    return upload?.state === 'imported' ? [[value, upload.assetId]] : []
  })
  return new Map(pairs)
}

/** The imports of the job's other tasks at the provider serve this task too. */
function uploadsFor({ tasks }: Submitting, task: Task): Record<string, InputUpload> {
  const others = tasks.filter(({ n, provider }) => n !== task.n && provider === task.provider)
  const imported = others.flatMap(({ inputs }) =>
    Object.entries(inputs).filter(([, { state }]) => state === 'imported'),
  )
  return { ...Object.fromEntries(imported), ...task.inputs }
}

async function sendInput(
  context: Context,
  claim: Claim,
  uploads: MediaUploads,
  { task, path, value }: { task: OpenTask; path: string; value: string },
): Promise<Attempt> {
  const startedAt = context.now()
  const response = await openAndSend(context, claim, uploads, { path, value })
  context.log('media.uploaded', {
    job_id: claim.job.id,
    provider: task.provider,
    path,
    duration_ms: context.now() - startedAt,
    fault: response.ok ? undefined : response.fault.code,
  })
  if (!response.ok) return refuseInput(task, faultAt(path, response.fault))
  const sent: InputUpload = { state: 'sent', uploadId: response.value.uploadId, sentAt: context.now() }
  const preparing: OpenTask = { ...task, status: 'preparing', inputs: { ...task.inputs, [path]: sent } }
  return { result: 'waiting', step: { ...changes({ tasks: [preparing] }), status: 'queued', next: 'now' } }
}

function openAndSend(
  context: Context,
  { job }: Claim,
  uploads: MediaUploads,
  { path, value }: { path: string; value: string },
): Promise<Result<{ uploadId: string }>> {
  const { fetch, guard, dbOf, bucket } = context
  const onProgress = heartbeat(context, job)
  const kind = kindAt(path)
  return openInput(
    { fetch, guard, dbOf, bucket, maxBytes: maxInputBytes, onProgress, timeLeftMs: transferTime(context) },
    { value, kind },
    (input) => uploads.send({ ...input, kind }),
  )
}

// More than any documented limit of an input.
const maxInputBytes = 512 * 1024 * 1024
