/**
 * Reads the header of a stored output: the step after the one that stored it. A header may end the step by its demand
 * for memory, so it is read once: whatever happens, the output stays stored, and its job settles.
 */
import type { Context } from '../../context.ts'
import { viewMetadata } from '../../core/job/view.ts'
import { noMetadata, type VideoMetadata } from '../../core/video-metadata.ts'
import { randomAccessInBucket } from '../../media/metadata/random-access.ts'
import { readVideoMetadata } from '../../media/metadata/video.ts'
import { draftEvent } from '../../store/events.ts'
import type { Claim } from '../../store/jobs/claim.ts'
import type { Job } from '../../store/jobs/jobs.ts'
import type { StoredOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, type Changes, changes, type Step } from '../../store/jobs/step.ts'
import { deliveriesFor } from '../settle/notify.ts'
import { settle } from '../settle/settle.ts'

export async function readMetadata(context: Context, claim: Claim, unread: StoredOutput): Promise<Step> {
  const read = await metadataOf(context, { ...claim, isTakenOver: claim.job.isTakenOver }, unread)
  const isLast = !applyChanges(claim, read).outputs.some(({ status }) => status === 'waiting')
  return isLast ? settle(context, claim, read) : { ...read, status: 'storing', next: 'now' }
}

type Reading = Pick<Claim, 'tasks' | 'outputs'> & { job: Job; isTakenOver: boolean }

/** The output with its metadata, its event and the deliveries of the event. */
export async function metadataOf(context: Context, claim: Reading, unread: StoredOutput): Promise<Changes> {
  const startedAt = context.now()
  // The same lease stores the output and reads its header, so a lease that expired in between expired while reading.
  const { metadata, trouble } = claim.isTakenOver ? interrupted : await readHeader(context, unread)
  const nowMs = context.now()
  context.log('metadata.read', {
    job_id: claim.job.id,
    output: unread.n,
    duration_ms: nowMs - startedAt,
    metadata_error: trouble ?? undefined,
  })
  const output: StoredOutput = { ...unread, metadata, metadataReadAt: nowMs }
  const type = output.isLate ? 'output.late' : 'output.stored'
  const event = draftEvent(type, dataOf(output, trouble), nowMs)
  const after = applyChanges(claim, { tasks: [], outputs: [output] })
  const deliveries = await deliveriesFor(context, after, { ...event, type }, { output: output.n })
  return changes({ outputs: [output], events: [event], deliveries })
}

interface Header {
  metadata: VideoMetadata
  /** Why it was not read to its end. Null: it was. */
  trouble: string | null
}

const interrupted: Header = {
  metadata: noMetadata,
  trouble: 'The step that read the header was interrupted. It is not read again.',
}

function readHeader({ bucket }: Context, output: StoredOutput): Promise<Header> {
  return readVideoMetadata(randomAccessInBucket(bucket, output))
}

function dataOf(
  { n, storedVia, bytes, sha256, metadata, isUnconfirmed, attempts }: StoredOutput,
  error: string | null,
) {
  return {
    n,
    via: storedVia,
    bytes,
    sha256,
    ...viewMetadata(metadata),
    ...(isUnconfirmed && { unconfirmed: true }),
    ...(attempts > 1 && { attempts }),
    ...(error && { metadata_error: error }),
  }
}
