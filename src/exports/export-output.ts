/**
 * exportOutput: one attempt to copy a stored output to the export bucket. R2 stays the truth: the copy is made from the
 * object there, under the same checksum. The schedule is that of deliveries, whatever the bucket answers, because an
 * operator can correct credentials and permissions. Copying again is harmless: the same bytes get the same key.
 */
import type { Context } from '../context.ts'
import { type DueExport, type ExportTarget, exportKey, exportUrl, type OutputExport } from '../core/export.ts'
import { noConnectionWaitMs } from '../core/schedule/deliveries.ts'
import { deliveryWaitMs } from '../core/schedule/waits.ts'
import { maxRetryAfterMs } from '../deliveries/next-attempt.ts'
import { deliveriesFor } from '../engine/settle/notify.ts'
import { describeError } from '../log.ts'
import type { DeliveryDraft } from '../store/deliveries/claim.ts'
import { draftEvent, type EventDraft } from '../store/events.ts'
import { type ClaimedExport, claimExport, commitExport } from '../store/exports/claim.ts'
import { isLeaseLost } from '../store/lease.ts'
import { noResponse, type PutResult, putObject } from './put-object.ts'

export async function exportOutput(context: Context, due: DueExport): Promise<void> {
  const { config, dbOf, now } = context
  // Exporting was turned off: the export waits until it is turned on again.
  if (config.exportTarget === null) return
  const claimed = await claimExport(dbOf(due.jobId), due, crypto.randomUUID(), now())
  if (claimed !== null) await attempt(context, config.exportTarget, claimed)
}

async function attempt(context: Context, target: ExportTarget, claimed: ClaimedExport): Promise<void> {
  const startedAt = context.now()
  const { output } = claimed
  const key = exportKey(target, output)
  const result = await put(context, target, { ...output, objectKey: output.key, key })
  const after = await outcomeOf(context, claimed, result, { key, url: exportUrl(target, key) })
  const { row, events, deliveries } = after
  context.log('export.attempted', {
    job_id: output.jobId,
    output: output.n,
    attempt: row.attempts,
    duration_ms: context.now() - startedAt,
    bytes: output.bytes,
    status: result === 'no_connection' ? undefined : result.status,
    next: row.status,
    error: row.error ?? undefined,
  })
  try {
    await commitExport(context.dbOf(output.jobId), claimed, { row, events, deliveries }, context.now())
  } catch (error) {
    // The job was erased, or another attempt began when this lease expired and records its own result.
    if (isLeaseLost(error)) return
    throw error
  }
  await context.queues.deliveries(deliveries.map(({ id }) => id))
  if (row.dueAt !== null) {
    await context.queues.exports([{ jobId: output.jobId, n: output.n }], row.dueAt - context.now())
  }
}

/** An unexpected error is a failed attempt, so the schedule continues and ends. */
async function put(
  context: Context,
  target: ExportTarget,
  video: {
    jobId: string
    objectKey: string
    key: string
    contentType: string
    bytes: number
    sha256: string
  },
): Promise<PutResult | 'no_connection'> {
  try {
    const object = await context.bucket.get(video.objectKey)
    if (object === null) return noResponse('the video is missing from R2')
    return await putObject(context, target, { ...video, body: object.body })
  } catch (error) {
    context.log('export.failed', { job_id: video.jobId, error: describeError(error) })
    return noResponse('an unexpected error on this side, which is in the log')
  }
}

interface Outcome {
  row: OutputExport & { dueAt: number | null }
  events: EventDraft[]
  deliveries: DeliveryDraft[]
}

async function outcomeOf(
  context: Context,
  claimed: ClaimedExport,
  result: PutResult | 'no_connection',
  place: { key: string; url: string },
): Promise<Outcome> {
  const nowMs = context.now()
  const { output } = claimed
  const pending = { status: 'pending', error: null, key: null, url: null, exportedAt: null } as const
  if (result === 'no_connection') {
    const row = { ...pending, attempts: claimed.attempts, dueAt: nowMs + noConnectionWaitMs }
    return { row, events: [], deliveries: [] }
  }
  const attempts = claimed.attempts + 1
  const { error } = result
  if (error === null) {
    const row: Outcome['row'] = {
      ...place,
      status: 'exported',
      attempts,
      error,
      exportedAt: nowMs,
      dueAt: null,
    }
    return { row, ...(await exportedEvent(context, claimed, row)) }
  }
  const waitMs = deliveryWaitMs(attempts, context.chance(), result.pace)
  if (waitMs === null) {
    const row = { ...pending, status: 'failed', attempts, error, dueAt: null } as const
    const event = draftEvent('output.export_failed', { n: output.n, attempts, error }, nowMs)
    return { row, events: [event], deliveries: [] }
  }
  const retryAfterMs = Math.min(result.retryAfterMs ?? 0, maxRetryAfterMs)
  const row = { ...pending, attempts, error, dueAt: nowMs + Math.max(waitMs, retryAfterMs) }
  return { row, events: [], deliveries: [] }
}

async function exportedEvent(
  context: Context,
  { job, tasks, outputs, output }: ClaimedExport,
  row: OutputExport,
): Promise<Pick<Outcome, 'events' | 'deliveries'>> {
  const { n, bytes, sha256 } = output
  const data = { n, url: row.url, key: row.key, bytes, sha256 }
  const event = draftEvent('output.exported', data, context.now())
  const after = outputs.map((one) => (one.n === n ? { ...one, export: row } : one))
  const deliveries = await deliveriesFor(
    context,
    { job, tasks, outputs: after },
    { ...event, type: 'output.exported' },
    { output: n },
  )
  return { events: [event], deliveries }
}
