/** What is known of a request's media, held against what a provider documents of them. What is not known passes. */
import { type KnownMetadata, type MediaMetadata, mediaOf } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import type { Capabilities, MediaField, MediaLimits, Reason } from './provider.ts'

/** Pure: every limit that is not kept, at the path of the medium, or of its list where only the sum is too long. */
export function mediaLimitFaults(
  { mediaLimits }: Pick<Capabilities, 'mediaLimits'>,
  request: JobRequest,
  known: KnownMetadata,
): Reason[] {
  return Object.entries(mediaLimits).flatMap(([field, limits]) => {
    const paths = pathsIn(request, field as MediaField)
    const messages = paths.flatMap((path) => {
      const facts = known.get(path)
      return facts === undefined ? [] : refusals(limits, facts).map((message) => ({ path, message }))
    })
    return [...messages, ...refuseTogether(field, limits, paths, known)]
  })
}

function pathsIn(request: JobRequest, field: MediaField): string[] {
  return mediaOf(request).flatMap(({ path }) => (path.split('.')[0] === field ? path : []))
}

function refusals(
  { contentTypes, pixels, longestSeconds }: MediaLimits,
  { contentType, width, height, durationSeconds }: MediaMetadata,
): string[] {
  const messages: string[] = []
  if (contentTypes !== undefined && !contentTypes.includes(contentType)) {
    messages.push(`must be ${contentTypes.join(' or ')}, and this is ${contentType}`)
  }
  if (pixels !== undefined && width !== null && height !== null) {
    const has = width * height
    const range = `must have ${pixels.min} to ${pixels.max} pixels`
    if (has < pixels.min || has > pixels.max)
      messages.push(`${range}, and this has ${has} (${width}×${height})`)
  }
  if (longestSeconds !== undefined && durationSeconds !== null && durationSeconds > longestSeconds) {
    messages.push(`may last at most ${longestSeconds} seconds, and this lasts ${durationSeconds}`)
  }
  return messages
}

function refuseTogether(
  field: string,
  { longestTogetherSeconds }: MediaLimits,
  paths: string[],
  known: KnownMetadata,
): Reason[] {
  if (longestTogetherSeconds === undefined || paths.length < 2) return []
  const sum = paths.reduce((seconds, path) => seconds + (known.get(path)?.durationSeconds ?? 0), 0)
  // Each is known to the millisecond; their sum is not to be more than that by the arithmetic alone.
  const together = Math.round(sum * 1_000) / 1_000
  if (together <= longestTogetherSeconds) return []
  const most = `may last at most ${longestTogetherSeconds} seconds together`
  return [{ path: field, message: `${most}, and these last at least ${together}` }]
}
