/** An upload: its first bytes tell what it is, its kind sets its limit, and it streams into R2 as an asset. */
import type { Context } from '../context.ts'
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
import { type Asset, insertAsset } from '../store/jobs/assets.ts'

const mebibytes = 1024 * 1024

/** The largest upload of each kind, in bytes. */
export const maxBytesByKind: Record<MediaKind, number> = {
  // The model takes images below 30 MB and sounds below 15 MB, as its resellers agree.
  image: 30 * mebibytes,
  audio: 15 * mebibytes,
  // Of videos they name 50 MB and more, so that is the provider's to refuse. Below the Enterprise plan Cloudflare
  // passes no larger body to a Worker.
  video: 200 * mebibytes,
}

// What a form has beside its file: boundaries and headers.
const formBytes = 1 * mebibytes

/** A refusal names the field where it is not the file itself. */
type Upload<T> = Result<T> | { ok: false; fault: Fault; path: 'file_name' }

/**
 * Keeps the body of a request, the file itself or a form with the file in it, as a new asset, with what its header
 * tells. What fails leaves nothing in R2 or D1: `bad_request` (no file, or more than one), `media_wrong_type`,
 * `media_too_large`, `media_truncated`.
 */
export async function uploadAsset(
  { db, bucket, now, log }: Context,
  apiKeyId: string,
  request: Request,
): Promise<Upload<Asset>> {
  const id = newId('asset')
  const startedAt = now()
  const received = await receive(bucket, uploadKey(id), request)
  log('asset.stored', {
    ...{ asset_id: id, duration_ms: now() - startedAt },
    ...(received.ok
      ? { kind: received.value.kind, bytes: received.value.bytes }
      : { fault: received.fault.code }),
  })
  if (!received.ok) return received
  const own = { jobId: null, key: null, lostAt: null }
  const asset: Asset = { id, apiKeyId, ...received.value, createdAt: now(), ...own }
  try {
    await insertAsset(db, asset)
  } catch (error) {
    await bucket.delete(uploadKey(id))
    throw error
  }
  return ok(asset)
}

type Received = Omit<Asset, 'id' | 'apiKeyId' | 'createdAt' | 'jobId' | 'key' | 'lostAt'>

async function receive(bucket: R2Bucket, key: string, request: Request): Promise<Upload<Received>> {
  const opened = await openUpload(request)
  if (!opened.ok) return opened
  const { source, fileName } = opened.value
  const nameFault = fileName === null ? null : brokenTextFault(fileName, 'name')
  if (nameFault !== null) return { ...fail('bad_request', nameFault), path: 'file_name' }
  const start = await readStart(source)
  if (!start.ok) return start
  if (start.value.length === 0) return fail('bad_request', 'The file is empty.')
  const declared = essenceOf(source.contentType)
  if (declared === 'application/x-www-form-urlencoded') return asForm
  const fileType = fileTypeOf(start.value, declared)
  if (fileType === null) return wrongType
  const { kind, contentType } = fileType
  const destination = { key, contentType, maxBytes: maxBytesByKind[kind] }
  const kept = await writeObject(
    { bucket, onProgress: async () => undefined },
    source,
    start.value,
    destination,
  )
  if (!kept.ok) return kept.fault.code === 'media_too_large' ? tooLarge(kind) : kept
  const { bytes, sha256 } = kept.value
  const facts = await readInputMetadata(kind, randomAccessInBucket(bucket, { key, bytes }))
  return ok({ kind, contentType, bytes, sha256, fileName, ...facts })
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
  const form = await openForm(source, contentType, Math.max(...Object.values(maxBytesByKind)) + formBytes)
  if (!form.ok) return form
  return ok({ source: form.value.source, fileName: fileNameIn(form.value.headers.disposition) })
}

const wrongType = fail(
  'media_wrong_type',
  `The file begins as none of the types taken: ${contentTypes.join(', ')}.`,
)

// curl -d leaves out line ends, so that what began as a file is none.
const asForm = fail(
  'media_wrong_type',
  'The file is declared application/x-www-form-urlencoded. Send it with its own type: in curl, with --data-binary.',
)

function tooLarge(kind: MediaKind) {
  const most = maxBytesByKind[kind]
  return fail(
    'media_too_large',
    `A file of kind ${kind} may have at most ${most / mebibytes} MiB (${most} bytes).`,
  )
}
