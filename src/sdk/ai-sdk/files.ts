/** The media of a call: a file is uploaded as an asset, a URL is passed on. */
import type { Asset } from '../client/generated/api.schemas.ts'
import { type Connection, call } from './call.ts'
import type { CallHeaders, File, StartOptions } from './types.ts'

/** The assets of one call. It is kept while the AI SDK repeats the call, so that each file is uploaded once. */
export type Uploads = Map<File, Pick<Asset, 'id' | 'kind'>>

export interface Media {
  first_frame: string | undefined
  last_frame: string | undefined
  reference_images: string[]
  reference_videos: string[]
  reference_audios: string[]
}

export async function mediaOf(
  connection: Connection,
  options: StartOptions,
  uploads: Uploads,
): Promise<Media> {
  const { image, frameImages = [], inputReferences = [] } = options
  const lastFrame = frameImages.find(({ frameType }) => frameType === 'last_frame')?.image
  const frames = [image, lastFrame].filter((file) => file !== undefined)
  await Promise.all(
    [...frames, ...inputReferences].map((file) => upload(connection, { file, uploads, options })),
  )
  const mediumOf = (file: File) => (file.type === 'url' ? file.url : uploads.get(file)?.id)
  const references = (kind: Asset['kind']) =>
    inputReferences
      .filter((file) => (file.type === 'url' ? kindOf(file) : uploads.get(file)?.kind) === kind)
      .map(mediumOf)
      .filter((value) => value !== undefined)
  return {
    first_frame: image && mediumOf(image),
    last_frame: lastFrame && mediumOf(lastFrame),
    reference_images: references('image'),
    reference_videos: references('video'),
    reference_audios: references('audio'),
  }
}

/** Deletes assets that no job uses. A failure leaves an unused file, and must not hide the result of the call. */
export async function deleteUploads(
  connection: Connection,
  ids: string[],
  headers?: CallHeaders,
): Promise<void> {
  await Promise.allSettled(
    ids.map((id) =>
      call(connection, { method: 'DELETE', path: `/v1/assets/${id}`, headers: withoutKey(headers) }),
    ),
  )
}

async function upload(
  connection: Connection,
  { file, uploads, options }: { file: File; uploads: Uploads; options: StartOptions },
): Promise<void> {
  if (file.type === 'url' || uploads.has(file)) return
  const { body } = await call<Asset>(connection, {
    method: 'POST',
    path: '/v1/assets',
    headers: withoutKey(options.headers),
    body: { type: file.mediaType, content: bytesOf(file.data) },
    signal: options.abortSignal,
  })
  uploads.set(file, body)
}

/** The idempotency key is that of the job. */
function withoutKey(headers: CallHeaders = {}): CallHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'idempotency-key'),
  )
}

function bytesOf(data: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof data === 'string'
    ? Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
    : new Uint8Array(data)
}

const extensions = { video: /\.(?:mp4|m4v|mov|webm)$/i, audio: /\.(?:mp3|m4a|wav|aac)$/i }

/** The AI SDK gives a URL a type only if its caller did. */
function kindOf({ url, mediaType = '' }: { url: string; mediaType?: string }): Asset['kind'] {
  const path = url.replace(/[?#].*$/s, '')
  if (mediaType.startsWith('video/')) return 'video'
  if (mediaType.startsWith('audio/')) return 'audio'
  if (mediaType !== '') return 'image'
  if (extensions.video.test(path)) return 'video'
  return extensions.audio.test(path) ? 'audio' : 'image'
}
