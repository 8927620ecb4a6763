/**
 * obtain: one output into R2, by one of two roads: it lies there already, because its provider has uploaded it, or it
 * is copied from the URL that its provider names.
 */
import type { Context } from '../../context.ts'
import { fail, isRetryable, ok, type Result } from '../../core/fault.ts'
import { jobPrefix } from '../../core/retention.ts'
import { copyWaitMs, earlyUploadMs, uploadGraceMs } from '../../core/schedule.ts'
import { randomAccessInBucket } from '../../media/metadata/random-access.ts'
import { openUrl } from '../../media/open-url.ts'
import { downloadVideo } from '../../media/save-video.ts'
import type { StoredObject } from '../../media/write.ts'
import type { ClaimedJob } from '../../store/jobs/claim.ts'
import type { WaitingOutput } from '../../store/jobs/outputs.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { heartbeat } from '../heartbeat.ts'
import { knownHosts } from '../poll/unconfirmed.ts'

export interface FetchedOutput {
  road: 'uploaded' | 'downloaded'
  /** The URL that was used last, or might be next; null: none is known. */
  sourceUrl: string | null
  /** The provider has not said that this is its video. */
  isUnconfirmed: boolean
  kept: Result<StoredObject>
}

/** How long the upload of a task's video is still to be waited for. */
export function graceMs(task: Task | undefined, nowMs: number): number {
  if (task === undefined || !task.awaitsUpload || task.endedAt === null) return 0
  if (task.receivedVideo !== null && !isEarly(task)) return 0
  return Math.max(0, task.endedAt + uploadGraceMs - nowMs)
}

