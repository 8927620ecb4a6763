/** An upload: its first bytes tell what it is, its kind sets its limit, and it streams into R2 as an asset. */
import type { Context } from '../context.ts'
import { done, type Fault, fault, type Result } from '../core/fault.ts'
import { newId } from '../core/id.ts'
import type { MediaKind } from '../core/media.ts'
import { uploadKey } from '../core/retention.ts'
import { brokenTextFault } from '../core/text.ts'
import { type Asset, insertAsset } from '../store/assets.ts'
import { fileNameIn } from './disposition.ts'
import { contentTypes, essenceOf, fileTypeOf } from './file-type.ts'
import { openForm } from './form.ts'
import { inputFacts } from './input-facts.ts'
import { keep, readStart } from './keep.ts'
import { rangesInBucket } from './pieces.ts'
import { announcedLength, type Source, sourceOf } from './source.ts'

const mebibytes = 1024 * 1024

/** The largest upload of each kind, in bytes. */
export const mostBytes: Record<MediaKind, number> = {
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
  return done(asset)
}

type Received = Omit<Asset, 'id' | 'apiKeyId' | 'createdAt' | 'jobId' | 'key' | 'lostAt'>

async function receive(bucket: R2Bucket, key: string, request: Request): Promise<Upload<Received>> {
  const opened = await openUpload(request)
  if (!opened.ok) return opened
  const { source, fileName } = opened.value
  const nameFault = fileName === null ? null : brokenTextFault(fileName, 'name')
  if (nameFault !== null) return { ...fault('bad_request', nameFault), path: 'file_name' }
  const start = await readStart(source)
  if (!start.ok) return start
  if (start.value.length === 0) return fault('bad_request', 'The file is empty.')
  const declared = essenceOf(source.contentType)
  if (declared === 'application/x-www-form-urlencoded') return asForm
  const fileType = fileTypeOf(start.value, declared)
  if (fileType === null) return wrongType
  const { kind, contentType } = fileType
  const destination = { key, contentType, maxBytes: mostBytes[kind] }
  const kept = await keep({ bucket, onProgress: async () => undefined }, source, start.value, destination)
  if (!kept.ok) return kept.fault.code === 'media_too_large' ? tooLarge(kind) : kept
  const { bytes, sha256 } = kept.value
  const facts = await inputFacts(kind, rangesInBucket(bucket, { key, bytes }))
  return done({ kind, contentType, bytes, sha256, fileName, ...facts })
}

async function openUpload(request: Request): Promise<Result<{ source: Source; fileName: string | null }>> {
  const { headers, body } = request
  if (body === null) return fault('bad_request', 'The body is empty.')
  const contentType = headers.get('content-type') ?? ''
  const source = sourceOf(body, { length: announcedLength(headers), contentType })
  if (essenceOf(contentType) !== 'multipart/form-data') {
    return done({ source, fileName: fileNameIn(headers.get('content-disposition') ?? '') })
  }
  const form = await openForm(source, contentType, Math.max(...Object.values(mostBytes)) + formBytes)
  if (!form.ok) return form
  return done({ source: form.value.source, fileName: fileNameIn(form.value.headers.disposition) })
}

const wrongType = fault(
  'media_wrong_type',
  `The file begins as none of the types taken: ${contentTypes.join(', ')}.`,
)

// curl -d leaves out line ends, so that what began as a file is none.
const asForm = fault(
  'media_wrong_type',
  'The file is declared application/x-www-form-urlencoded. Send it with its own type: in curl, with --data-binary.',
)

function tooLarge(kind: MediaKind) {
  const most = mostBytes[kind]
  return fault(
    'media_too_large',
    `A file of kind ${kind} may have at most ${most / mebibytes} MiB (${most} bytes).`,
  )
}
