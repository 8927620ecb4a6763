/** A caller's input media, opened to be handed on: a data: URI, or an asset or a URL, each read as a stream. */

import { type FaultCode, fail, isMediaFault, type MediaFaultCode, ok, type Result } from '../core/fault.ts'
import { readDataUri } from '../core/request/data-uri.ts'
import { isAssetId, isDataUri, type MediaKind } from '../core/request/media.ts'
import { openUrl, type RemoteSettings } from '../media/open-url.ts'
import { pipe } from '../media/pipe.ts'
import { isText } from '../media/sniff/container.ts'
import { essenceOf, extensionOf, fileTypeOf } from '../media/sniff/file-type.ts'
import { type ByteSource, replayed, sourceOf, withChecksum } from '../media/source.ts'
import type { Database } from '../store/database.ts'
import { findAsset, keyOf } from '../store/jobs/assets.ts'

export interface Input {
  contentType: string
  fileName: string
  bytes: number
  body: ReadableStream<Uint8Array>
}

const chunkBytes = 256 * 1024
// What comes without a length is held in memory, to learn it.
const mostUnannouncedBytes = 16 * 1024 * 1024

interface InputSettings extends RemoteSettings {
  db: Database
  bucket: R2Bucket
  maxBytes: number
  /** Awaited between chunks, while the bytes flow. */
  onProgress: () => Promise<void>
}

/** `hand` gets the media and must read them to their end; its answer is passed on. */
export async function openInput<T>(
  settings: InputSettings,
  { value: media, kind }: { value: string; kind: MediaKind },
  hand: (input: Input) => Promise<Result<T>>,
): Promise<Result<T>> {
  // Of a job that was accepted before these became assets.
  if (isDataUri(media)) return hand(embedded(media, kind))
  if (isAssetId(media)) return withAsset(settings, media, hand)
  const remote = await openUrl(settings, media)
  if (!remote.ok) return ofInput(remote)
  const fileName = new URL(media).pathname.split('/').at(-1) || 'media'
  try {
    return await handSource(settings, remote.value, { fileName, kind }, hand)
  } finally {
    remote.value.close()
  }
}

async function withAsset<T>(
  settings: InputSettings,
  id: string,
  hand: (input: Input) => Promise<Result<T>>,
): Promise<Result<T>> {
  const asset = await findAsset(settings.db, id)
  const object = asset === null ? null : await settings.bucket.get(keyOf(asset))
  if (object === null) return fail('asset_deleted', 'The asset was deleted.')
  const contentType = object.httpMetadata?.contentType ?? ''
  const source = withChecksum(sourceOf(object.body, { length: object.size, contentType }), settings.maxBytes)
  if (!source.ok) return source
  const announced = { contentType, fileName: `${id}.${extensionOf(contentType)}`, bytes: object.size }
  return handOn(source.value, announced, settings.onProgress, hand)
}

async function handSource<T>(
  settings: InputSettings,
  opened: ByteSource,
  { fileName, kind }: { fileName: string; kind: MediaKind },
  hand: (input: Input) => Promise<Result<T>>,
): Promise<Result<T>> {
  const source = withChecksum(opened, settings.maxBytes)
  if (!source.ok) return ofInput(source)
  const { length, contentType } = source.value
  const isWhole = length === null
  const start = await source.value.read(new ArrayBuffer(isWhole ? mostUnannouncedBytes : chunkBytes))
  if (!start.ok) return ofInput(start)
  if (start.value === null) return fail('input_truncated', 'The media are empty.')
  const type = typeOf(start.value, contentType, kind)
  if (!type.ok) return type
  const named = { contentType: type.value.contentType, fileName: renamed(fileName, type.value.extension) }
  if (isWhole) return handWhole(source.value, start.value, named, hand)
  return handOn(replayed(source.value, start.value), { ...named, bytes: length }, settings.onProgress, hand)
}

/** What it is by its first bytes. What they do not tell goes under its label: the provider may take it. */
function typeOf(
  start: Uint8Array,
  declared: string,
  kind: MediaKind,
): Result<{ contentType: string; extension: string | null }> {
  const found = fileTypeOf(start, declared, kind)
  if (found !== null && found.kind === kind) return ok(found)
  const label = essenceOf(declared)
  if (found === null && !isText(start) && label.startsWith(`${kind}/`)) {
    return ok({ contentType: label, extension: null })
  }
  const what = found?.contentType ?? (isText(start) ? 'text' : 'none of the types taken')
  return fail('input_wrong_type', `Media of kind ${kind} are needed, and these begin as ${what}.`)
}

/** With the extension of its type, where that is known: a name may be as wrong as a label. */
function renamed(fileName: string, extension: string | null): string {
  return extension === null ? fileName : `${fileName.replace(/\.\w{1,5}$/, '')}.${extension}`
}

function embedded(media: string, kind: MediaKind): Input {
  const { declared, bytes } = readDataUri(media)
  const contentType = fileTypeOf(bytes, declared, kind)?.contentType ?? declared
  return { contentType, fileName: 'media', bytes: bytes.length, body: new Blob([bytes]).stream() }
}

/** Known length: straight through. */
async function handOn<T>(
  source: ByteSource,
  announced: Omit<Input, 'body'>,
  onProgress: () => Promise<void>,
  hand: (input: Input) => Promise<Result<T>>,
): Promise<Result<T>> {
  const stream = new FixedLengthStream(announced.bytes)
  const reading = { isOver: false }
  const handing = hand({ ...announced, body: stream.readable }).finally(async () => {
    reading.isOver = true
    // Refused before they were read: nobody will, and the pump must not wait for it.
    if (!stream.readable.locked) await stream.readable.cancel('not wanted')
  })
  const pumping = pipe(source, stream.writable.getWriter(), new ArrayBuffer(chunkBytes), onProgress)
  const [handed, pumped] = await Promise.allSettled([
    handing,
    pumping.catch((error: unknown) => {
      // Its reader has said all that it has to say; otherwise the lease was lost.
      if (reading.isOver) return ok(null)
      throw error
    }),
  ])
  if (pumped.status === 'rejected') throw pumped.reason
  if (!pumped.value.ok) return ofInput(pumped.value)
  if (handed.status === 'rejected') throw handed.reason
  return handed.value
}

async function handWhole<T>(
  source: ByteSource,
  whole: Uint8Array<ArrayBuffer>,
  named: Pick<Input, 'contentType' | 'fileName'>,
  hand: (input: Input) => Promise<Result<T>>,
): Promise<Result<T>> {
  const rest = await source.read(new ArrayBuffer(1))
  if (!rest.ok) return ofInput(rest)
  if (rest.value !== null) return fail('input_too_large', 'The media are large and come without a length.')
  return hand({ ...named, bytes: whole.length, body: new Blob([whole]).stream() })
}

type Failed = Extract<Result<never>, { ok: false }>

/** A fault of media as one of an input: it is the caller's, and what helps is another than for a finished video. */
function ofInput({ fault: why }: Failed): Failed {
  return { ok: false, fault: { ...why, code: isMediaFault(why.code) ? inputCodes[why.code] : why.code } }
}

const inputCodes: Record<MediaFaultCode, FaultCode> = {
  media_expired: 'input_expired',
  media_unavailable: 'input_unavailable',
  media_truncated: 'input_truncated',
  media_wrong_type: 'input_wrong_type',
  media_too_large: 'input_too_large',
  media_forbidden: 'input_forbidden',
  // Never of an input: only outputs are held to a list of hosts.
  media_host_unlisted: 'input_forbidden',
}
