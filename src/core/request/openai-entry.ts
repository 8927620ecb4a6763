/** The metadata entry of a job that was posted in OpenAI's dialect. No I/O. */
import { isAssetId, type MediaFields, mediaOf } from './media.ts'

/** The parts of a request that its job does not show. They are one entry of its metadata. */
export interface Asked {
  /** The name that was given. */
  model: string
  /** Null: none was given. */
  size: string | null
  /** Whether the request came with a file, which became an asset. */
  hasFile: boolean
}

export const askedKey = 'openai'

export function writeAsked({ model, size, hasFile }: Asked): string {
  return [model, size ?? noSize, ...(hasFile ? [withFile] : [])].join(' ')
}

/** Null: the job was posted to /v1. */
export function askedOf({ metadata }: Noted): Asked | null {
  const [model = '', size, file, ...others] = metadata[askedKey]?.split(' ') ?? []
  if (size === undefined || others.length > 0) return null
  return { model, size: size === noSize ? null : size, hasFile: file === withFile }
}

interface Noted {
  metadata: Record<string, string>
}

/** The id of the asset that the file of the request became. Its client does not know it, so it is erased with the job. */
export function assetOfFile(request: Noted & Partial<MediaFields>): string | null {
  const [medium] = mediaOf(request)
  const isFile = medium !== undefined && isAssetId(medium.value) && askedOf(request)?.hasFile === true
  return isFile ? medium.value : null
}

const noSize = '-'
const withFile = 'file'
