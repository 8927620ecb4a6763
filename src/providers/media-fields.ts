/** The fields of a request that hold media. */
import { mediaOf } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'

export const mediaFields = [
  'first_frame',
  'last_frame',
  'reference_images',
  'reference_videos',
  'reference_audios',
] as const

export type MediaField = (typeof mediaFields)[number]

/** The media of one field, each with its path in the request. */
export function mediaIn(request: JobRequest, field: MediaField): { path: string; value: string }[] {
  return mediaOf(request).filter(({ path }) => path.split('.')[0] === field)
}
