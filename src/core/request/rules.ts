/** The rules over several fields of a request that hold at every provider. No I/O. No clock. */
import { type EventFormat, type EventType, formatFault } from '../event.ts'
import { countReferences, type MediaFields } from './media.ts'
import { tagFaults } from './prompt.ts'

/** The fields that the rules read. */
interface RuledFields extends MediaFields {
  prompt?: string | undefined
  callback_url?: string | undefined
  callback_secret?: string | undefined
  callback_headers?: Record<string, string> | undefined
  callback_events: EventType[]
  callback_format: EventFormat
  provider: string | string[]
}

interface Rule {
  /** The field that the fault is reported at. */
  path: keyof RuledFields
  /** The rule is checked once each of these fields is valid by itself. */
  reads: (keyof RuledFields)[]
  /** The message, or null if the request keeps the rule. */
  broken: (request: RuledFields) => string | null
}

/** In this order no rule reads a field at which an earlier rule may report, so every broken rule is reported. */
export const rules: readonly Rule[] = [
  {
    path: 'prompt',
    reads: ['prompt', 'reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) => {
      const faults = tagFaults(request.prompt ?? '', {
        image: request.reference_images.length,
        video: request.reference_videos.length,
        audio: request.reference_audios.length,
      })
      return faults.length > 0 ? faults.join('; ') : null
    },
  },
  {
    path: 'prompt',
    reads: ['prompt', 'first_frame', 'reference_images', 'reference_videos'],
    broken: ({ prompt, first_frame, reference_images, reference_videos }) =>
      prompt !== undefined ||
      first_frame !== undefined ||
      reference_images.length + reference_videos.length > 0
        ? null
        : 'is needed unless a first_frame, reference_images or reference_videos are given',
  },
  {
    path: 'last_frame',
    reads: ['first_frame', 'last_frame'],
    broken: ({ first_frame, last_frame }) =>
      last_frame !== undefined && first_frame === undefined ? 'needs a first_frame' : null,
  },
  {
    path: 'first_frame',
    reads: ['first_frame', 'reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      request.first_frame !== undefined && countReferences(request) > 0
        ? 'excludes reference_images, reference_videos and reference_audios: use frames or references'
        : null,
  },
  {
    path: 'reference_audios',
    reads: ['reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      countReferences(request) > 0 && countReferences(request) === request.reference_audios.length
        ? 'needs at least one of reference_images or reference_videos beside it'
        : null,
  },
  {
    path: 'callback_secret',
    reads: ['callback_url', 'callback_secret'],
    broken: ({ callback_url, callback_secret }) =>
      callback_secret !== undefined && callback_url === undefined ? 'needs a callback_url to sign for' : null,
  },
  {
    path: 'callback_headers',
    reads: ['callback_url', 'callback_headers'],
    broken: ({ callback_url, callback_headers = {} }) =>
      callback_url === undefined && Object.keys(callback_headers).length > 0
        ? 'needs a callback_url to be sent to'
        : null,
  },
  {
    path: 'callback_events',
    reads: ['callback_events', 'callback_format'],
    broken: ({ callback_events, callback_format }) => formatFault(callback_format, callback_events),
  },
  {
    path: 'provider',
    reads: ['provider'],
    // A free test must not continue at a provider that bills, and a real job must not end with a simulated video.
    broken: ({ provider }) =>
      Array.isArray(provider) && provider.includes('simulator') && new Set(provider).size > 1
        ? 'must name simulator alone, or not at all'
        : null,
  },
]
