/** The signed links of a bucket that receive an upload's bytes. They need no other authorization. */

import { Hono } from 'hono'
import { sign } from '../sign.ts'
import { record, type World } from '../world.ts'
import { SNIFFED_BYTES } from './sniff.ts'
import { receivedBytes, type Upload } from './upload.ts'

const LINK_LIFETIME_MS = 3600_000

export function partLinks(world: World, upload: Upload) {
  const expiresAt = world.edges.now() + LINK_LIFETIME_MS
  return Array.from({ length: upload.partCount }, (_, index) => ({
    number: index + 1,
    url: partLink(world, upload, index + 1, String(expiresAt)),
    expires: new Date(expiresAt).toISOString(),
  }))
}

export function partRoutes(world: World): Hono {
  return new Hono().put('/:uploadId/:number', async (c) => {
    const upload = world.uploads.get(c.req.param('uploadId'))
    if (upload === undefined || upload.completedAt !== undefined) {
      return xmlError(404, 'NoSuchUpload', 'There is no such upload, or it is complete')
    }
    const part = c.req.param('number')
    const expires = c.req.query('expires') ?? ''
    if (c.req.query('signature') !== sign(`${upload.uploadId} ${part} ${expires}`)) {
      return xmlError(403, 'SignatureDoesNotMatch', 'The signature of the link is wrong')
    }
    if (world.edges.now() > Number(expires)) return xmlError(403, 'AccessDenied', 'Request has expired')
    if (c.req.header('authorization') !== undefined) {
      return xmlError(400, 'InvalidArgument', 'The signed link excludes an Authorization header')
    }
    return receive(world, upload, Number(part), new Uint8Array(await c.req.arrayBuffer()))
  })
}

/** A part that is sent twice counts once: the later bytes replace the earlier ones. */
function receive(world: World, upload: Upload, part: number, bytes: Uint8Array): Response {
  const latest = world.uploads.get(upload.uploadId) ?? upload
  const received = new Map(latest.received)
  received.set(part, { sizeBytes: bytes.length, head: bytes.slice(0, SNIFFED_BYTES) })
  const updated = { ...latest, received }
  if (receivedBytes(updated) > upload.fileSize) {
    return xmlError(400, 'EntityTooLarge', `More than the announced ${upload.fileSize} bytes`)
  }
  world.uploads.set(upload.uploadId, updated)
  record(world, { provider: 'scenario', what: 'import.sent', taskId: upload.uploadId })
  return new Response(null, { status: 200, headers: { etag: `"${crypto.randomUUID()}"` } })
}

function partLink(world: World, upload: Upload, part: number, expires: string): string {
  const query = new URLSearchParams({ expires, signature: sign(`${upload.uploadId} ${part} ${expires}`) })
  return `${world.edges.baseUrl}/scenario/parts/${upload.uploadId}/${part}?${query}`
}

function xmlError(status: number, code: string, message: string): Response {
  return new Response(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`, {
    status,
    headers: { 'content-type': 'application/xml' },
  })
}
