/** The request of a `videoInference` task, as strict as the specification: unknown fields are refused. */

import { z } from 'zod'
import { type Model, models, prices, type Resolution, resolutionOf } from './models.ts'

const webUrl = z.url({ protocol: /^https?$/ })
const uuid = z.uuid()
const imageInput = z.string().refine(isImageInput, 'Expected a UUID, a URL, a data URI or base64')
const linkedInput = z
  .string()
  .refine(isLinkedInput, 'Expected a UUID or a URL; a data URI is not accepted here')

const frameImage = z.strictObject({
  image: imageInput,
  frame: z.literal(['first', 'last', 0, -1]).optional(),
})

const fields = z.strictObject({
  taskType: z.literal('videoInference'),
  taskUUID: z.uuidv4(),
  model: z.enum(models),
  positivePrompt: z.string().min(2).max(10000),
  inputs: z
    .strictObject({
      frameImages: z.union([z.array(imageInput).min(1).max(2), z.array(frameImage).min(1).max(2)]).optional(),
      referenceImages: z.array(imageInput).min(1).max(9).optional(),
      referenceVideos: z.array(linkedInput).min(1).max(3).optional(),
      referenceAudios: z.array(linkedInput).min(1).max(3).optional(),
    })
    .optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  resolution: z.enum(['480p', '720p', '1080p', '4k']).optional(),
  duration: z.int().min(4).max(15).optional(),
  settings: z.strictObject({ audio: z.boolean().optional() }).optional(),
  numberResults: z.int().min(1).max(4).optional(),
  outputType: z.literal('URL').optional(),
  // The served file is always an MP4.
  outputFormat: z.enum(['MP4', 'WEBM', 'MOV']).optional(),
  outputQuality: z.int().min(20).max(99).optional(),
  deliveryMethod: z.literal('async').optional(),
  webhookURL: webUrl.optional(),
  uploadEndpoint: webUrl.optional(),
  ttl: z.int().min(60).optional(),
  includeCost: z.boolean().optional(),
  safety: z
    .strictObject({
      checkContent: z.boolean().optional(),
      mode: z.enum(['none', 'fast', 'full']).optional(),
    })
    .optional(),
})

export type RunwareRequest = z.output<typeof fields>

/** The rules over several fields (the model's page). Each has an error code and the parameters at fault. */
export const runwareRequest = fields.superRefine((request, context) => {
  const refuse = (code: string, parameter: string | string[], message: string) =>
    context.addIssue({ code: 'custom', message, params: { code, parameter } })
  const { inputs = {}, width, height, resolution, model } = request
  const hasFrames = inputs.frameImages !== undefined
  const hasPixels = width !== undefined && height !== undefined

  if ((width === undefined) !== (height === undefined)) {
    refuse('missingDimensionParameters', ['width', 'height'], 'width and height go together')
  } else if (!hasPixels && !hasFrames) {
    refuse(
      'missingDimensionParameters',
      ['width', 'height'],
      'Either inputs.frameImages or width and height must be given',
    )
  }
  if (resolution !== undefined && (width !== undefined || height !== undefined)) {
    refuse('conflictResolution', 'resolution', 'resolution cannot be combined with width and height')
  } else if (resolution !== undefined && !hasFrames) {
    refuse('unsupportedResolution', 'resolution', 'resolution needs inputs.frameImages')
  }
  const unpriced = resolution !== undefined && prices[model][resolution] === undefined
  if (unpriced) refuse('unsupportedResolution', 'resolution', `${model} does not make ${resolution}`)
  if (hasPixels && !isPairOf(model, width, height)) {
    refuse('unsupportedDimensions', ['width', 'height'], `${width}x${height} is not a size of ${model}`)
  }
  // How several files would share one URL is not documented, so it is refused.
  if (request.uploadEndpoint !== undefined && (request.numberResults ?? 1) > 1) {
    refuse('conflictUploadEndpoint', ['uploadEndpoint', 'numberResults'], 'uploadEndpoint takes one result')
  }
  for (const name of ['referenceImages', 'referenceVideos', 'referenceAudios'] as const) {
    if (!hasFrames || inputs[name] === undefined) continue
    refuse('conflictInputs', ['inputs.frameImages', `inputs.${name}`], 'Frames exclude references')
  }
})

export const runwarePoll = z.strictObject({ taskType: z.literal('getResponse'), taskUUID: uuid })

const DEFAULT_DURATION_SECONDS = 5

/** USD for one result. */
export function priceOf(request: RunwareRequest): number {
  const price = prices[request.model][sizeOf(request)]
  if (price === undefined) throw new Error('A request without a price was accepted')
  const perSecond = request.inputs?.referenceVideos === undefined ? price.plain : price.withVideo
  return Number((perSecond * (request.duration ?? DEFAULT_DURATION_SECONDS)).toFixed(6))
}

function sizeOf({ width, height, resolution = '720p' }: RunwareRequest): Resolution {
  if (width === undefined || height === undefined) return resolution
  return resolutionOf(width, height) ?? resolution
}

function isPairOf(model: Model, width: number, height: number): boolean {
  const resolution = resolutionOf(width, height)
  return resolution !== undefined && prices[model][resolution] !== undefined
}

function isImageInput(value: string): boolean {
  if (isLinkedInput(value) || /^data:image\/[a-z0-9.+-]+;base64,/i.test(value)) return true
  return value.length >= 32 && /^[A-Za-z0-9+/]+={0,2}$/.test(value)
}

function isLinkedInput(value: string): boolean {
  return webUrl.safeParse(value).success || uuid.safeParse(value).success
}
