/** The request body of Runware: one `videoInference` task (source: model page of Seedance 2.0 Mini). */
import { z } from 'zod'
import type { AspectRatio, Model } from '../../core/request/choices.ts'
import { modeOf } from '../../core/request/media.ts'
import { pixelSizes } from '../../core/request/pixel-sizes.ts'
import { renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { idOf } from '../capabilities.ts'
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
    model: idOf(modelIds, request.model),
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
  // Text and reference mode take pixels, not ratios (model page).
  const [width, height] = pixelSizes[request.resolution][ratio]
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

const modelIds: Partial<Record<Model, string>> = {
  'seedance-2.0': 'bytedance:seedance@2.0',
  'seedance-2.0-fast': 'bytedance:seedance@2.0-fast',
  'seedance-2.0-mini': 'bytedance:seedance@2.0-mini',
}

export const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const satisfies readonly AspectRatio[]
