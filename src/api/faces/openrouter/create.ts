/** POST /videos: makes a job of the request. The Idempotency-Key of the request is that of the job. */
import type { Context as HonoContext } from 'hono'
import type { JobView } from '../../../core/job/view-schema.ts'
import { mapMedia, mediaOf } from '../../../core/request/media.ts'
import type { FaceEnv } from '../face.ts'
import { readJsonObject } from '../json-object.ts'
import { refuse, renamed } from '../names.ts'
import { type Translation, translate } from './translate.ts'
import { deleteUploads, isLongFile, withUploads } from './uploads.ts'
import { viewVideo } from './video.ts'

// Pictures come embedded in the request, and are in memory three times.
const maxBodyBytes = 8 * 1024 * 1024

export async function createVideo(c: HonoContext<FaceEnv>): Promise<Response> {
  const body = await readJsonObject(c, maxBodyBytes)
  if (body instanceof Response) return body
  const translation = translate(c.get('context'), body)
  return translation.faults.length > 0 ? refuseShortened(c, translation) : send(c, translation)
}

/** A file that is too long for a job is checked as the link that it would become. */
function refuseShortened(c: HonoContext<FaceEnv>, { request, media, ...rest }: Translation) {
  const standIn = `${c.get('context').config.publicBaseUrl}/v1/assets/embedded/content`
  const short = mapMedia(media, (value) => (isLongFile(value) ? standIn : value))
  return refuse(c, { ...rest, request: { ...short, ...request } })
}

async function send(c: HonoContext<FaceEnv>, { request, media, names }: Translation): Promise<Response> {
  const api = c.get('api')
  const uploads = await withUploads(api, media)
  if (uploads.refusal !== null) {
    await deleteUploads(api, uploads.assetIds)
    return uploads.refusal
  }
  const key = c.req.header('idempotency-key')
  const response = await api.open('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    body: JSON.stringify({ ...uploads.media, ...request }),
  })
  if (!response.ok) {
    // Otherwise the job may exist.
    if (response.status < 500) await deleteUploads(api, uploads.assetIds)
    return renamed(response, names)
  }
  const job = await response.json<JobView>()
  const used = mediaOf(job.request).map(({ value }) => value)
  await deleteUploads(
    api,
    uploads.assetIds.filter((id) => !used.includes(id)),
  )
  const headers = new Headers()
  const replayed = response.headers.get('idempotent-replayed')
  if (replayed !== null) headers.set('idempotent-replayed', replayed)
  return Response.json(viewVideo(job, c.get('context').config.publicBaseUrl), { status: 202, headers })
}
