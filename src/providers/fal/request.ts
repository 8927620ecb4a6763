/** The endpoints of fal, one for each model and mode, and the input of each. Source: the API pages of the models. */
import { z } from 'zod'
import type { Model } from '../../core/request/choices.ts'
import { countReferences, type Mode, modeOf } from '../../core/request/media.ts'
import { capitalizedKinds, renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import type { Reason } from '../provider.ts'

/** Below the address of the queue. A path that does not exist is accepted too, and its request brings no result. */
export function endpointOf(request: JobRequest): string {
  return `/bytedance/${tiers[request.model]}/${operations[modeOf(request)]}`
}

export function inputOf(request: JobRequest) {
  const isFramed = modeOf(request) === 'frames'
  return {
    prompt: promptOf(request),
    ...mediaInput(request),
    resolution: request.resolution,
    // A number is refused: the durations are the strings "auto", "4", "5" and so on.
    duration: String(request.duration),
    aspect_ratio: request.aspect_ratio ?? (isFramed ? 'auto' : '16:9'),
    generate_audio: request.generate_audio,
    ...(request.seed !== undefined && { seed: request.seed }),
    ...options.parse(request.provider_options.fal ?? {}),
  }
}

/** The prompt as sent, with the provider's form of tags. The length limits apply to it. */
export function promptOf({ prompt = '' }: JobRequest): string {
  return renderPrompt(prompt, (kind, number) => `@${capitalizedKinds[kind]}${number}`)
}

/** "Total files across all modalities must not exceed 12." For 2.5 there is no such limit. */
export function refuseTooManyFiles(request: JobRequest): Reason[] {
  const count = countReferences(request)
  if (count <= maxFiles || request.model === 'seedance-2.5') return []
  const message = `must have at most ${maxFiles} files together with the other references, but there are ${count}`
  const path = ['reference_audios', 'reference_videos', 'reference_images'].find(
    (field) => Reflect.get(request, field).length > 0,
  )
  return path === undefined ? [] : [{ path, message }]
}

const maxFiles = 12

function mediaInput(request: JobRequest) {
  return {
    ...(request.first_frame !== undefined && { image_url: request.first_frame }),
    ...(request.last_frame !== undefined && { end_image_url: request.last_frame }),
    ...(request.reference_images.length > 0 && { image_urls: request.reference_images }),
    ...(request.reference_videos.length > 0 && { video_urls: request.reference_videos }),
    ...(request.reference_audios.length > 0 && { audio_urls: request.reference_audios }),
  }
}

export const options = z.strictObject({
  end_user_id: z.string().min(1).optional(),
})

/** The first part is the app, which the addresses of a request have (task-id.ts). */
export const tiers: Record<Model, string> = {
  'seedance-2.0': 'seedance-2.0',
  'seedance-2.0-fast': 'seedance-2.0/fast',
  'seedance-2.0-mini': 'seedance-2.0/mini',
  'seedance-2.5': 'seedance-2.5',
}

const operations: Record<Mode, string> = {
  text: 'text-to-video',
  frames: 'image-to-video',
  references: 'reference-to-video',
}
