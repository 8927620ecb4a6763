/** /v1/assets: upload input media, show an asset, delete it. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { deleteUpload } from '../../assets/delete-upload.ts'
import { maxBytesByKind, uploadAsset } from '../../assets/upload.ts'
import { sees } from '../../core/access.ts'
import { type Fault, isMediaFault, type MediaFaultCode } from '../../core/fault.ts'
import { isAssetId, mediaKinds } from '../../core/request/media.ts'
import { shardsAtRandom } from '../../core/shards.ts'
import { type Asset, findAsset } from '../../store/assets.ts'
import { type ProblemCode, problem } from '../problems.ts'
import { shardWithRoom } from '../refuse-when-full.ts'
import { json, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'

const assetSchema = z
  .object({
    id: z.string().meta({ example: 'asset_01kbk6v3x6f9ja8c6mphr3z4aw' }),
    kind: z.enum(mediaKinds),
    content_type: z
      .string()
      .openapi({ description: 'Detected from the first bytes of the file.', example: 'image/png' }),
    bytes: z.int(),
    sha256: z.string(),
    file_name: z.string().nullable().openapi({ description: 'The name that came with the upload.' }),
    job_id: z.string().nullable().openapi({
      description:
        'The job whose request embedded this file. Only that job can use it, and it is erased with the job.',
    }),
    width: z.int().nullable().openapi({
      description:
        'Read from the header of the file, like height and duration_seconds; null if the header does not contain it.',
    }),
    height: z.int().nullable(),
    duration_seconds: z.number().nullable(),
    created_at: z.iso.datetime(),
  })
  .openapi('Asset')

const binary = { type: 'string', format: 'binary' } as const

const limits = Object.entries(maxBytesByKind).map(([kind, bytes]) => `${kind} ${bytes / 1024 ** 2} MiB`)

const upload = createRoute({
  operationId: 'uploadAsset',
  tags: ['Assets'],
  method: 'post',
  path: '/',
  summary: 'Upload input media',
  description: `The body is the file, or a form with the file in its only field, "file". Use the id of the asset in a job's request in place of a media URL. Size limits: ${limits.join(', ')}.`,
  request: {
    body: {
      required: true,
      // Plain schemas: zod's would make the validator read the body, which must be streamed.
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
    ...keyProblems,
    201: json('The asset.', assetSchema),
    400: problemResponse(
      'The body ended too early, differs from its Content-Length, or is not a valid form.',
      'unreadable_body',
    ),
    413: problemResponse('The file is larger than the limit of its kind.'),
    415: problemResponse('The type of the file is not supported, or differs from the declared type.'),
    422: problemResponse('The file is missing or empty, or there are several files.', 'invalid_request'),
    507: problemResponse('The database is almost full: nothing was stored.'),
  },
})

const params = z.object({ id: z.string() })

const show = createRoute({
  operationId: 'getAsset',
  tags: ['Assets'],
  method: 'get',
  path: '/{id}',
  summary: 'Show an asset',
  description:
    'Shows what is known of an uploaded asset, or of one that was a data: URI of a job. GET /v1/assets/{id}/content returns the file itself.',
  request: { params },
  responses: {
    ...keyProblems,
    200: json('The asset.', assetSchema),
    404: problemResponse('There is no such asset.'),
  },
})

const remove = createRoute({
  operationId: 'deleteAsset',
  tags: ['Assets'],
  method: 'delete',
  path: '/{id}',
  summary: 'Delete an asset',
  description:
    'A job that still needs the asset fails. Deleting an asset twice, or one of another project, returns the same response. Until the cache in front of the Worker is purged, normally within a minute, a signed link may still open a copy in it.',
  request: { params },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    204: { description: 'Deleted.' },
    404: problemResponse('The id is not the id of an asset, or the asset belongs to a job.'),
  },
})

export const assetRoutes = createRouter()

assetRoutes.openapi(upload, async (c) => {
  const context = c.get('context')
  const shard = await shardWithRoom(c, shardsAtRandom(context.chance(), context.databases.length))
  if (shard instanceof Response) return shard
  const uploading = uploadAsset(context, { caller: c.get('caller'), shard }, c.req.raw)
  // A caller that disconnects ends this invocation; the upload to R2 must still be completed or aborted.
  c.executionCtx.waitUntil(Promise.allSettled([uploading]))
  const asset = await uploading
  if (!asset.ok) return refuseUpload(c, asset.fault, 'path' in asset ? asset.path : 'file')
  c.header('location', `/v1/assets/${asset.value.id}`)
  return c.json(viewAsset(asset.value), 201)
})

assetRoutes.openapi(show, async (c) => {
  const { id } = c.req.valid('param')
  const asset = await findAsset(c.get('context').dbOf(id), id)
  return asset === null || !sees(c.get('caller'), asset)
    ? problem(c, 'not_found', 'There is no such asset.')
    : c.json(viewAsset(asset), 200)
})

// Idempotent: deleting what is already deleted succeeds.
assetRoutes.openapi(remove, async (c) => {
  const { id } = c.req.valid('param')
  if (!isAssetId(id)) return problem(c, 'not_found', 'There is no such asset.')
  const asset = await findAsset(c.get('context').dbOf(id), id)
  const caller = c.get('caller')
  // The same as for an asset that is deleted already, with the same work.
  if (caller.project !== null && (asset === null || !sees(caller, asset))) return c.body(null, 204)
  if (asset !== null && asset.jobId !== null)
    return problem(c, 'not_found', 'The asset was embedded in a job and is erased with that job.')
  const deletion = deleteUpload(c.get('context'), id)
  // A caller that disconnects ends this invocation, and the object must still be deleted.
  c.executionCtx.waitUntil(Promise.allSettled([deletion]))
  await deletion
  return c.body(null, 204)
})

export function refuseUpload(c: HonoContext, { code, message }: Fault, path: string) {
  const problemCode = isMediaFault(code) ? problemCodes[code] : 'invalid_request'
  return problemCode === 'invalid_request'
    ? problem(c, 'invalid_request', 'Nothing was stored.', [{ path, message }])
    : problem(c, problemCode, `${message} Nothing was stored.`)
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

export type AssetView = z.infer<typeof assetSchema>

export function viewAsset(asset: Asset): AssetView {
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
