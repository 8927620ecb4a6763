/** The metadata entry of a job that was posted in OpenAI's dialect. No I/O. */
import { type MediaFields, mediaOf } from './media.ts'

/** The parts of a request that its job does not show. They are one entry of its metadata. */
export interface Asked {
  /** The name that was given. */
  model: string
  /** Null: none was given. */
  size: string | null
  /** The asset that the file of the request became. */
  assetId: string | null
}

export const askedKey = 'openai'

export function writeAsked({ model, size, assetId }: Asked): string {
  return [model, size ?? noSize, ...(assetId === null ? [] : [assetId])].join(' ')
}

/** Null: the job was posted to /v1. */
export function askedOf({ metadata }: Noted): Asked | null {
  const [model = '', size, assetId = null, ...others] = metadata[askedKey]?.split(' ') ?? []
  if (size === undefined || others.length > 0) return null
  return { model, size: size === noSize ? null : size, assetId }
}

interface Noted {
  metadata: Record<string, string>
}

/** The id of the asset that the file of the request became. Its client does not know it, so it is erased with the job. */
export function assetOfFile(request: Noted & Partial<MediaFields>): string | null {
  const assetId = askedOf(request)?.assetId ?? null
  return mediaOf(request).some(({ value }) => value === assetId) ? assetId : null
}

const noSize = '-'
