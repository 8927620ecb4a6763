/** Opens a caller's input medium, an asset or a URL, as a stream for a provider that takes only uploaded media. */
import { type FaultCode, fail, isMediaFault, type MediaFaultCode, ok, type Result } from '../core/fault.ts'
import { isAssetId, type MediaKind } from '../core/request/media.ts'
import { openUrl, type RemoteSettings } from '../media/open-url.ts'
import { pipe } from '../media/pipe.ts'
import { isText } from '../media/sniff/container.ts'
import { essenceOf, extensionOf, fileTypeOf } from '../media/sniff/file-type.ts'
import { type ByteSource, replayed, sourceOf, withChecksum } from '../media/source.ts'
import { findAsset, keyOf } from '../store/assets.ts'
import type { Databases } from '../store/shards.ts'

export interface OpenedInput {
  contentType: string
  fileName: string
  bytes: number
  body: ReadableStream<Uint8Array>
}

interface InputSettings extends RemoteSettings {
  dbOf: Databases['dbOf']
  bucket: R2Bucket
  maxBytes: number
}

const chunkBytes = 256 * 1024
// A medium without a Content-Length is read into memory, because a provider's storage needs its length first.
const maxBufferedBytes = 16 * 1024 * 1024

/** `send` must read the body to its end; its result is returned. */
export async function openInput<T>(
  settings: InputSettings,
  { value: medium, kind }: { value: string; kind: MediaKind },
  send: (input: OpenedInput) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (isAssetId(medium)) return sendAsset(settings, medium, send)
  const remote = await openUrl(settings, medium)
  if (!remote.ok) return asInputFault(remote)
  const fileName = new URL(medium).pathname.split('/').at(-1) || 'media'
  try {
    return await sendRemote(settings, remote.value, { fileName, kind }, send)
  } finally {
    remote.value.close()
  }
}

async function sendAsset<T>(
  settings: InputSettings,
  id: string,
  send: (input: OpenedInput) => Promise<Result<T>>,
): Promise<Result<T>> {
  const asset = await findAsset(settings.dbOf(id), id)
  const object = asset === null ? null : await settings.bucket.get(keyOf(asset))
  if (object === null) return fail('asset_deleted', 'The asset was deleted.')
  const contentType = object.httpMetadata?.contentType ?? ''
  const source = withChecksum(sourceOf(object.body, { length: object.size, contentType }), settings.maxBytes)
  if (!source.ok) return source
  const fileName = `${id}.${extensionOf(contentType)}`
  return sendStream(source.value, { contentType, fileName, bytes: object.size }, settings.onProgress, send)
}

async function sendRemote<T>(
  settings: InputSettings,
  remote: ByteSource,
  { fileName, kind }: { fileName: string; kind: MediaKind },
  send: (input: OpenedInput) => Promise<Result<T>>,
): Promise<Result<T>> {
  const source = withChecksum(remote, settings.maxBytes)
  if (!source.ok) return asInputFault(source)
  const { length, contentType } = source.value
  const start = await source.value.read(new ArrayBuffer(length === null ? maxBufferedBytes : chunkBytes))
  if (!start.ok) return asInputFault(start)
  if (start.value === null) return fail('input_truncated', 'The media file is empty.')
  const type = typeOf(start.value, contentType, kind)
  if (!type.ok) return type
  const named = {
    contentType: type.value.contentType,
    fileName: withExtension(fileName, type.value.extension),
  }
  if (length === null) return sendBuffered(settings, source.value, { ...named, whole: start.value }, send)
  const input = { ...named, bytes: length }
  return sendStream(replayed(source.value, start.value), input, settings.onProgress, send)
}

/** By the first bytes. If they match no known type, the label counts, because the provider may accept the file. */
function typeOf(
  start: Uint8Array,
  declared: string,
  kind: MediaKind,
): Result<{ contentType: string; extension: string | null }> {
  const fileType = fileTypeOf(start, declared, kind)
  if (fileType !== null && fileType.kind === kind) return ok(fileType)
  const label = essenceOf(declared)
  if (fileType === null && !isText(start) && label.startsWith(`${kind}/`)) {
    return ok({ contentType: label, extension: null })
  }
  const actual = fileType?.contentType ?? (isText(start) ? 'text' : 'none of the accepted types')
  return fail('input_wrong_type', `The field takes media of kind ${kind}, but the file begins as ${actual}.`)
}

/** Replaces the extension by that of the file's type, if it is known: a URL's file name may be wrong. */
function withExtension(fileName: string, extension: string | null): string {
  return extension === null ? fileName : `${fileName.replace(/\.\w{1,5}$/, '')}.${extension}`
}

async function sendStream<T>(
  source: ByteSource,
  input: Omit<OpenedInput, 'body'>,
  onProgress: () => Promise<void>,
  send: (input: OpenedInput) => Promise<Result<T>>,
): Promise<Result<T>> {
  const stream = new FixedLengthStream(input.bytes)
  const reader = { isDone: false }
  const sendAndRelease = async () => {
    try {
      return await send({ ...input, body: stream.readable })
    } finally {
      reader.isDone = true
      // Refused before the body was read: without this the pipe would wait for a reader forever.
      if (!stream.readable.locked) await stream.readable.cancel('not wanted')
    }
  }
  const piping = pipe(source, stream.writable.getWriter(), new ArrayBuffer(chunkBytes), onProgress)
  const [sent, piped] = await Promise.allSettled([
    sendAndRelease(),
    piping.catch((error: unknown) => {
      // Once `send` has returned, its result counts. Before that, the error is a lost lease.
      if (reader.isDone) return ok(null)
      throw error
    }),
  ])
  if (piped.status === 'rejected') throw piped.reason
  if (!piped.value.ok) return asInputFault(piped.value)
  if (sent.status === 'rejected') throw sent.reason
  return sent.value
}

async function sendBuffered<T>(
  { onProgress }: InputSettings,
  source: ByteSource,
  { whole, ...named }: Pick<OpenedInput, 'contentType' | 'fileName'> & { whole: Uint8Array<ArrayBuffer> },
  send: (input: OpenedInput) => Promise<Result<T>>,
): Promise<Result<T>> {
  const rest = await source.read(new ArrayBuffer(1))
  if (!rest.ok) return asInputFault(rest)
  if (rest.value !== null)
    return fail('input_too_large', 'The media file is large and has no Content-Length.')
  // Streamed from where it is: a Blob would hold a second copy.
  return sendStream(replayed(source, whole), { ...named, bytes: whole.length }, onProgress, send)
}

type Failed = Extract<Result<never>, { ok: false }>

/** An input's fault concerns the caller, and its remedy differs from that of a finished video. */
function asInputFault({ fault }: Failed): Failed {
  return {
    ok: false,
    fault: { ...fault, code: isMediaFault(fault.code) ? inputCodes[fault.code] : fault.code },
  }
}

const inputCodes: Record<MediaFaultCode, FaultCode> = {
  media_expired: 'input_expired',
  media_unavailable: 'input_unavailable',
  media_truncated: 'input_truncated',
  media_wrong_type: 'input_wrong_type',
  media_too_large: 'input_too_large',
  media_forbidden: 'input_forbidden',
  media_host_unlisted: 'input_forbidden',
}
