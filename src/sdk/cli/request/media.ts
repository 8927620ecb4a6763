/** The media of a request: local files are uploaded, and references are sorted by their kind. */
import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { formatBytes } from '../../../core/format.ts'
import type { RequestOptions } from '../../client/generated/runtime/types.ts'
import type { Asset, JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { usageFault } from '../errors.ts'
import { about } from '../missing.ts'
import { plain } from '../text.ts'
import type { VideoOptions } from './options.ts'

export interface Media {
  fields: Pick<
    JobRequest,
    'first_frame' | 'last_frame' | 'reference_images' | 'reference_videos' | 'reference_audios'
  >
  /** The assets that this request has created. */
  uploaded: Asset[]
}

type Kind = Asset['kind']

const uploadTimeoutMs = 15 * 60_000

type MediaOptions = Pick<VideoOptions, 'image' | 'lastImage' | 'reference'>

/** Notes each file that is missing, and each reference whose kind is not clear. */
export async function checkMedia(
  { faults }: Cli,
  { image, lastImage, reference = [] }: MediaOptions,
): Promise<void> {
  const given = [image, lastImage, ...reference.map((text) => splitKind(text).media)]
  for (const media of given)
    if (media !== undefined && !isRemote(media)) await faults.check(() => checkFile(media))
  for (const text of reference) await faults.check(() => checkKind(text))
}

/** That of a local file or an asset is read. */
function checkKind(text: string): void {
  const { kind = kindByName(text), media } = splitKind(text)
  if (kind !== undefined || !isRemote(media) || media.startsWith('asset_')) return
  throw usageFault(
    `Whether ${media} is an image, a video or an audio is not clear.`,
    `Write --reference image:${media}, or video: or audio: instead of image:.`,
  )
}

export async function resolveMedia(
  cli: Cli,
  { image, lastImage, reference = [] }: MediaOptions,
): Promise<Media> {
  const uploaded: Asset[] = []
  const upload = async (media: string): Promise<string> => {
    if (isRemote(media)) return media
    const asset = await uploadFile(cli, media)
    uploaded.push(asset)
    return asset.id
  }
  const first_frame = image === undefined ? undefined : await upload(image)
  const last_frame = lastImage === undefined ? undefined : await upload(lastImage)
  const references: Record<Kind, string[]> = { image: [], video: [], audio: [] }
  for (const text of reference) {
    const { kind, media } = splitKind(text)
    const id = await upload(media)
    const { kind: found = kind ?? kindByName(media) } = uploaded.find((asset) => asset.id === id) ?? {}
    references[found ?? (await kindOfAsset(cli, media))].push(id)
  }
  const fields = {
    ...(first_frame !== undefined && { first_frame }),
    ...(last_frame !== undefined && { last_frame }),
    ...(references.image.length > 0 && { reference_images: references.image }),
    ...(references.video.length > 0 && { reference_videos: references.video }),
    ...(references.audio.length > 0 && { reference_audios: references.audio }),
  }
  return { fields, uploaded }
}

/** For a request that is not posted. */
export async function deleteUploads(cli: Cli, uploaded: readonly Asset[]): Promise<void> {
  const api = await cli.api()
  for (const { id } of uploaded) {
    // An asset that stays costs nothing.
    await api.deleteAsset({ path: { id } }).catch(() => undefined)
  }
}

/** `image:https://…` names the kind. */
export function splitKind(text: string): { kind?: Kind; media: string } {
  const [, name = '', media = ''] = /^(image|video|audio):(.+)$/s.exec(text) ?? []
  return isKind(name) ? { kind: name, media } : { media: text }
}

/** A URL, an id, or media that are stored at a provider: everything that is no local file. */
export function isRemote(media: string): boolean {
  const isUuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(media)
  return isUuid || /^(?:https?:\/\/|data:|asset:\/\/|asset_[\da-z]{26}$)/i.test(media)
}

export function kindByName(media: string): Kind | undefined {
  const [, dataKind = ''] = /^data:(\w+)\//i.exec(media) ?? []
  if (isKind(dataKind)) return dataKind
  const path = URL.canParse(media) ? new URL(media).pathname : media
  const [, ending = ''] = /\.(\w+)$/.exec(path) ?? []
  return kindsByEnding.find(([, endings]) => endings.includes(ending.toLowerCase()))?.[0]
}

const kindsByEnding: readonly [Kind, string[]][] = [
  ['image', ['jpg', 'jpeg', 'png', 'webp', 'gif', 'avif', 'heic', 'bmp', 'tif', 'tiff']],
  ['video', ['mp4', 'mov', 'webm', 'mkv', 'm4v']],
  ['audio', ['mp3', 'wav', 'm4a', 'aac', 'flac', 'ogg', 'opus']],
]

function isKind(text: string): text is Kind {
  return text === 'image' || text === 'video' || text === 'audio'
}

export async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null)
    throw usageFault(`There is no file ${path}.`, 'Give a file, an https URL, or the id of an asset.')
  if (!found.isFile())
    throw usageFault(`${path} is not a file.`, 'Give a file, an https URL, or the id of an asset.')
}

/** Repeated after a lost answer: an asset more costs nothing. */
export async function uploadFile(cli: Cli, path: string): Promise<Asset> {
  const blob = await openAsBlob(path)
  const name = basename(path)
  cli.note(`Uploading ${plain(name)}, ${formatBytes(blob.size)}`)
  const options: RequestOptions = {
    signal: cli.interrupted,
    timeout: uploadTimeoutMs,
    retry: { retries: 2, retryOn: ({ response }) => response === undefined || response.status >= 500 },
  }
  const file = new File([blob], name)
  const asset = await (await cli.api()).uploadAsset({ body: { file } }, options)
  cli.note(`${plain(name)} is ${asset.id}`)
  return asset
}

async function kindOfAsset(cli: Cli, media: string): Promise<Kind> {
  const { kind } = await about('asset', media, (await cli.api()).getAsset({ path: { id: media } }, cli.call))
  return kind
}
