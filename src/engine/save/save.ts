/**
 * store: get one output into R2 and read its header, a step each; after the last one, settle. Writing the same object
 * twice is harmless: its key is the job's and the output's number.
 */
import type { Context } from '../../context.ts'
import { isRetryable } from '../../core/fault.ts'
import { viewMetadata } from '../../core/job-view.ts'
import { jobPrefix } from '../../core/retention.ts'
import { copyWaitMs } from '../../core/schedule-waits.ts'
import { noMetadata } from '../../core/video-metadata.ts'
import { randomAccessInBucket } from '../../media/metadata/random-access.ts'
import { pictureFault, readVideoMetadata, type VideoMetadataResult } from '../../media/metadata/video.ts'
import type { DeliveryDraft } from '../../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../../store/events.ts'
import type { Claim, ClaimedJob } from '../../store/jobs/claim.ts'
import type { Output, WaitingOutput } from '../../store/jobs/outputs.ts'
import { applyChanges, changes, type Step } from '../../store/jobs/step.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import { deliveriesFor } from '../settle/notify.ts'
import { settle } from '../settle/settle.ts'
import { type FetchedOutput, fetchOutput, graceMs } from './fetch-output.ts'

export async function save(context: Context, claim: Claim): Promise<Step> {
  const { job, tasks, outputs } = claim
  const startedAt = context.now()
  const waited = outputs
    .filter((output) => output.status === 'waiting')
    .map((output) => {
      const task = tasks.find(({ n }) => n === output.taskN)
      return { output, task, waitMs: graceMs(task, startedAt) }
    })
  // The least tried first: one whose source is in trouble does not hold up the others.
  const [next] = waited.sort((a, b) => a.output.attempts - b.output.attempts || a.waitMs - b.waitMs)
  if (next === undefined) return settle(context, claim, changes())
  const { output, task, waitMs } = next
  // Its upload, when it comes, makes the job due at once.
  if (waitMs > 0) return { ...changes(), status: 'storing', next: { waitMs } }

  const isDeadly = await isHeaderDeadly(context, job, output.n, task)
  const got = await fetchOutput(context, job, output, task)
  const durationMs = context.now() - startedAt
  const header =
    got.kept.ok && !isDeadly
      ? await readVideoMetadata(randomAccessInBucket(context.bucket, got.kept.value))
      : unread
  const obtained = await onlyWithPicture(context, got, header)
  const { kept, road } = obtained
  const result = resultOf(output, obtained, header, context.now())
  const events = result.status === 'waiting' ? [] : [outputEvent(result, road, header, context.now())]
  context.log('output.stored', {
    ...{ job_id: job.id, provider: task?.provider, output: output.n, attempt: output.attempts + 1 },
    ...{ road, duration_ms: durationMs, bytes: kept.ok ? kept.value.bytes : undefined },
    fault: kept.ok ? undefined : kept.fault.code,
    header_trouble: kept.ok ? (header.trouble ?? undefined) : undefined,
  })

  const known = applyChanges(claim, { tasks: [], outputs: [result] })
  const told = await Promise.all(events.map((event) => tellStored(context, known, result, event)))
  const saved = changes({ outputs: [result], events, deliveries: told.flat() })
  const waiting = known.outputs.filter(({ status }) => status === 'waiting')
  if (waiting.length === 0) return settle(context, claim, saved)
  const isFresh = waiting.some(({ attempts }) => attempts < result.attempts) || result.status !== 'waiting'
  const againMs = copyWaitMs(result.attempts) ?? 0
  return { ...saved, status: 'storing', next: isFresh ? 'now' : { waitMs: againMs } }
}

const unread: VideoMetadataResult = {
  facts: noMetadata,
  trouble: 'reading it once ended the step before its time',
  isWithoutPicture: false,
}

/** By whichever road it came, a file without a picture is not kept: the other road, or a fresh link, may lead to one. */
async function onlyWithPicture(
  { bucket }: Context,
  obtained: FetchedOutput,
  header: VideoMetadataResult,
): Promise<FetchedOutput> {
  const why = pictureFault(header)
  if (why === null || !obtained.kept.ok) return obtained
  await bucket.delete(obtained.kept.value.key)
  return { ...obtained, kept: { ok: false, fault: why } }
}

/**
 * A step that died with this output stored already may have died of its header, which can ask for more memory than
 * there is: it is not read again.
 */
async function isHeaderDeadly(
  { bucket }: Context,
  job: ClaimedJob,
  n: number,
  task: Task | undefined,
): Promise<boolean> {
  if (!job.isTakenOver) return false
  if (task?.receivedVideo != null) return true
  const prefix = jobPrefix(job.id)
  const { objects } = await bucket.list({ prefix: `${prefix}${n}.`, limit: 1 })
  return objects.length > 0
}

async function tellStored(
  context: Context,
  claim: Claim,
  output: Output,
  event: EventDraft,
): Promise<DeliveryDraft[]> {
  if (output.status !== 'stored') return []
  return deliveriesFor(context, claim, { ...event, type: 'output.stored' }, output.n)
}

function resultOf(
  output: WaitingOutput,
  { kept, sourceUrl, isUnconfirmed }: FetchedOutput,
  { facts }: VideoMetadataResult,
  nowMs: number,
): Output {
  const attempts = output.attempts + 1
  const known = { ...output, sourceUrl, isUnconfirmed, attempts }
  if (kept.ok) {
    return { ...known, ...kept.value, status: 'stored', storedAt: nowMs, facts }
  }
  const isOver = !isRetryable(kept.fault.code) || copyWaitMs(attempts) === null
  if (isOver) return { ...known, status: 'failed', fault: kept.fault }
  return known
}

function outputEvent(
  output: Exclude<Output, WaitingOutput>,
  road: FetchedOutput['road'],
  { trouble }: VideoMetadataResult,
  nowMs: number,
) {
  const { n } = output
  switch (output.status) {
    case 'stored': {
      const { bytes, sha256, facts, isUnconfirmed } = output
      const said = {
        ...{ n, road, bytes, sha256, ...viewMetadata(facts) },
        ...(isUnconfirmed && { unconfirmed: true }),
        ...(trouble && { header_trouble: trouble }),
      }
      return draftEvent('output.stored', said, nowMs)
    }
    case 'failed':
      return draftEvent(
        'output.failed',
        { n, fault: output.fault.code, message: output.fault.message },
        nowMs,
      )
  }
}
