/**
 * Gets one output into R2: its provider has uploaded it already, or it is downloaded from the URL that the provider
 * names.
 */
import type { Context } from '../../context.ts'
import { fail, isRetryable, ok, type Result } from '../../core/fault.ts'
import { jobPrefix } from '../../core/retention.ts'
import { copyWaitMs } from '../../core/schedule/waits.ts'
import { downloadVideo } from '../../media/save-video.ts'
import type { StoredObject } from '../../media/write.ts'
import { compareUpload, uploadWaitMs } from '../../provider-uploads/compare.ts'
import type { RemoteOutput } from '../../providers/provider.ts'
import type { StoredOutput, WaitingOutput } from '../../store/jobs/outputs.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { type Heartbeat, transferTime } from '../heartbeat.ts'
import { allowedHosts, knownHosts } from '../poll/unconfirmed.ts'

export interface FetchedOutput {
  via: StoredOutput['storedVia']
  /** The URL of the last download, or of the next one. Null: none is known. */
  sourceUrl: string | null
  /** The provider has not confirmed that this is its video. */
  isUnconfirmed: boolean
  object: Result<StoredObject>
}

/** How long an output of this task is not to be fetched yet. A received upload makes the job due at once. */
export function fetchWaitMs(task: Task | undefined, nowMs: number): number {
  return task === undefined ? 0 : uploadWaitMs(task, nowMs)
}

/** All downloads of one step share its lease and its time. */
interface Transfer {
  job: { id: string }
  onProgress: Heartbeat
  timeLeftMs: () => number
}

export async function fetchOutput(
  context: Context,
  step: Pick<Transfer, 'job' | 'onProgress'>,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<FetchedOutput> {
  const transfer = { ...step, timeLeftMs: transferTime(context) }
  const confirmed = await confirm(context, output, task)
  await transfer.onProgress()
  if (!confirmed.ok) return { ...output, via: 'download', object: confirmed }
  const current = confirmed.value
  const upload = task === undefined ? null : await compareUpload(context, transfer, current, task)
  if (upload === null) return download(context, transfer, current, task)
  const uploaded: FetchedOutput = {
    via: 'upload',
    sourceUrl: current.sourceUrl,
    isUnconfirmed: upload.match !== 'confirmed',
    object: ok(upload.object),
  }
  if (upload.match !== 'undecided') return uploaded
  // The media host's trouble proves nothing about the upload: the provider's own URL gets as many attempts as ever.
  const downloaded = await download(context, transfer, current, task)
  const isRetried =
    !downloaded.object.ok && isRetryable(downloaded.object.fault.code) && hasAttemptsLeft(output)
  return downloaded.object.ok || isRetried ? downloaded : uploaded
}

function hasAttemptsLeft({ attempts }: WaitingOutput): boolean {
  return copyWaitMs(attempts + 1) !== null
}

/** An unconfirmed output is confirmed, replaced or refuted as soon as its provider can be polled again. */
async function confirm(
  { providers }: Context,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Result<WaitingOutput>> {
  if (!output.isUnconfirmed || task === undefined || task.providerTaskId === null) return ok(output)
  const { providerTaskId } = task
  const status = await providers[task.provider]?.getStatus({ ...task, providerTaskId })
  if (status === undefined || !status.ok || status.value.state === 'pending') return ok(output)
  if (status.value.state === 'failed') {
    // One such response proves nothing: it must last as long as there are attempts.
    if (!hasAttemptsLeft(output)) return { ok: false, fault: status.value.fault }
    return fail(
      'media_unavailable',
      `${task.provider} reports that the task has failed, and is polled again.`,
    )
  }
  const named = sameOutput(output, task, status.value.outputs)
  return ok(named === undefined ? output : { ...output, sourceUrl: named.url, isUnconfirmed: false })
}

/** The single result of a task may have got its id, or another URL in place of an id, in the meantime. */
function sameOutput(
  { remoteId }: WaitingOutput,
  { wanted }: Task,
  outputs: RemoteOutput[],
): RemoteOutput | undefined {
  return outputs.find(({ id }) => id === remoteId) ?? (wanted === 1 ? outputs[0] : undefined)
}

/** Downloads the output. If there is no URL, or it has expired, it is downloaded from a fresh one. */
async function download(
  context: Context,
  transfer: Transfer,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<FetchedOutput> {
  const { sourceUrl, isUnconfirmed, n } = output
  const allowed = allowedHosts(context.config, task?.provider)
  const hosts = isUnconfirmed ? await hostsOfUnconfirmed(context, task) : allowed
  const object =
    sourceUrl === null
      ? fail('media_unavailable', `${task?.provider} neither uploaded the video nor named a URL of it.`)
      : await copyToBucket(context, transfer, n, { url: sourceUrl, hosts })
  const isWithoutUrl = sourceUrl === null || (!object.ok && object.fault.code === 'media_expired')
  const freshUrl = isWithoutUrl && task !== undefined ? await getFreshUrl(context, task, output) : null
  if (freshUrl === null) return { via: 'download', sourceUrl, isUnconfirmed, object }
  const named = { url: freshUrl, hosts: allowed }
  return {
    via: 'download',
    sourceUrl: freshUrl,
    isUnconfirmed,
    object: await copyToBucket(context, transfer, n, named),
  }
}

/** An unconfirmed output may not be redirected away from the hosts where it must be. */
async function hostsOfUnconfirmed(context: Context, task: Task | undefined): Promise<readonly string[]> {
  if (task === undefined) return context.config.outputHosts ?? []
  const provider = context.providers[task.provider] ?? { name: task.provider }
  const { listed, named } = await knownHosts(context, provider)
  return [...listed, ...named]
}

function copyToBucket(
  context: Context,
  { job, onProgress, timeLeftMs }: Transfer,
  n: number,
  { url, hosts }: { url: string; hosts: readonly string[] | undefined },
): Promise<Result<StoredObject>> {
  const { fetch, guard, bucket, config } = context
  const maxBytes = config.maxOutputBytes
  const settings = { fetch, guard, bucket, hosts, maxBytes, onProgress, timeLeftMs }
  const prefix = jobPrefix(job.id)
  return downloadVideo(settings, url, (extension) => `${prefix}${n}.${extension}`)
}

async function getFreshUrl(context: Context, task: Task, output: WaitingOutput): Promise<string | null> {
  const { providerTaskId } = task
  if (providerTaskId === null) return null
  const status = await context.providers[task.provider]?.getStatus({ ...task, providerTaskId })
  if (status === undefined || !status.ok || status.value.state !== 'done') return null
  return sameOutput(output, task, status.value.outputs)?.url ?? null
}
