/** The request body of AI/ML API, a flat object (its page on Seedance 2.0 Mini), and the requests it refuses. */
import { z } from 'zod'
import type { AspectRatio } from '../../core/request/choices.ts'
import { maxUrlLength, modeOf } from '../../core/request/media.ts'
import { capitalizedKinds, renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { urlOf, urlOrTextOf } from '../../core/url/parse.ts'
import type { Reason } from '../provider.ts'
import { lacking, modelIdOf } from './models.ts'

export function generationOf(request: JobRequest) {
  return {
    model: modelIdOf(request),
    prompt: promptOf(request),
    ...mediaInput(request),
    ...ratioOf(request),
    resolution: request.resolution,
    // A number by its schema; its example sends a string.
    duration: request.duration,
    generate_audio: request.generate_audio,
    ...(request.seed !== undefined && { seed: request.seed }),
    ...options.parse(request.provider_options.aimlapi ?? {}),
  }
}

/** The prompt as sent, with the provider's form of tags. The length limits apply to it. */
export function promptOf({ prompt = '' }: JobRequest): string {
  return renderPrompt(prompt, (kind, number) => `@${capitalizedKinds[kind]}${number}`)
}

function mediaInput(request: JobRequest) {
  return {
    ...(request.first_frame !== undefined && { image_url: request.first_frame }),
    ...(request.last_frame !== undefined && { last_image_url: request.last_frame }),
    ...(request.reference_images.length > 0 && { image_urls: request.reference_images }),
    ...(request.reference_videos.length > 0 && { video_urls: request.reference_videos }),
    ...(request.reference_audios.length > 0 && { audio_urls: request.reference_audios }),
  }
}

// Undocumented for a first frame of another shape, so we never send 16:9 with one by default. It has no value for `auto`,
// which a request with frames may name where the video always has the shape of the frame.
function ratioOf({ aspect_ratio: ratio, ...request }: JobRequest) {
  if (modeOf(request) !== 'frames') return { aspect_ratio: ratio ?? '16:9' }
  return ratio === undefined || ratio === 'auto' ? {} : { aspect_ratio: ratio }
}

/** `audio_url` and `video_url` take what the lists do not: an asset id, or base64 without a data: URI. */
export const options = z.strictObject({
  provider: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['bytedance', 'fal', 'auto']))
    .optional(),
  watermark: z.boolean().optional(),
  audio_url: urlOrTextOf(z.string().min(1).max(300_000), maxUrlLength).optional(),
  video_url: urlOf(2_048).optional(),
})

/** The documented rules for the options. Those for `audio_urls` and `video_urls` apply to the single forms as well. */
export function refuseOptions(request: JobRequest): Reason[] {
  const parsed = options.safeParse(request.provider_options.aimlapi ?? {})
  if (!parsed.success) return []
  const { audio_url, video_url } = parsed.data
  const { reference_images, reference_videos, reference_audios, model } = request
  const isFramed = modeOf(request) === 'frames'
  const used = optionNames.filter((name) => parsed.data[name] !== undefined)
  const usedMedia = used.filter((name) => name !== 'watermark')
  const reasons: [name: string, message: string][] = []
  for (const name of used) {
    if (lacking[model]?.includes(name)) reasons.push([name, `cannot be used with ${model}`])
  }
  if (isFramed) {
    for (const name of usedMedia) reasons.push([name, 'cannot be used with a first_frame'])
  }
  if (audio_url !== undefined && reference_audios.length > 0) {
    reasons.push(['audio_url', 'cannot be used with reference_audios'])
  }
  if (video_url !== undefined && reference_videos.length > 0) {
    reasons.push(['video_url', 'cannot be used with reference_videos'])
  }
  const isAlone = video_url === undefined && reference_images.length + reference_videos.length === 0
  if (audio_url !== undefined && isAlone && !isFramed) {
    reasons.push(['audio_url', 'needs reference_images, reference_videos or video_url'])
  }
  return reasons.map(([name, message]) => ({ path: `provider_options.aimlapi.${name}`, message }))
}

const optionNames = ['audio_url', 'video_url', 'watermark'] as const

export const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const satisfies readonly AspectRatio[]
