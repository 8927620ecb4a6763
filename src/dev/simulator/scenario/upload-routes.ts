/** `/uploads`: announce a file, send its parts, complete it, wait until it is an asset. */

import { Hono } from 'hono'
import { z } from 'zod'
import { type Directives, dueFault, readDirectives } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { newId } from './id.ts'
import { partLinks } from './part-routes.ts'
import { invalid, refusal } from './responses.ts'
import { importFault, receivedBytes, type Upload, uploadStatus } from './upload.ts'

export function uploadRoutes(world: World): Hono {
  const app = new Hono()

  app.post('/', async (c) => {
    const read = announcement.safeParse(parseJson(await c.req.text()))
    if (!read.success) return invalid(read.error)
    const directed = readDirectives(read.data.fileName)
    if (!directed.ok) return refusal(400, `fileName: ${directed.message}`)
    const upload = announce(world, read.data, directed.directives.import)
    return Response.json({ upload: view(world, upload) })
  })

  app.get('/:uploadId', (c) => {
    const upload = world.uploads.get(c.req.param('uploadId'))
    if (upload === undefined) return refusal(404, 'There is no such upload')
    record(world, { provider: 'scenario', what: 'import.polled', taskId: upload.uploadId })
    const polled = upload.completedAt !== undefined ? { ...upload, polls: upload.polls + 1 } : upload
    world.uploads.set(upload.uploadId, polled)
    return Response.json({ upload: view(world, polled) })
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
  directive: Directives['import'],
): Upload {
  const { kind, fileName, contentType, fileSize } = file
  const fault =
    typeof directive === 'number' ? undefined : dueFault(directive, world.count(`import ${fileName}`))
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
      typeof directive === 'number' ? directive * 1_000 : fault === 'never' ? Number.POSITIVE_INFINITY : 0,
    isForgotten: fault === 'lost',
    polls: 0,
  }
  world.uploads.set(upload.uploadId, upload)
  record(world, { provider: 'scenario', what: 'import.announced', taskId: upload.uploadId })
  return upload
}

function complete(world: World, upload: Upload): Response {
  if (upload.completedAt !== undefined) return refusal(400, 'The upload is already complete')
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
    ...(status === 'failed' && { errorMessage: importFault(upload) }),
  }
}

const announcement = z.strictObject({
  // Scenario has more kinds (models, texts, 3D); the simulator refuses them.
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
