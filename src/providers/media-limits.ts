/** Checks the known metadata of a request's media against the limits that a provider documents. Unknown values pass. */
import {
  type KnownMetadata,
  type MediaField,
  type MediaMetadata,
  mediaFields,
  mediaIn,
} from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { type Capabilities, type MediaLimits, offerOf } from './capabilities.ts'
import type { Reason } from './provider.ts'

/** Pure. A limit of one file is reported at the file's path, a limit of the total length at the list's path. */
export function mediaLimitFaults(
  capabilities: Capabilities,
  request: JobRequest,
  known: KnownMetadata,
): Reason[] {
  const mediaLimits = offerOf(capabilities, request.model)?.mediaLimits
  return mediaFields.flatMap((field) => {
    const limits = mediaLimits?.[field]
    if (limits === undefined) return []
    const files = mediaIn(request, field).map(({ path }) => ({ path, metadata: known.get(path) }))
    return [...files.flatMap((file) => fileFaults(limits, file)), ...totalFaults(limits, field, files)]
  })
}

interface MediaFile {
  path: string
  metadata: MediaMetadata | undefined
}

function fileFaults(limits: MediaLimits, { path, metadata }: MediaFile): Reason[] {
  if (metadata === undefined) return []
  const { contentTypes, pixels, maxSeconds } = limits
  const { contentType, width, height, durationSeconds } = metadata
  const messages: string[] = []
  if (contentTypes !== undefined && !contentTypes.includes(contentType)) {
    messages.push(`must be ${contentTypes.join(' or ')}, but is ${contentType}`)
  }
  if (pixels !== undefined && width !== null && height !== null) {
    const count = width * height
    const range = `must have ${pixels.min} to ${pixels.max} pixels`
    if (count < pixels.min || count > pixels.max)
      messages.push(`${range}, but has ${count} (${width}×${height})`)
  }
  if (maxSeconds !== undefined && durationSeconds !== null && durationSeconds > maxSeconds) {
    messages.push(`must last at most ${maxSeconds} seconds, but lasts ${durationSeconds}`)
  }
  return messages.map((message) => ({ path, message }))
}

function totalFaults({ maxTotalSeconds }: MediaLimits, field: MediaField, files: MediaFile[]): Reason[] {
  if (maxTotalSeconds === undefined || files.length < 2) return []
  const sum = files.reduce((seconds, { metadata }) => seconds + (metadata?.durationSeconds ?? 0), 0)
  // Durations are known to the millisecond; rounding removes the error of binary fractions.
  const total = Math.round(sum * 1_000) / 1_000
  if (total <= maxTotalSeconds) return []
  const limit = `must last at most ${maxTotalSeconds} seconds in total`
  return [{ path: field, message: `${limit}, but last at least ${total}` }]
}
