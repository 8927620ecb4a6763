/** What AI/ML API is sent: one flat body (its page on Seedance 2.0 Mini), and what it cannot be sent. */
import { z } from 'zod'
import { maxUrlLength, modeOf } from '../../core/request/media.ts'
import { renderPrompt } from '../../core/request/prompt.ts'
import type { AspectRatio, JobRequest, Model } from '../../core/request/request.ts'
import { urlOf, urlOrTextOf } from '../../core/url/parse.ts'
import type { Reason } from '../provider.ts'

export function generationOf(request: JobRequest) {
  return {
    model: modelIds[request.model],
    prompt: promptOf(request),
    ...mediaInput(request),
    ...ratioOf(request),
    resolution: request.resolution,
    // Its schema's type; its own example sends a text.
    duration: request.duration,
    generate_audio: request.generate_audio,
    ...(request.seed !== undefined && { seed: request.seed }),
    ...options.parse(request.provider_options.aimlapi ?? {}),
  }
}

/** The prompt with its tags written as the provider wants them: that is what its limits are about. */
export function promptOf({ prompt = '' }: JobRequest): string {
  return renderPrompt(prompt, (kind, number) => `@${tagNames[kind]}${number}`)
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

// What 16:9 does to a first frame of another shape is undocumented, so nobody gets it unasked.
function ratioOf(request: JobRequest) {
  if (request.aspect_ratio !== undefined) return { aspect_ratio: request.aspect_ratio }
  return modeOf(request) === 'frames' ? {} : { aspect_ratio: '16:9' }
}

/** The single `audio_url` and `video_url` are for what the lists do not take: an asset's id, a bare base64 text. */
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

const mediaOptions = ['audio_url', 'video_url'] as const

/** The rules of its own; what it says of `audio_urls` and `video_urls` goes for the single forms too. */
export function refuseOptions(request: JobRequest): Reason[] {
  const parsed = options.safeParse(request.provider_options.aimlapi ?? {})
  if (!parsed.success) return []
  const given = parsed.data
  const isAlone = request.reference_images.length + request.reference_videos.length === 0
  return [
    ...([...mediaOptions, 'watermark'] as const).flatMap((name) =>
      refuse(
        name,
        given[name] !== undefined && request.model === 'seedance-2.0-fast',
        'does not go with seedance-2.0-fast',
      ),
    ),
    ...mediaOptions.flatMap((name) =>
      refuse(
        name,
        given[name] !== undefined && modeOf(request) === 'frames',
        'does not go with a first_frame',
      ),
    ),
    ...refuse(
      'audio_url',
      given.audio_url !== undefined && request.reference_audios.length > 0,
      'excludes reference_audios',
    ),
    ...refuse(
      'video_url',
      given.video_url !== undefined && request.reference_videos.length > 0,
      'excludes reference_videos',
    ),
    ...refuse(
      'audio_url',
      given.audio_url !== undefined &&
        given.video_url === undefined &&
        isAlone &&
        modeOf(request) !== 'frames',
      'needs reference_images, reference_videos or video_url beside it',
    ),
  ]
}

function refuse(option: string, applies: boolean, message: string): Reason[] {
  return applies ? [{ path: `provider_options.aimlapi.${option}`, message }] : []
}

export const modelIds: Record<Model, string> = {
  'seedance-2.0': 'bytedance/seedance-2-0',
  'seedance-2.0-fast': 'bytedance/seedance-2-0-fast',
  'seedance-2.0-mini': 'bytedance/dreamina-seedance-2-0-mini',
}

const tagNames = { image: 'Image', video: 'Video', audio: 'Audio' } as const

export const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const satisfies readonly AspectRatio[]
