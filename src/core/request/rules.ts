/** The rules over several fields of a request that hold at every provider. No I/O. No clock. */
import { eventTypes, formatFault } from '../event.ts'
import type { Model } from './choices.ts'
import { countReferences } from './media.ts'
import { choosesRatio, modelLimits, widestLimits } from './model-limits.ts'
import { tagFaults } from './prompt.ts'
import type { Rule } from './rule.ts'

/** In this order no rule reads a field at which an earlier rule may report, so every broken rule is reported. */
export const rules: readonly Rule[] = [
  {
    path: 'prompt',
    reads: ['prompt'],
    broken: (request) => {
      const faults = tagFaults(request.prompt ?? '', {
        image: countIn(request.reference_images),
        video: countIn(request.reference_videos),
        audio: countIn(request.reference_audios),
      })
      return faults.length > 0 ? faults.join('; ') : null
    },
  },
  {
    path: 'prompt',
    reads: ['prompt'],
    counts: ['first_frame', 'reference_images', 'reference_videos'],
    broken: ({ prompt, first_frame, reference_images, reference_videos }) =>
      prompt !== undefined ||
      first_frame !== undefined ||
      reference_images.length + reference_videos.length > 0
        ? null
        : 'is needed unless a first_frame, reference_images or reference_videos are given',
  },
  {
    path: 'last_frame',
    reads: [],
    counts: ['first_frame', 'last_frame'],
    broken: ({ first_frame, last_frame }) =>
      last_frame !== undefined && first_frame === undefined ? 'needs a first_frame' : null,
  },
  {
    path: 'first_frame',
    reads: [],
    counts: ['first_frame', 'reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      request.first_frame !== undefined && countReferences(request) > 0
        ? 'excludes reference_images, reference_videos and reference_audios: use frames or references'
        : null,
  },
  {
    path: 'duration',
    reads: ['model', 'duration'],
    broken: ({ model, duration }) => {
      const { min, max } = modelLimits[model].durationSeconds
      return duration === 'auto' || (duration >= min && duration <= max)
        ? null
        : `must be ${min} to ${max} for ${model}`
    },
  },
  {
    path: 'resolution',
    reads: ['model', 'resolution'],
    broken: ({ model, resolution }) => valueFault(model, modelLimits[model].resolutions, resolution),
  },
  {
    path: 'output_format',
    reads: ['model', 'output_format'],
    broken: ({ model, output_format = 'mp4' }) =>
      valueFault(model, modelLimits[model].outputFormats, output_format),
  },
  {
    path: 'aspect_ratio',
    reads: ['model', 'aspect_ratio'],
    counts: ['first_frame'],
    broken: ({ model, aspect_ratio = 'auto', first_frame }) =>
      aspect_ratio === 'auto' || choosesRatio(model, first_frame !== undefined)
        ? null
        : `must be auto, or left out, with a first_frame for ${model}: the video has the shape of the frame`,
  },
  referenceRule('images'),
  referenceRule('videos'),
  referenceRule('audios'),
  {
    path: 'reference_audios',
    reads: ['model'],
    counts: ['reference_images', 'reference_videos', 'reference_audios'],
    broken: (request) =>
      modelLimits[request.model].audios === 'beside_others' &&
      countReferences(request) > 0 &&
      countReferences(request) === request.reference_audios.length
        ? `needs at least one of reference_images or reference_videos beside it for ${request.model}`
        : null,
  },
  {
    path: 'callback_secret',
    reads: [],
    counts: ['callback_url', 'callback_secret'],
    broken: ({ callback_url, callback_secret }) =>
      callback_secret !== undefined && callback_url === undefined ? 'needs a callback_url to sign for' : null,
  },
  {
    path: 'callback_headers',
    reads: [],
    counts: ['callback_url', 'callback_headers'],
    broken: ({ callback_url, callback_headers = {} }) =>
      callback_url === undefined && Object.keys(callback_headers).length > 0
        ? 'needs a callback_url to be sent to'
        : null,
  },
  {
    path: 'callback_events',
    reads: ['callback_format'],
    counts: ['callback_events'],
    broken: ({ callback_events, callback_format }) =>
      formatFault(
        callback_format,
        eventTypes.filter((type) => callback_events.includes(type)),
      ),
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

/** A value that is no list may become a list of any length. */
function countIn(list: unknown): number {
  return Array.isArray(list) ? list.length : Number.POSITIVE_INFINITY
}

function referenceRule(kind: 'images' | 'videos' | 'audios'): Rule {
  const path = `reference_${kind}` as const
  return {
    path,
    reads: ['model'],
    counts: [path],
    broken: (request) => {
      const max = modelLimits[request.model].references[kind]
      const count = request[path].length
      // The schema of the field has its own message for more than any model takes.
      const isOver = count > max && count <= widestLimits.references[kind]
      return isOver ? `must have at most ${max} items for ${request.model}` : null
    },
  }
}

function valueFault<T extends string>(model: Model, allowed: readonly T[], value: T): string | null {
  if (allowed.includes(value)) return null
  return `must be ${listed(allowed)} for ${model}`
}

function listed(values: readonly string[]): string {
  const rest = values.slice(0, -1).join(', ')
  return `${rest}${rest === '' ? '' : ' or '}${values.at(-1)}`
}
