/** Uploads an asset: the first bytes determine its kind, the kind sets its limit, and the file streams into R2. */
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { newId } from '../core/id.ts'
import type { MediaKind } from '../core/request/media.ts'
import { brokenTextFault } from '../core/request/text.ts'
import { uploadKey } from '../core/retention.ts'
import { openForm } from '../media/form/form.ts'
import { fileNameIn } from '../media/form/header-params.ts'
import { readInputMetadata } from '../media/metadata/input.ts'
import { randomAccessInBucket } from '../media/metadata/random-access.ts'
import { contentTypes, essenceOf, fileTypeOf } from '../media/sniff/file-type.ts'
import { announcedLength, type ByteSource, sourceOf } from '../media/source.ts'
import { readStart, writeObject } from '../media/write.ts'
import { type Asset, insertAsset } from '../store/assets.ts'

const mebibytes = 1024 * 1024

/** The largest upload of each kind, in bytes. */
export const maxBytesByKind: Record<MediaKind, number> = {
  // The providers agree that the model accepts images below 30 MB and audio below 15 MB.
  image: 30 * mebibytes,
  audio: 15 * mebibytes,
  // Providers document 50 MB and more for videos and enforce it themselves. Below the Enterprise plan, Cloudflare
  // passes no larger body to a Worker.
  video: 200 * mebibytes,
}

/** The largest form. It has room for boundaries and headers, and for some text. */
export const maxFormBytes = Math.max(...Object.values(maxBytesByKind)) + 2 * mebibytes

/** `path` is the faulty field if it is not the file itself. */
type UploadResult<T> = Result<T> | { ok: false; fault: Fault; path: 'file_name' }

/**
 * Stores the body of a request, a file or a form with one file, as a new asset. A failure leaves nothing in R2 or D1:
 * `bad_request` (no file, or more than one), `media_wrong_type`, `media_too_large`, `media_truncated`.
 */
export async function uploadAsset(
  { dbOf, bucket, now, log }: Context,
  { caller, shard }: { caller: Pick<Caller, 'keyId' | 'project'>; shard: number },
  request: Request,
): Promise<UploadResult<Asset>> {
  const id = newId('asset', shard)
  const startedAt = now()
  const stored = await storeFile(bucket, uploadKey(id), request)
  log('asset.stored', {
    asset_id: id,
    duration_ms: now() - startedAt,
    ...(stored.ok ? { kind: stored.value.kind, bytes: stored.value.bytes } : { fault: stored.fault.code }),
  })
  if (!stored.ok) return stored
  const asset: Asset = {
    id,
    apiKeyId: caller.keyId,
    project: caller.project,
    ...stored.value,
    createdAt: now(),
    jobId: null,
    key: null,
    lostAt: null,
  }
  try {
    await insertAsset(dbOf(id), asset)
  } catch (error) {
    await bucket.delete(uploadKey(id))
    throw error
  }
  return ok(asset)
}

type StoredFile = Omit<Asset, 'id' | 'apiKeyId' | 'project' | 'createdAt' | 'jobId' | 'key' | 'lostAt'>

async function storeFile(bucket: R2Bucket, key: string, request: Request): Promise<UploadResult<StoredFile>> {
  const opened = await openUpload(request)
  if (!opened.ok) return opened
  const { source, fileName } = opened.value
  const nameFault = fileName === null ? null : brokenTextFault(fileName, 'name')
  if (nameFault !== null) return { ...fail('bad_request', nameFault), path: 'file_name' }
  const start = await readStart(source)
  if (!start.ok) return start
  if (start.value.length === 0) return fail('bad_request', 'The file is empty.')
  const declared = essenceOf(source.contentType)
  if (declared === 'application/x-www-form-urlencoded') return formEncoded
  const fileType = fileTypeOf(start.value, declared)
  if (fileType === null) return wrongType
  const { kind, contentType } = fileType
  const destination = { key, contentType, maxBytes: maxBytesByKind[kind] }
  const settings = { bucket, onProgress: async () => undefined }
  const written = await writeObject(settings, source, start.value, destination)
  if (!written.ok) return written.fault.code === 'media_too_large' ? tooLarge(kind) : written
  const { bytes, sha256 } = written.value
  const metadata = await readInputMetadata(kind, randomAccessInBucket(bucket, { key, bytes }))
  return ok({ kind, contentType, bytes, sha256, fileName, ...metadata })
}

async function openUpload(
  request: Request,
): Promise<Result<{ source: ByteSource; fileName: string | null }>> {
  const { headers, body } = request
  if (body === null) return fail('bad_request', 'The body is empty.')
  const contentType = headers.get('content-type') ?? ''
  const source = sourceOf(body, { length: announcedLength(headers), contentType })
  if (essenceOf(contentType) !== 'multipart/form-data') {
    return ok({ source, fileName: fileNameIn(headers.get('content-disposition') ?? '') })
  }
  const form = await openForm(source, contentType, { maxBytes: maxFormBytes, fileField: 'file' })
  if (!form.ok) return form
  if (form.value === null) throw new Error('a form without a file is refused')
  return ok({ source: form.value.source, fileName: fileNameIn(form.value.headers.disposition) })
}

const wrongType = fail(
  'media_wrong_type',
  `The file begins as none of the accepted types: ${contentTypes.join(', ')}.`,
)

// `curl -d` strips line breaks from a file, which damages it.
const formEncoded = fail(
  'media_wrong_type',
  'The file is labelled application/x-www-form-urlencoded. Send it with its media type; in curl, use --data-binary.',
)

function tooLarge(kind: MediaKind) {
  const maxBytes = maxBytesByKind[kind]
  return fail(
    'media_too_large',
    `A file of kind ${kind} may have at most ${maxBytes / mebibytes} MiB (${maxBytes} bytes).`,
  )
}
