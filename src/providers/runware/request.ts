/** The request body of Runware: one `videoInference` task (sources: model page of Seedance 2.0 Mini; the family's pixel sizes). */
import { z } from 'zod'
import type { AspectRatio, Model, Resolution } from '../../core/request/choices.ts'
import { modeOf } from '../../core/request/media.ts'
import { renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import type { Submission } from '../provider.ts'

export function taskOf({ callbackUrl, uploadUrl, ...submission }: Submission) {
  return {
    ...dryRunOf(submission),
    webhookURL: callbackUrl,
    ...(uploadUrl !== undefined && { uploadEndpoint: uploadUrl }),
  }
}

/** The same without the callback and the upload URL, for an estimate. */
export function dryRunOf({
  request,
  wanted,
  clientReference,
}: Pick<Submission, 'request' | 'wanted' | 'clientReference'>) {
  const { directUpload: _, ...parameters } = optionsOf(request)
  return {
    taskType: 'videoInference',
    taskUUID: clientReference,
    model: modelIds[request.model],
    positivePrompt: promptOf(request),
    ...shapeOf(request),
    ...inputsOf(request),
    duration: request.duration,
    numberResults: wanted,
    settings: { audio: request.generate_audio },
    deliveryMethod: 'async',
    outputType: 'URL',
    includeCost: true,
    ...parameters,
  }
}

/** The prompt as sent. The length limits apply to it. */
export function promptOf({ prompt = '' }: JobRequest): string {
  // Tags are undocumented, so plain words replace them.
  return renderPrompt(prompt, (kind, number) => `${kind} ${number}`)
}

export function optionsOf(request: JobRequest) {
  return options.parse(request.provider_options.runware ?? {})
}

// `resolution` is for frame mode only, where the video has the shape of the image (model page).
function shapeOf(request: JobRequest) {
  if (modeOf(request) === 'frames') return { resolution: request.resolution }
  const ratio = ratios.find((listed) => listed === request.aspect_ratio) ?? '16:9'
  const [width, height] = pixels[request.resolution][ratio]
  return { width, height }
}

function inputsOf(request: JobRequest) {
  const frameImages = [
    ...(request.first_frame === undefined ? [] : [{ image: request.first_frame, frame: 'first' }]),
    ...(request.last_frame === undefined ? [] : [{ image: request.last_frame, frame: 'last' }]),
  ]
  const inputs = {
    ...(frameImages.length > 0 && { frameImages }),
    ...(request.reference_images.length > 0 && { referenceImages: request.reference_images }),
    ...(request.reference_videos.length > 0 && { referenceVideos: request.reference_videos }),
    ...(request.reference_audios.length > 0 && { referenceAudios: request.reference_audios }),
  }
  return Object.keys(inputs).length > 0 ? { inputs } : {}
}

export const options = z.strictObject({
  directUpload: z.boolean().optional().meta({
    description:
      'Whether Runware uploads the video to Reelhook (its uploadEndpoint) instead of Reelhook downloading it. Default: the setting RUNWARE_UPLOADS.',
  }),
  outputFormat: z.enum(['MP4', 'WEBM', 'MOV']).optional(),
  outputQuality: z.int().min(20).max(99).optional(),
  // The default covers every attempt to copy the result.
  ttl: z.int().min(60).default(86_400),
  safety: z
    .strictObject({
      checkContent: z.boolean().optional(),
      mode: z.enum(['none', 'fast', 'full']).optional(),
    })
    .optional(),
})

const modelIds: Record<Model, string> = {
  'seedance-2.0': 'bytedance:seedance@2.0',
  'seedance-2.0-fast': 'bytedance:seedance@2.0-fast',
  'seedance-2.0-mini': 'bytedance:seedance@2.0-mini',
}

// Text and reference mode take pixels, not ratios (model page). 720p 21:9 and everything above 720p: the family's table.
const pixels: Record<Resolution, Record<PixelRatio, readonly [number, number]>> = {
  '480p': {
    '16:9': [864, 496],
    '4:3': [752, 560],
    '1:1': [640, 640],
    '3:4': [560, 752],
    '9:16': [496, 864],
    '21:9': [992, 432],
  },
  '720p': {
    '16:9': [1280, 720],
    '4:3': [1112, 834],
    '1:1': [960, 960],
    '3:4': [834, 1112],
    '9:16': [720, 1280],
    '21:9': [1470, 630],
  },
  '1080p': {
    '16:9': [1920, 1080],
    '4:3': [1664, 1248],
    '1:1': [1440, 1440],
    '3:4': [1248, 1664],
    '9:16': [1080, 1920],
    '21:9': [2206, 946],
  },
  '4k': {
    '16:9': [3840, 2160],
    '4:3': [3326, 2494],
    '1:1': [2880, 2880],
    '3:4': [2494, 3326],
    '9:16': [2160, 3840],
    '21:9': [4398, 1886],
  },
}

export const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const satisfies readonly AspectRatio[]
type PixelRatio = (typeof ratios)[number]