export async function fetchOutput(
  context: Context,
  job: ClaimedJob,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<FetchedOutput> {
  const known = await confirmed(context, output, task)
  if (!known.ok) return { ...output, road: 'downloaded', kept: known }
  const { sourceUrl, isUnconfirmed } = known.value
  const uploaded = task === undefined ? null : await uploadOf(context, task)
  const agreement = uploaded === null ? 'other' : await agreementOn(context, uploaded, known.value, task)
  const copy = async (): Promise<FetchedOutput> => ({
    ...{ road: 'downloaded', isUnconfirmed },
    ...(await copyOrRenew(context, job, known.value, task)),
  })
  if (uploaded === null || agreement === 'other') return copy()
  const isDoubtful = isUnconfirmed || agreement !== 'same'
  const byUpload: FetchedOutput = {
    road: 'uploaded',
    sourceUrl,
    isUnconfirmed: isDoubtful,
    kept: ok(uploaded),
  }
  if (agreement !== 'unread') return byUpload
  // Trouble of the host says nothing of the upload: the provider's own video is tried for as long as any other.
  const byLink = await copy()
  const isTriedAgain = !byLink.kept.ok && isRetryable(byLink.kept.fault.code) && hasTriesLeft(output)
  return byLink.kept.ok || isTriedAgain ? byLink : byUpload
}

function hasTriesLeft({ attempts }: WaitingOutput): boolean {
  return copyWaitMs(attempts + 1) !== null
}

/** A stand-in is confirmed, replaced or refuted as soon as its provider can be asked again. */
async function confirmed(
  { providers }: Context,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Result<WaitingOutput>> {
  if (!output.isUnconfirmed || task === undefined || task.providerTaskId === null) return ok(output)
  const answer = await providers[task.provider]?.getStatus({ ...task, providerTaskId: task.providerTaskId })
  if (answer === undefined || !answer.ok || answer.value.state === 'pending') return ok(output)
  if (answer.value.state === 'failed') {
    // One such answer proves nothing: it has to last as long as there are tries.
    if (!hasTriesLeft(output)) return { ok: false, fault: answer.value.fault }
    return fail('media_unavailable', `${task.provider} says that the task has failed, and is asked again.`)
  }
  const { outputs } = answer.value
  const truth =
    outputs.find(({ id }) => id === output.remoteId) ?? (task.wanted === 1 ? outputs[0] : undefined)
  return ok(truth === undefined ? output : { ...output, sourceUrl: truth.url, isUnconfirmed: false })
}

/** It came long before the provider said that it was made. */
function isEarly({ receivedVideo, endedAt }: Task): boolean {
  return receivedVideo !== null && endedAt !== null && receivedVideo.arrivedAt + earlyUploadMs < endedAt
}

const comparedBytes = 64 * 1024

/**
 * Whether the provider's word agrees with what was uploaded, for others may have found the URL: where it names the video
 * too, that has the same length and begins the same. `unknown`: there is nothing to compare with, and reason to doubt.
 * `unread`: what it names cannot be read now.
 */
async function agreementOn(
  context: Context,
  uploaded: StoredObject,
  { sourceUrl, isUnconfirmed }: WaitingOutput,
  task: Task | undefined,
): Promise<'same' | 'other' | 'unknown' | 'unread'> {
  if (sourceUrl === null || isUnconfirmed) {
    const isDoubted = task?.receivedVideo == null || task.receivedVideo.others > 0 || isEarly(task)
    return isDoubted ? 'unknown' : 'same'
  }
  const { fetch, guard, bucket, config } = context
  const source = await openUrl({ fetch, guard, hosts: config.outputHosts }, sourceUrl)
  if (!source.ok) return 'unread'
  try {
    if (source.value.length !== null && source.value.length !== uploaded.bytes) return 'other'
    const start = await source.value.read(new ArrayBuffer(comparedBytes))
    if (!start.ok || start.value === null) return 'unread'
    const { length } = start.value
    if (length > uploaded.bytes) return 'other'
    const ours = await randomAccessInBucket(bucket, uploaded).read(0, length)
    return start.value.every((byte, at) => byte === ours[at]) ? 'same' : 'other'
  } finally {
    source.value.close()
  }
}

/** The row says that it came; the bucket, whether it is there. */
async function uploadOf({ bucket }: Context, { receivedVideo }: Task): Promise<StoredObject | null> {
  if (receivedVideo === null) return null
  const { arrivedAt: _at, others: _others, ...kept } = receivedVideo
  const object = await bucket.head(kept.key)
  return object?.size === kept.bytes ? kept : null
}

/** Copies; where there is no link, or it has run out, asks the provider for a fresh one and copies from that. */
async function copyOrRenew(
  context: Context,
  job: ClaimedJob,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Pick<FetchedOutput, 'sourceUrl' | 'kept'>> {
  const { sourceUrl } = output
  const hosts = output.isUnconfirmed ? await hostsOfStandIn(context, task) : context.config.outputHosts
  const kept =
    sourceUrl === null
      ? neitherRoad(task)
      : await copyOutput(context, job, output.n, { url: sourceUrl, hosts })
  const isWithoutLink = sourceUrl === null || (!kept.ok && kept.fault.code === 'media_expired')
  const fresh = isWithoutLink && task !== undefined ? await freshUrl(context, task, output) : null
  if (fresh === null) return { sourceUrl, kept }
  const named = { url: fresh, hosts: context.config.outputHosts }
  return { sourceUrl: fresh, kept: await copyOutput(context, job, output.n, named) }
}

/** What stands in may not be led away from the hosts at which it has to lie. */
async function hostsOfStandIn(context: Context, task: Task | undefined): Promise<readonly string[]> {
  if (task === undefined) return context.config.outputHosts ?? []
  const { listed, named } = await knownHosts(
    context,
    context.providers[task.provider] ?? { name: task.provider },
  )
  return [...listed, ...named]
}

function neitherRoad(task: Task | undefined) {
  return fail('media_unavailable', `${task?.provider} neither uploaded the video nor named a URL of it.`)
}

function copyOutput(
  context: Context,
  job: ClaimedJob,
  n: number,
  { url, hosts }: { url: string; hosts: readonly string[] | undefined },
): Promise<Result<StoredObject>> {
  const { fetch, guard, bucket, config } = context
  const limits = { hosts, maxBytes: config.maxOutputBytes }
  const settings = { fetch, guard, bucket, ...limits, onProgress: heartbeat(context, job) }
  const prefix = jobPrefix(job.id, job.request.retention_days)
  return downloadVideo(settings, url, (extension) => `${prefix}${n}.${extension}`)
}

async function freshUrl(context: Context, task: Task, output: WaitingOutput): Promise<string | null> {
  const { providerTaskId } = task
  if (providerTaskId === null) return null
  const answer = await context.providers[task.provider]?.getStatus({ ...task, providerTaskId })
  if (answer === undefined || !answer.ok || answer.value.state !== 'done') return null
  const { outputs } = answer.value
  // The one result of a task may have got its name, or another URL for a name, since.
  const same =
    outputs.find(({ id }) => id === output.remoteId) ?? (task.wanted === 1 ? outputs[0] : undefined)
  return same?.url ?? null
}
