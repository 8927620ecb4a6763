/** The media of a request: frames or references, and the forms that each may have. No I/O. No clock. */

import { parseUrl } from '../url/parse.ts'
import { dataUriFault, isDataUri } from './data-uri.ts'

export { isDataUri } from './data-uri.ts'

export const mediaKinds = ['image', 'video', 'audio'] as const
export type MediaKind = (typeof mediaKinds)[number]

const referenceLists = ['reference_images', 'reference_videos', 'reference_audios'] as const
type ReferenceList = (typeof referenceLists)[number]

/** What of a request holds media. */
export interface MediaFields {
  first_frame?: string | undefined
  last_frame?: string | undefined
  reference_images: string[]
  reference_videos: string[]
  reference_audios: string[]
}

/** What stands in for text, frames or references: which of the three ways of asking a request uses. */
export type Mode = 'text' | 'frames' | 'references'

export function modeOf(request: MediaFields): Mode {
  if (request.first_frame !== undefined) return 'frames'
  return countReferences(request) > 0 ? 'references' : 'text'
}

export function countReferences(request: Pick<MediaFields, ReferenceList>): number {
  return request.reference_images.length + request.reference_videos.length + request.reference_audios.length
}

/** Every media value of a request with the path it stands at. */
export function mediaOf(request: Partial<MediaFields>): { path: string; value: string }[] {
  return [
    ...(request.first_frame === undefined ? [] : [{ path: 'first_frame', value: request.first_frame }]),
    ...(request.last_frame === undefined ? [] : [{ path: 'last_frame', value: request.last_frame }]),
    ...referenceLists.flatMap((list) =>
      (request[list] ?? []).map((value, index) => ({
        path: `${list}.${index}`,
        value,
      })),
    ),
  ]
}

/** The kind that belongs at a path of a request. */
export function kindAt(path: string): MediaKind {
  if (path.startsWith('reference_videos')) return 'video'
  return path.startsWith('reference_audios') ? 'audio' : 'image'
}

/** The request with each of its media changed. */
export function mapMedia<T extends MediaFields>(request: T, change: (media: string) => string): T {
  const { first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  return {
    ...request,
    ...(first_frame !== undefined && { first_frame: change(first_frame) }),
    ...(last_frame !== undefined && { last_frame: change(last_frame) }),
    reference_images: reference_images.map(change),
    reference_videos: reference_videos.map(change),
    reference_audios: reference_audios.map(change),
  }
}

/** What is known of a medium; null is not known. */
export interface MediaMetadata {
  contentType: string
  /** As it is shown: in square pixels, and turned as the file says. */
  width: number | null
  height: number | null
  durationSeconds: number | null
}

/** By the path at which a medium stands in a request; of one that is not here nothing is known. */
export type KnownMetadata = ReadonlyMap<string, MediaMetadata>

/** Every asset of a request with the path it stands at. */
export function assetsIn(request: Partial<MediaFields>): { path: string; id: string }[] {
  return mediaOf(request).flatMap(({ path, value }) =>
    formOf(value) === 'asset' ? [{ path, id: value }] : [],
  )
}

/**
 * How a medium is given. An asset was uploaded here; the last two are names of what lies in an account at Crun or
 * Runware already.
 */
export type MediaForm = 'url' | 'data_uri' | 'asset' | 'crun_asset' | 'runware_id'

/** How a provider may be given a medium: an asset reaches it as what a URL leads to, by a link or uploaded. */
export type SentForm = Exclude<MediaForm, 'asset'>

/** In characters. */
export const maxUrlLength = 8_192

/** Null: it is none. */
export function formOf(value: string): MediaForm | null {
  if (isDataUri(value)) return dataUriFault(value) === null ? 'data_uri' : null
  if (value.startsWith('asset://')) return crunAsset.test(value) ? 'crun_asset' : null
  if (uuid.test(value)) return 'runware_id'
  if (isAssetId(value)) return 'asset'
  return parseUrl(value, maxUrlLength).ok ? 'url' : null
}

/** What is wrong with a medium as it is given; null: nothing. */
export function mediaFault(value: string): string | null {
  if (formOf(value) !== null) return null
  const fault = isDataUri(value) ? dataUriFault(value) : null
  return fault ?? 'must be an https URL, an asset_… id or a data: URI with base64 content'
}

/** Ids are TypeIDs, whose base 32 has no i, l, o and u. */
export function isAssetId(text: string): boolean {
  return /^asset_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text)
}

const crunAsset = /^asset:\/\/[\w.-]{1,128}$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
