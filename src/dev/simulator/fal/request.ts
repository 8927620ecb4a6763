/** The input of fal's endpoints. An unknown field is refused, though fal may ignore it: it would be a misreading of ours. */
import { z } from 'zod'

const tiers = ['seedance-2.0', 'seedance-2.0/fast', 'seedance-2.0/mini', 'seedance-2.5'] as const
const operations = ['text-to-video', 'image-to-video', 'reference-to-video'] as const

type Tier = (typeof tiers)[number]
type Operation = (typeof operations)[number]

export interface Endpoint {
  tier: Tier
  operation: Operation
}

/** Undefined: there is no such endpoint. `path`: without a slash at its start. */
export function endpointAt(path: string): Endpoint | undefined {
  return tiers
    .flatMap((tier) => operations.map((operation) => ({ tier, operation })))
    .find(({ tier, operation }) => path === `bytedance/${tier}/${operation}`)
}

const link = z.url({ protocol: /^https?$/ })

const durations = ['auto', ...Array.from({ length: 27 }, (_, index) => String(index + 4))]

const fields = z.strictObject({
  prompt: z.string().min(1),
  resolution: z.enum(['480p', '720p', '1080p']).default('720p'),
  duration: z.enum(durations).default('auto'),
  aspect_ratio: z.enum(['auto', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16']).default('auto'),
  generate_audio: z.boolean().default(true),
  seed: z.int().optional(),
  end_user_id: z.string().optional(),
  image_url: link.optional(),
  end_image_url: link.optional(),
  image_urls: z.array(link).min(1).max(30).optional(),
  video_urls: z.array(link).min(1).max(10).optional(),
  audio_urls: z.array(link).min(1).max(10).optional(),
})

export type FalInput = z.output<typeof fields>

export function inputOf({ tier, operation }: Endpoint) {
  return fields.superRefine((input, context) => {
    const refuse = (name: keyof FalInput, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message })
    const foreign = [
      ...(operation === 'image-to-video' ? [] : (['image_url', 'end_image_url'] as const)),
      ...(operation === 'reference-to-video' ? [] : (['image_urls', 'video_urls', 'audio_urls'] as const)),
    ]
    for (const name of foreign) if (input[name] !== undefined) refuse(name, 'Extra inputs are not permitted')
    if (operation === 'image-to-video' && input.image_url === undefined) refuse('image_url', 'Field required')
    const { image_urls: images = [], video_urls: videos = [], audio_urls: audios = [] } = input
    if (tier === 'seedance-2.5') {
      // The text endpoint of 2.5 has no seed.
      if (operation === 'text-to-video' && input.seed !== undefined)
        refuse('seed', 'Extra inputs are not permitted')
      return
    }
    if (input.duration !== 'auto' && Number(input.duration) > 15)
      refuse('duration', 'Input should be at most 15')
    if (tier !== 'seedance-2.0' && input.resolution === '1080p')
      refuse('resolution', 'Input should be 480p or 720p')
    if (images.length > 9 || videos.length > 3 || audios.length > 3)
      refuse('image_urls', 'Too many references')
    if (images.length + videos.length + audios.length > 12) refuse('image_urls', 'At most 12 files in all')
    if (audios.length > 0 && images.length + videos.length === 0)
      refuse('audio_urls', 'At least one reference image or video is required')
  })
}

/** In US dollars per second. 1080p of 2.0 is not published: it has the price of its tokens. */
const prices: Record<Tier, Record<FalInput['resolution'], number>> = {
  'seedance-2.0': { '480p': 0.1442, '720p': 0.3034, '1080p': 0.696 },
  'seedance-2.0/fast': { '480p': 0.1154, '720p': 0.2419, '1080p': 0 },
  'seedance-2.0/mini': { '480p': 0.0721, '720p': 0.1547, '1080p': 0 },
  'seedance-2.5': { '480p': 0.2205, '720p': 0.473, '1080p': 1.164 },
}

/** With videos in the input, their seconds count too, and every second costs less. */
export function usdFor(
  { tier }: Endpoint,
  { duration, resolution, video_urls: videos = [] }: FalInput,
): number {
  const seconds = duration === 'auto' ? AUTO_SECONDS : Number(duration)
  const perSecond = prices[tier][resolution]
  return videos.length === 0
    ? perSecond * seconds
    : 0.6 * perSecond * (seconds + videos.length * INPUT_VIDEO_SECONDS)
}

const AUTO_SECONDS = 5
const INPUT_VIDEO_SECONDS = 3
