/**
 * obtain: one output into R2, by one of two roads: it lies there already, because its provider has uploaded it, or it
 * is copied from the URL that its provider names.
 */
import type { Context } from '../context.ts'
import { done, fault, type Result } from '../core/fault.ts'
import { jobPrefix } from '../core/retention.ts'
import { uploadGraceMs } from '../core/schedule.ts'
import { copyToBucket } from '../media/copy.ts'
import type { Kept } from '../media/keep.ts'
import type { ClaimedJob } from '../store/claim.ts'
import type { WaitingOutput } from '../store/outputs.ts'
import type { Task } from '../store/tasks.ts'
import { keepLease } from './keep-lease.ts'

export interface Obtained {
  road: 'uploaded' | 'downloaded'
  /** The URL that was used last, or might be next; null: none is known. */
  sourceUrl: string | null
  kept: Result<Kept>
}

/** How long the upload of a task's video is still to be waited for. */
export function graceMs(task: Task | undefined, nowMs: number): number {
  if (task === undefined || !task.awaitsUpload || task.arrival !== null || task.endedAt === null) return 0
  return Math.max(0, task.endedAt + uploadGraceMs - nowMs)
}

export async function obtain(
  context: Context,
  job: ClaimedJob,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Obtained> {
  const { sourceUrl } = output
  const uploaded = task === undefined ? null : await uploadOf(context, task)
  if (uploaded !== null) return { road: 'uploaded', sourceUrl, kept: done(uploaded) }
  return { road: 'downloaded', ...(await copyOrRenew(context, job, output, task)) }
}

/** The row says that it came; the bucket, whether it is there. */
async function uploadOf({ bucket }: Context, { arrival }: Task): Promise<Kept | null> {
  if (arrival === null) return null
  const { arrivedAt: _, ...kept } = arrival
  const object = await bucket.head(kept.key)
  return object?.size === kept.bytes ? kept : null
}

/** Copies; where there is no link, or it has run out, asks the provider for a fresh one and copies from that. */
async function copyOrRenew(
  context: Context,
  job: ClaimedJob,
  output: WaitingOutput,
  task: Task | undefined,
): Promise<Pick<Obtained, 'sourceUrl' | 'kept'>> {
  const { sourceUrl } = output
  const kept = sourceUrl === null ? neitherRoad(task) : await copyOutput(context, job, output.n, sourceUrl)
  const isWithoutLink = sourceUrl === null || (!kept.ok && kept.fault.code === 'media_expired')
  const fresh = isWithoutLink && task !== undefined ? await freshUrl(context, task, output) : null
  if (fresh === null) return { sourceUrl, kept }
  return { sourceUrl: fresh, kept: await copyOutput(context, job, output.n, fresh) }
}

function neitherRoad(task: Task | undefined) {
  return fault('media_unavailable', `${task?.provider} neither uploaded the video nor named a URL of it.`)
}

function copyOutput(context: Context, job: ClaimedJob, n: number, url: string): Promise<Result<Kept>> {
  const { fetch, guard, bucket, config } = context
  const limits = { hosts: config.outputHosts, maxBytes: config.maxOutputBytes }
  const settings = { fetch, guard, bucket, ...limits, onProgress: keepLease(context, job) }
  const prefix = jobPrefix(job.id, job.request.retention_days)
  return copyToBucket(settings, url, (extension) => `${prefix}${n}.${extension}`)
}

async function freshUrl(context: Context, task: Task, output: WaitingOutput): Promise<string | null> {
  const { providerTaskId } = task
  if (providerTaskId === null) return null
  const answer = await context.providers[task.provider]?.check({ ...task, providerTaskId })
  if (answer === undefined || !answer.ok || answer.value.state !== 'done') return null
  const { outputs } = answer.value
  // The one result of a task may have got its name, or another URL for a name, since.
  const same =
    outputs.find(({ id }) => id === output.remoteId) ?? (task.wanted === 1 ? outputs[0] : undefined)
  return same?.url ?? null
}
