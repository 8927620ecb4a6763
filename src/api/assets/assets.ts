/** /v1/assets: upload input media, show what was uploaded, delete it. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { maxBytesByKind, uploadAsset } from '../../assets/upload.ts'
import { type Fault, isMediaFault, type MediaFaultCode } from '../../core/fault.ts'
import { isAssetId, mediaKinds } from '../../core/request/media.ts'
import { uploadKey } from '../../core/retention.ts'
import { type Asset, deleteAsset, findAsset } from '../../store/jobs/assets.ts'
import { type ProblemCode, problem, problemResponse, withoutKey, withUnaskedBody } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'

const assetSchema = z
  .object({
    id: z.string().meta({ example: 'asset_01kbk6v3x6f9ja8c6mphr3z4aw' }),
    kind: z.enum(mediaKinds),
    content_type: z.string().openapi({ description: 'By its first bytes.', example: 'image/png' }),
    bytes: z.int(),
    sha256: z.string(),
    file_name: z.string().nullable().openapi({ description: 'As the upload called it, if it did.' }),
    job_id: z.string().nullable().openapi({
      description: 'The job in whose request it was embedded: it can be used by no other, and goes with it.',
    }),
    width: z.int().nullable().openapi({
      description: "This and what follows is read from the file's header; null where that does not tell.",
    }),
    height: z.int().nullable(),
    duration_seconds: z.number().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('Asset')

const binary = { type: 'string', format: 'binary' } as const

const limits = Object.entries(maxBytesByKind).map(([kind, bytes]) => `${kind} ${bytes / 1024 ** 2} MiB`)

const upload = createRoute({
  method: 'post',
  path: '/',
  summary: 'Upload input media',
  description: `The body is the file, or a form with the file in its one field "file". The id is usable wherever a job's request takes the URL of media. At most: ${limits.join(', ')}.`,
  request: {
    body: {
      required: true,
      // Plain schemas, not zod's: nobody may read the body before it is streamed.
      content: {
        'image/*': { schema: binary },
        'video/*': { schema: binary },
        'audio/*': { schema: binary },
        'application/octet-stream': { schema: binary },
        'multipart/form-data': {
          schema: { type: 'object', properties: { file: binary }, required: ['file'] },
        },
      },
    },
  },
  responses: {
    ...withoutKey,
    201: { description: 'The asset.', content: { 'application/json': { schema: assetSchema } } },
    400: problemResponse('The body broke off, or is not as long as announced, or is no form.'),
    413: problemResponse('The file is larger than its kind may be.'),
    415: problemResponse('The file is of no type that is taken, or not of the declared one.'),
    422: problemResponse('There is no file, or it is empty, or there are several.'),
  },
})

const params = z.object({ id: z.string() })

const show = createRoute({
  method: 'get',
  path: '/{id}',
  summary: 'Show an asset',
  request: { params },
  responses: {
    ...withoutKey,
    200: { description: 'The asset.', content: { 'application/json': { schema: assetSchema } } },
    404: problemResponse('There is no such asset.'),
  },
})

const remove = createRoute({
  method: 'delete',
  path: '/{id}',
  summary: 'Delete an asset',
  description: 'A job that still needs it fails. Deleting it again is harmless.',
  request: { params },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    204: { description: 'It is gone.' },
    404: problemResponse('That is no id of an asset, or of one that goes with its job.'),
  },
})

export const assetRoutes = createRouter()

assetRoutes.openapi(upload, async (c) => {
  const uploading = uploadAsset(c.get('context'), c.get('apiKeyId'), c.req.raw)
  // A caller that hangs up ends this invocation; what was begun in R2 is to be ended in order all the same.
  c.executionCtx.waitUntil(Promise.allSettled([uploading]))
  const asset = await uploading
  if (!asset.ok) return refuse(c, asset.fault, 'path' in asset ? asset.path : 'file')
  c.header('location', `/v1/assets/${asset.value.id}`)
  return c.json(view(asset.value), 201)
})

assetRoutes.openapi(show, async (c) => {
  const asset = await findAsset(c.get('context').db, c.req.valid('param').id)
  return asset === null ? problem(c, 'not_found', 'There is no such asset.') : c.json(view(asset), 200)
})

// Running this twice is harmless: what is gone is gone. The row goes last, so that no object is left without one.
assetRoutes.openapi(remove, async (c) => {
  const { db, bucket, forget, log } = c.get('context')
  const { id } = c.req.valid('param')
  if (!isAssetId(id)) return problem(c, 'not_found', 'There is no such asset.')
  const asset = await findAsset(db, id)
  if (asset !== null && asset.jobId !== null)
    return problem(c, 'not_found', 'It came in the request of a job: it goes with that.')
  await bucket.delete(uploadKey(id))
  await forget(id)
  await deleteAsset(db, id)
  log('asset.deleted', { asset_id: id })
  return c.body(null, 204)
})

function refuse(c: HonoContext<ApiEnv>, { code, message }: Fault, path: string) {
  const problemCode = isMediaFault(code) ? problemCodes[code] : 'invalid_request'
  return problemCode === 'invalid_request'
    ? problem(c, 'invalid_request', 'Nothing was kept.', [{ path, message }])
    : problem(c, problemCode, `${message} Nothing was kept.`)
}

const problemCodes: Record<MediaFaultCode, ProblemCode> = {
  media_too_large: 'too_large',
  media_wrong_type: 'unsupported_media_type',
  media_truncated: 'unreadable_body',
  media_unavailable: 'invalid_request',
  media_expired: 'invalid_request',
  media_forbidden: 'invalid_request',
  media_host_unlisted: 'invalid_request',
}

function view(asset: Asset): z.infer<typeof assetSchema> {
  return {
    id: asset.id,
    kind: asset.kind,
    content_type: asset.contentType,
    bytes: asset.bytes,
    sha256: asset.sha256,
    file_name: asset.fileName,
    job_id: asset.jobId,
    width: asset.width,
    height: asset.height,
    duration_seconds: asset.durationSeconds,
    created_at: new Date(asset.createdAt).toISOString(),
  }
}
