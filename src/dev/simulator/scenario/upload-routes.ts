/** `/uploads`: announce a file, send its parts, say that they are all there, wait until it is an asset. */

import { Hono } from 'hono'
import { z } from 'zod'
import { type Directives, dueFault, readDirectives } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { invalid, refusal } from './answers.ts'
import { newId } from './id.ts'
import { partLinks } from './part-routes.ts'
import { complaintOf, receivedBytes, type Upload, uploadStatus } from './upload.ts'

export function uploadRoutes(world: World): Hono {
  const app = new Hono()

  app.post('/', async (c) => {
    const read = announcement.safeParse(parseJson(await c.req.text()))
    if (!read.success) return invalid(read.error)
    const directed = readDirectives(read.data.fileName)
    if (!directed.ok) return refusal(400, `fileName: ${directed.complaint}`)
    const upload = announce(world, read.data, directed.directives.import)
    return Response.json({ upload: view(world, upload) })
  })

  app.get('/:uploadId', (c) => {
    const upload = world.uploads.get(c.req.param('uploadId'))
    if (upload === undefined) return refusal(404, 'There is no such upload')
    record(world, { provider: 'scenario', what: 'import.asked', taskId: upload.uploadId })
    const looked = upload.completedAt !== undefined ? { ...upload, looks: upload.looks + 1 } : upload
    world.uploads.set(upload.uploadId, looked)
    return Response.json({ upload: view(world, looked) })
  })

  app.post('/:uploadId/action', async (c) => {
    const upload = world.uploads.get(c.req.param('uploadId'))
    if (upload === undefined) return refusal(404, 'There is no such upload')
    const read = action.safeParse(parseJson(await c.req.text()))
    if (!read.success) return invalid(read.error)
    return complete(world, upload)
  })
  return app
}

function announce(
  world: World,
  { parts, ...file }: z.output<typeof announcement>,
  slowness: Directives['import'],
): Upload {
  const { kind, fileName, contentType, fileSize } = file
  const fault =
    typeof slowness === 'number' ? undefined : dueFault(slowness, world.count(`import ${fileName}`))
  const upload: Upload = {
    uploadId: newId('upload'),
    entityId: newId('asset'),
    kind,
    fileName,
    contentType,
    fileSize,
    partCount: parts,
    createdAt: world.edges.now(),
    received: new Map(),
    completedAt: undefined,
    importMs:
      typeof slowness === 'number' ? slowness * 1_000 : fault === 'never' ? Number.POSITIVE_INFINITY : 0,
    isForgotten: fault === 'lost',
    looks: 0,
  }
  world.uploads.set(upload.uploadId, upload)
  record(world, { provider: 'scenario', what: 'import.announced', taskId: upload.uploadId })
  return upload
}

function complete(world: World, upload: Upload): Response {
  if (upload.completedAt !== undefined) return refusal(400, 'The upload is complete already')
  if (upload.received.size < upload.partCount) {
    return refusal(400, `${upload.received.size} of ${upload.partCount} parts have arrived`)
  }
  const bytes = receivedBytes(upload)
  if (bytes !== upload.fileSize) {
    return refusal(400, `fileSize: ${upload.fileSize} bytes were announced and ${bytes} have arrived`)
  }
  const completed = { ...upload, completedAt: world.edges.now() }
  if (upload.isForgotten) world.uploads.delete(upload.uploadId)
  else world.uploads.set(upload.uploadId, completed)
  return Response.json({ upload: { ...view(world, completed), status: 'complete' } })
}

function view(world: World, upload: Upload) {
  const status = uploadStatus(upload, world.edges.now())
  return {
    id: upload.uploadId,
    kind: upload.kind,
    fileName: upload.fileName,
    contentType: upload.contentType,
    fileSize: upload.fileSize,
    status,
    createdAt: new Date(upload.createdAt).toISOString(),
    ...(status === 'pending' && { parts: partLinks(world, upload) }),
    ...(status === 'imported' && { entityId: upload.entityId }),
    ...(status === 'failed' && { errorMessage: complaintOf(upload) }),
  }
}

const announcement = z.strictObject({
  // There are more kinds (models, texts, 3D); the simulator imports none of them, and says so.
  kind: z.enum(['image', 'video', 'audio', 'asset']),
  fileName: z.string().min(1),
  contentType: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/),
  fileSize: z.int().min(1),
  parts: z.int().min(1).max(10_000),
  assetOptions: z
    .strictObject({
      collectionIds: z.array(z.string()).optional(),
      parentId: z.string().optional(),
      hide: z.boolean().optional(),
    })
    .optional(),
})

const action = z.strictObject({ action: z.literal('complete') })
