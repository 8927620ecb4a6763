/** The media of a request, frames or references, and the forms that they may have. No I/O. No clock. */
import { parseUrl } from '../url/parse.ts'
import { dataUriFault, isDataUri } from './data-uri.ts'

export { isDataUri } from './data-uri.ts'

export const mediaKinds = ['image', 'video', 'audio'] as const
export type MediaKind = (typeof mediaKinds)[number]

const referenceLists = ['reference_images', 'reference_videos', 'reference_audios'] as const
type ReferenceList = (typeof referenceLists)[number]

export const mediaFields = ['first_frame', 'last_frame', ...referenceLists] as const
export type MediaField = (typeof mediaFields)[number]

/** The fields of a request that contain media. */
export interface MediaFields {
  first_frame?: string | undefined
  last_frame?: string | undefined
  reference_images: string[]
  reference_videos: string[]
  reference_audios: string[]
}

/** Which kind of input a request uses beside its prompt. */
export type Mode = 'text' | 'frames' | 'references'

export function modeOf(request: MediaFields): Mode {
  if (request.first_frame !== undefined) return 'frames'
  return countReferences(request) > 0 ? 'references' : 'text'
}

export function countReferences(request: Pick<MediaFields, ReferenceList>): number {
  return request.reference_images.length + request.reference_videos.length + request.reference_audios.length
}

/** Every media value of a request with its path. */
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

/** The media of one field, each with its path in the request. */
export function mediaIn(request: Partial<MediaFields>, field: MediaField): { path: string; value: string }[] {
  return mediaOf(request).filter(({ path }) => path.split('.')[0] === field)
}

/** The kind of media that a path of a request takes. */
export function kindAt(path: string): MediaKind {
  if (path.startsWith('reference_videos')) return 'video'
  return path.startsWith('reference_audios') ? 'audio' : 'image'
}

/** The request with each media value replaced. */
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

/** A value is null if it is unknown. */
export interface MediaMetadata {
  contentType: string
  /** As displayed: in square pixels, and with the rotation of the file applied. */
  width: number | null
  height: number | null
  durationSeconds: number | null
}

/** Metadata by path. A missing path means that nothing is known about that medium. */
export type KnownMetadata = ReadonlyMap<string, MediaMetadata>

/** Every asset id in a request with its path. */
export function assetsIn(request: Partial<MediaFields>): { path: string; id: string }[] {
  return mediaOf(request).flatMap(({ path, value }) =>
    formOf(value) === 'asset' ? [{ path, id: value }] : [],
  )
}

/**
 * The form of a media value. `crun_asset` (`asset://…`) and `runware_id` name media in the caller's account at a provider.
 * BytePlus takes `asset://…` too. The name has been in GET /v1/models since 0.1.0, so it stays.
 */
export type MediaForm = 'url' | 'data_uri' | 'asset' | 'crun_asset' | 'runware_id'

/** The forms that a provider may accept. An asset is sent as a URL or uploaded to the provider. */
export type SentForm = Exclude<MediaForm, 'asset'>

/** In characters. */
export const maxUrlLength = 8_192

/** Null if the value has none of these forms. */
export function formOf(value: string): MediaForm | null {
  if (isDataUri(value)) return dataUriFault(value) === null ? 'data_uri' : null
  if (value.startsWith('asset://')) return assetUri.test(value) ? 'crun_asset' : null
  if (uuid.test(value)) return 'runware_id'
  if (isAssetId(value)) return 'asset'
  return parseUrl(value, maxUrlLength).ok ? 'url' : null
}

/** The fault of a media value; null if it has none. */
export function mediaFault(value: string): string | null {
  if (formOf(value) !== null) return null
  const fault = isDataUri(value) ? dataUriFault(value) : null
  return fault ?? 'must be an https URL, an asset_… id or a data: URI with base64 content'
}

/** Ids are TypeIDs, whose base 32 alphabet lacks i, l, o and u. */
export function isAssetId(text: string): boolean {
  return /^asset_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text)
}

/** An id of no asset, for requests that are only looked at: every provider takes it. */
export const anyAsset = 'asset_00000000000000000000000000'

const assetUri = /^asset:\/\/[\w.-]{1,128}$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
