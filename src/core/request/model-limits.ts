/**
 * The limits of each model at every provider. A provider may offer less (`Capabilities.models`). Sources: ModelArk's pages on
 * its video generation API and on Seedance 2.5. Plain data, for the published client too.
 */
import { type Model, models, type OutputFormat, type Resolution } from './choices.ts'

export interface ModelLimits {
  durationSeconds: { min: number; max: number }
  /** The largest number of references of each kind. */
  references: { images: number; videos: number; audios: number }
  /** Whether reference audios need an image or a video beside them. */
  audios: 'beside_others' | 'also_alone'
  resolutions: readonly Resolution[]
  outputFormats: readonly OutputFormat[]
  /** Whether a request with a first frame may choose the aspect ratio, or always gets that of the frame. */
  ratioWithFrames: 'chosen' | 'of_frame'
  /** How long a job may take if its request does not say. */
  deadlineSeconds: number
}

const seedance20 = {
  durationSeconds: { min: 4, max: 15 },
  references: { images: 9, videos: 3, audios: 3 },
  audios: 'beside_others',
  resolutions: ['480p', '720p'],
  outputFormats: ['mp4'],
  ratioWithFrames: 'chosen',
  deadlineSeconds: 1_800,
} as const satisfies ModelLimits

export const modelLimits: Readonly<Record<Model, ModelLimits>> = {
  'seedance-2.0': { ...seedance20, resolutions: ['480p', '720p', '1080p', '4k'] },
  'seedance-2.0-fast': seedance20,
  'seedance-2.0-mini': seedance20,
  'seedance-2.5': {
    durationSeconds: { min: 4, max: 30 },
    references: { images: 30, videos: 10, audios: 10 },
    audios: 'also_alone',
    resolutions: ['480p', '720p', '1080p'],
    outputFormats: ['mp4', 'mov'],
    ratioWithFrames: 'of_frame',
    // Twice the seconds take twice the time.
    deadlineSeconds: 3_600,
  },
}

/** Whether a request may choose the aspect ratio. `model`: also one that this release does not know. */
export function choosesRatio(model: string | null, hasFirstFrame: boolean): boolean {
  const known = models.find((one) => one === model)
  return !hasFirstFrame || known === undefined || modelLimits[known].ratioWithFrames === 'chosen'
}

/** The widest limits of all models: what the schema of a request allows before its model is considered. */
export const widestLimits = {
  durationSeconds: {
    min: Math.min(...all(({ durationSeconds }) => durationSeconds.min)),
    max: Math.max(...all(({ durationSeconds }) => durationSeconds.max)),
  },
  references: {
    images: Math.max(...all(({ references }) => references.images)),
    videos: Math.max(...all(({ references }) => references.videos)),
    audios: Math.max(...all(({ references }) => references.audios)),
  },
}

function all(read: (limits: ModelLimits) => number): number[] {
  return models.map((model) => read(modelLimits[model]))
}
