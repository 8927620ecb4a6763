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
  const { contentTypes, minSeconds, maxSeconds } = limits
  const { contentType, durationSeconds } = metadata
  const messages: string[] = []
  if (contentTypes !== undefined && !contentTypes.includes(contentType)) {
    messages.push(`must be ${contentTypes.join(' or ')}, but is ${contentType}`)
  }
  messages.push(...sizeFaults(limits, metadata))
  if (minSeconds !== undefined && durationSeconds !== null && durationSeconds < minSeconds) {
    messages.push(`must last at least ${minSeconds} seconds, but lasts ${durationSeconds}`)
  }
  if (maxSeconds !== undefined && durationSeconds !== null && durationSeconds > maxSeconds) {
    messages.push(`must last at most ${maxSeconds} seconds, but lasts ${durationSeconds}`)
  }
  return messages.map((message) => ({ path, message }))
}

function sizeFaults({ pixels, side, shape }: MediaLimits, { width, height }: MediaMetadata): string[] {
  if (width === null || height === null) return []
  const [count, ratio] = [width * height, Math.round((100 * width) / height) / 100]
  const isOutside = (value: number, range?: { min: number; max: number }) =>
    range !== undefined && (value < range.min || value > range.max)
  return [
    ...(isOutside(count, pixels)
      ? [`must have ${pixels?.min} to ${pixels?.max} pixels, but has ${count} (${width}×${height})`]
      : []),
    ...([width, height].some((length) => isOutside(length, side))
      ? [`must have sides of ${side?.min} to ${side?.max} pixels, but is ${width}×${height}`]
      : []),
    ...(isOutside(width / height, shape)
      ? [
          `must have a width of ${shape?.min} to ${shape?.max} times its height, but it is ${ratio} times (${width}×${height})`,
        ]
      : []),
  ]
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
