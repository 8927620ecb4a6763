/**
 * Whether the video that was uploaded for a task is the provider's. A leaked URL lets anyone upload, so an upload is
 * compared with the video that the provider's status names.
 */
import type { Context } from '../context.ts'
import { randomAccessInBucket } from '../media/metadata/random-access.ts'
import { openUrl, type RemoteSettings } from '../media/open-url.ts'
import type { StoredObject } from '../media/write.ts'
import type { WaitingOutput } from '../store/jobs/outputs.ts'
import type { Task } from '../store/jobs/tasks.ts'

const seconds = 1_000

/** How long after a task's end its upload is awaited. Then the video is downloaded. */
const graceMs = 30 * seconds

/**
 * A provider is polled as soon as an upload arrives, and again within a minute. An upload that arrived longer before
 * the task's end was not the one that ended it.
 */
const earlyMs = 60 * seconds

/** How long the upload of a task's video is still awaited before the video is downloaded. */
export function uploadWaitMs(task: Task, nowMs: number): number {
  if (!task.awaitsUpload || task.endedAt === null) return 0
  if (task.receivedVideo !== null && !isEarly(task)) return 0
  return Math.max(0, task.endedAt + graceMs - nowMs)
}

function isEarly({ receivedVideo, endedAt }: Task): boolean {
  return receivedVideo !== null && endedAt !== null && receivedVideo.arrivedAt + earlyMs < endedAt
}

/**
 * `unconfirmed`: there is nothing to compare it with, and a reason to doubt it. `undecided`: the video that the provider
 * names cannot be read now.
 */
export interface ComparedUpload {
  object: StoredObject
  match: 'confirmed' | 'unconfirmed' | 'undecided'
}

type Transfer = Pick<RemoteSettings, 'onProgress' | 'timeLeftMs'>

/** Null: nothing was uploaded, or the upload differs from the video that the provider names. */
export async function compareUpload(
  context: Context,
  transfer: Transfer,
  output: Pick<WaitingOutput, 'sourceUrl' | 'isUnconfirmed'>,
  task: Task,
): Promise<ComparedUpload | null> {
  const object = await uploadedObject(context, task)
  if (object === null) return null
  const { sourceUrl, isUnconfirmed } = output
  if (sourceUrl === null || isUnconfirmed) {
    const isDoubtful = isUnconfirmed || task.receivedVideo?.others !== 0 || isEarly(task)
    return { object, match: isDoubtful ? 'unconfirmed' : 'confirmed' }
  }
  const comparison = await compareWith(context, transfer, sourceUrl, object)
  if (comparison === 'different') return null
  return { object, match: comparison === 'same' ? 'confirmed' : 'undecided' }
}

/** The task says that a video was uploaded, the bucket whether it is still there. */
async function uploadedObject({ bucket }: Context, { receivedVideo }: Task): Promise<StoredObject | null> {
  if (receivedVideo === null) return null
  const { key, contentType, bytes, sha256 } = receivedVideo
  const object = await bucket.head(key)
  return object?.size === bytes ? { key, contentType, bytes, sha256 } : null
}

const comparedBytes = 64 * 1024

/** The same length, where it is announced, and the same first bytes. */
async function compareWith(
  { fetch, guard, bucket, config }: Context,
  { onProgress, timeLeftMs }: Transfer,
  url: string,
  uploaded: StoredObject,
): Promise<'same' | 'different' | 'unreadable'> {
  const source = await openUrl({ fetch, guard, hosts: config.outputHosts, onProgress, timeLeftMs }, url)
  if (!source.ok) return 'unreadable'
  try {
    if (source.value.length !== null && source.value.length !== uploaded.bytes) return 'different'
    const start = await source.value.read(new ArrayBuffer(comparedBytes))
    if (!start.ok || start.value === null) return 'unreadable'
    const { length } = start.value
    if (length > uploaded.bytes) return 'different'
    const ours = await randomAccessInBucket(bucket, uploaded).read(0, length)
    return start.value.every((byte, at) => byte === ours[at]) ? 'same' : 'different'
  } finally {
    source.value.close()
  }
}
