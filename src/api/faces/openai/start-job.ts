/** Starts a job at most once, however often its client repeats the request because a response was lost. */
import type { Context as HonoContext } from 'hono'
import { sha256 } from '../../../core/crypto/derived-keys.ts'
import type { JobView } from '../../../core/job/view-schema.ts'
import { canonical } from '../../../core/request/fingerprint.ts'
import { mediaOf } from '../../../core/request/media.ts'
import { repetitionMs } from '../../../core/schedule/jobs.ts'
import { keyOfStart } from '../../../store/starts.ts'
import type { AssetView } from '../../assets/assets.ts'
import { fingerprintHeader } from '../../jobs/create.ts'
import type { FieldFault } from '../../problems.ts'
import type { FaceEnv } from '../face.ts'
import { refuse, renamed } from '../names.ts'
import { given, type Translation } from './translate.ts'
import { viewVideo } from './video.ts'

type C = HonoContext<FaceEnv>

export interface Start {
  /** The fields of the dialect, as they were sent: equal requests have equal ones. */
  asked: unknown
  asset: AssetView | null
  translation: Translation
  faults: FieldFault[]
  arrivedAt: number
}

export async function startJob(c: C, start: Start): Promise<Response> {
  const { asset, translation } = start
  const headers = await headersOrRefusal(c, start)
  if (headers instanceof Response) return headers
  const body = JSON.stringify(translation.request)
  const response = await c.get('api').open('/v1/jobs', { method: 'POST', body, headers })
  if (!response.ok) {
    // From 500 on the job may be accepted: a repetition finds out.
    if (response.status < 500) await deleteAsset(c, asset)
    return renamed(response, translation.names)
  }
  const job = await response.json<JobView>()
  // An equal request was first, and its job has an asset of its own.
  if (!mediaOf(job.request).some(({ value }) => value === asset?.id)) await deleteAsset(c, asset)
  return showVideo(c, job)
}

/** A refusal, or a failure, leaves no asset: no job can have it yet. */
async function headersOrRefusal(c: C, start: Start): Promise<Record<string, string> | Response> {
  try {
    const { translation } = start
    const faults = [...start.faults, ...translation.faults]
    if (faults.length === 0) return await headersOf(c, start)
    const refusal = await refuse(c, { ...translation, faults })
    await deleteAsset(c, start.asset)
    return refusal
  } catch (error) {
    await deleteAsset(c, start.asset)
    throw error
  }
}

async function headersOf(c: C, { asked, asset, arrivedAt }: Start): Promise<Record<string, string>> {
  const fingerprint = await sha256(canonical([asked, asset?.sha256 ?? null]))
  return {
    'content-type': 'application/json',
    'idempotency-key': await idempotencyKeyOf(c, fingerprint, arrivedAt),
    [fingerprintHeader]: fingerprint,
  }
}

/** Python's client waits this long before it asks for a video again. */
const pollAfterMs = 3_000

export function showVideo(c: C, job: JobView): Response {
  if (job.settled_at === null) c.header('openai-poll-after-ms', String(pollAfterMs))
  return c.json(viewVideo(job, c.get('context').config.publicBaseUrl))
}

async function idempotencyKeyOf(c: C, fingerprint: string, arrivedAt: number): Promise<string> {
  const own = given(c.req.header('idempotency-key'))
  if (typeof own === 'string') return own
  const { db, now } = c.get('context')
  const isRepetition = repeats(c)
  const start = {
    apiKeyId: c.get('caller').keyId,
    fingerprint,
    startedAt: now(),
    idempotencyKey: `start_${crypto.randomUUID()}`,
    isRepetition,
  }
  return keyOfStart(db, start, isRepetition ? now() - repetitionMs : arrivedAt)
}

/** OpenAI's clients say so when they send a request again. */
export function repeats(c: C): boolean {
  return Number(c.req.header('x-stainless-retry-count') ?? 0) >= 1
}

async function deleteAsset(c: C, asset: AssetView | null): Promise<void> {
  if (asset !== null) await c.get('api').send('DELETE', `/v1/assets/${asset.id}`)
}
