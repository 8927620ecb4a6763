/** POST /videos: makes a job of the request. The Idempotency-Key of the request is that of the job. */
import type { Context as HonoContext } from 'hono'
import type { JobView } from '../../../core/job/view-schema.ts'
import { mapMedia, mediaOf } from '../../../core/request/media.ts'
import type { Problem } from '../../in-process.ts'
import { faultsOf, notAccepted } from '../../jobs/request.ts'
import { problem } from '../../problems.ts'
import type { FaceEnv } from '../face.ts'
import { readJsonObject } from '../json-object.ts'
import { nameOf, type Translation, translate } from './translate.ts'
import { deleteUploads, isLongFile, withUploads } from './uploads.ts'
import { viewVideo } from './video.ts'

// Pictures come embedded in the request, and are in memory three times.
const maxBodyBytes = 8 * 1024 * 1024

export async function createVideo(c: HonoContext<FaceEnv>): Promise<Response> {
  const body = await readJsonObject(c, maxBodyBytes)
  if (body instanceof Response) return body
  const translation = translate(c.get('context'), body)
  return translation.faults.length > 0 ? refuse(c, translation) : send(c, translation)
}

/** All faults at once: those of the dialect, and those that /v1 would find. */
async function refuse(c: HonoContext<FaceEnv>, { request, media, names, faults }: Translation) {
  const context = c.get('context')
  const standIn = `${context.config.publicBaseUrl}/v1/assets/embedded/content`
  const short = mapMedia(media, (value) => (isLongFile(value) ? standIn : value))
  const reported = new Set(faults.map(({ path }) => path))
  const others = (await faultsOf(context, c.get('caller'), { ...request, ...short }))
    .map(({ path, message }) => ({ path: nameOf(names, path), message }))
    .filter(({ path }) => !reported.has(path))
  return problem(c, 'invalid_request', notAccepted, [...faults, ...others])
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
    body: JSON.stringify({ ...request, ...uploads.media }),
  })
  if (!response.ok) {
    // Otherwise the job may exist.
    if (response.status < 500) await deleteUploads(api, uploads.assetIds)
    return inDialect(response, names)
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

/** The problem with the names that the client knows. */
async function inDialect(response: Response, names: ReadonlyMap<string, string>): Promise<Response> {
  const { errors, ...rest } = await response.json<Problem>()
  const renamed = errors?.map(({ path, message }) => ({ path: nameOf(names, path), message }))
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return new Response(JSON.stringify({ ...rest, ...(renamed && { errors: renamed }) }), {
    status: response.status,
    headers,
  })
}
