/** Scenario's request schema for a video, with its defaults. Unknown fields are refused. */

import { z } from 'zod'

const resolutions = ['480p', '720p', '1080p', '4k'] as const

type Resolution = (typeof resolutions)[number]

interface Abilities {
  /** In creative units. A model does not support a resolution without a price. */
  unitsPerSecond: Partial<Record<Resolution, number>>
  maxSeed?: number
}

/** Plausible prices: Scenario documents none, and returns them from dry runs only. */
const models = {
  'model_bytedance-seedance-2-0-mini': { unitsPerSecond: { '480p': 4, '720p': 8 } },
  'model_bytedance-seedance-2-0-fast': {
    unitsPerSecond: { '480p': 6, '720p': 14 },
    maxSeed: 4294967295,
  },
  'model_bytedance-seedance-2-0': { unitsPerSecond: { '480p': 8, '720p': 18, '1080p': 40, '4k': 160 } },
} satisfies Record<string, Abilities>

export type ScenarioModel = keyof typeof models

const modelName = z.custom<ScenarioModel>((value) => typeof value === 'string' && value in models)

export function readModel(name: string): ScenarioModel | undefined {
  return modelName.safeParse(name).data
}

const assetId = z.string().min(1)

const fields = z.strictObject({
  // A longer prompt is refused, never cut (Scenario's published skill).
  prompt: z.string().min(1).max(6000).optional(),
  image: assetId.optional(),
  lastFrameImage: assetId.optional(),
  // Scenario silently drops a value that is not an array, and bills the job; the simulator refuses it instead.
  referenceImages: z.array(assetId).max(9).optional(),
  referenceVideos: z.array(assetId).max(3).optional(),
  // Singular, unlike the other two.
  referenceAudio: z.array(assetId).max(3).optional(),
  duration: z
    .number()
    .refine((value) => value === -1 || (value >= 4 && value <= 15), 'Expected 4 to 15, or -1 for auto')
    .default(-1),
  resolution: z.enum(resolutions).default('720p'),
  aspectRatio: z.enum(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'adaptive']).default('adaptive'),
  generateAudio: z.boolean().default(true),
  seed: z.number().optional(),
})

export type ScenarioRequest = z.output<typeof fields>

export function readRequest(model: ScenarioModel, body: unknown) {
  const abilities: Abilities = models[model]
  return fields
    .superRefine((request, context) => {
      const refuse = (name: keyof ScenarioRequest, message: string) =>
        context.addIssue({ code: 'custom', path: [name], message })
      const { prompt, image, lastFrameImage, resolution, seed } = request
      const { referenceImages = [], referenceVideos = [], referenceAudio = [] } = request

      if (prompt === undefined && image === undefined && !hasReference(request)) {
        refuse('prompt', 'Required without a first frame, reference images or reference videos')
      }
      if (image !== undefined && referenceImages.length > 0) {
        refuse('referenceImages', 'Cannot be combined with image')
      }
      if (image !== undefined && referenceVideos.length > 0) {
        refuse('referenceVideos', 'Cannot be combined with image')
      }
      if (lastFrameImage !== undefined && image === undefined) refuse('lastFrameImage', 'Needs image')
      if (referenceAudio.length > 0 && !hasReference(request)) {
        refuse('referenceAudio', 'Needs at least one reference image or video')
      }
      if (abilities.unitsPerSecond[resolution] === undefined) {
        refuse('resolution', `${model} does not make ${resolution}`)
      }
      const { maxSeed } = abilities
      if (seed !== undefined && maxSeed !== undefined && (seed < 0 || seed > maxSeed)) {
        refuse('seed', `Expected 0 to ${maxSeed}`)
      }
    })
    .safeParse(body)
}

function hasReference({ referenceImages = [], referenceVideos = [] }: ScenarioRequest): boolean {
  return referenceImages.length + referenceVideos.length > 0
}

/** A unit's price depends on the plan. */
export const CREATIVE_UNITS_PER_USD = 100

/** Scenario's auto follows the longest reference video; the simulator always uses 5 s. */
const AUTO_SECONDS = 5

const VIDEO_REFERENCE_SHARE = 1.2

export function creativeUnitsFor(model: ScenarioModel, request: ScenarioRequest): number {
  const abilities: Abilities = models[model]
  const perSecond = abilities.unitsPerSecond[request.resolution]
  if (perSecond === undefined) throw new Error('A request without a price was accepted')
  const seconds = request.duration === -1 ? AUTO_SECONDS : request.duration
  const share = (request.referenceVideos ?? []).length > 0 ? VIDEO_REFERENCE_SHARE : 1
  return Math.ceil(perSecond * seconds * share)
}
