/** AI/ML API's request schema for a video. Unknown fields are refused. */

import { z } from 'zod'

const resolutions = ['480p', '720p', '1080p', '4k'] as const

type Resolution = (typeof resolutions)[number]

interface Abilities {
  /** A model does not support a resolution without a price. */
  usdPerSecond: Partial<Record<Resolution, number>>
  defaultSeconds: number
  maxSeconds: number
  maxItems: { image_urls: number; video_urls: number; audio_urls: number }
  /** Whether audio needs no image or video, and a frame decides the aspect ratio. */
  is25: boolean
  lacks: readonly ('audio_url' | 'video_url' | 'watermark')[]
}

const of20 = {
  maxSeconds: 15,
  maxItems: { image_urls: 9, video_urls: 3, audio_urls: 3 },
  is25: false,
}

/** Mini at 480p has the price of the documented example; the other prices are plausible values. */
const models = {
  'bytedance/dreamina-seedance-2-0-mini': {
    ...of20,
    usdPerSecond: { '480p': 0.012, '720p': 0.027 },
    defaultSeconds: 5,
    lacks: [],
  },
  'bytedance/seedance-2-0-fast': {
    ...of20,
    usdPerSecond: { '480p': 0.02, '720p': 0.045 },
    defaultSeconds: 8,
    lacks: ['audio_url', 'video_url', 'watermark'],
  },
  'bytedance/seedance-2-0': {
    ...of20,
    usdPerSecond: { '480p': 0.03, '720p': 0.07, '1080p': 0.15, '4k': 0.6 },
    defaultSeconds: 5,
    lacks: [],
  },
  // Its page was not available: the limits are those of ModelArk, in the forms of the other pages.
  'bytedance/seedance-2-5': {
    usdPerSecond: { '480p': 0.11, '720p': 0.24, '1080p': 0.58 },
    defaultSeconds: 5,
    maxSeconds: 30,
    maxItems: { image_urls: 30, video_urls: 10, audio_urls: 10 },
    is25: true,
    lacks: ['audio_url', 'video_url', 'watermark'],
  },
} satisfies Record<string, Abilities>

/** Every model with its prices, for the public catalogue. */
export function pricedModels(): { id: string; prices: [Resolution, number][] }[] {
  return Object.entries<Abilities>(models).map(([id, { usdPerSecond }]) => ({
    id,
    prices: resolutions.flatMap((resolution): [Resolution, number][] => {
      const price = usdPerSecond[resolution]
      return price === undefined ? [] : [[resolution, price]]
    }),
  }))
}

type AimlapiModel = keyof typeof models

const modelName = z.custom<AimlapiModel>(
  (value) => typeof value === 'string' && value in models,
  'Unknown model',
)

/** An unknown model is a 404, not a 400. */
export function namesUnknownModel(body: unknown): boolean {
  const named = z.object({ model: z.string() }).safeParse(body)
  return named.success && !modelName.safeParse(named.data.model).success
}

const webUrl = z.url({ protocol: /^https?$/ })

function urlOr(others: RegExp, message: string) {
  return z.string().refine((value) => webUrl.safeParse(value).success || others.test(value), message)
}

const image = urlOr(/^data:image\/[a-z0-9.+-]+;base64,/i, 'Expected a URL or a Base64 data URI')
const audio = urlOr(
  /^(?:data:audio\/[a-z0-9.+-]+;base64,|asset:\/\/\S)/i,
  'Expected a URL, a Base64 data URI or an asset ID',
)

/** "URL, Base64-encoded string or asset ID": the form of an id is not documented. */
const singleAudio = z.union(
  [audio, z.string().regex(/^[\w+/.-]+={0,2}$/)],
  'Expected a URL, a Base64-encoded string or an asset ID',
)

/** The documented example sends a string, the schema says integer; both are accepted. */
const duration = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number)], 'Expected an integer')
  .pipe(z.int().min(4))

const fields = z.strictObject({
  model: modelName,
  prompt: z.string().min(1),
  provider: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['bytedance', 'fal', 'auto']))
    .optional(),
  image_url: image.optional(),
  last_image_url: image.optional(),
  audio_url: singleAudio.optional(),
  video_url: webUrl.optional(),
  image_urls: z.array(image).min(1).optional(),
  audio_urls: z.array(audio).min(1).optional(),
  video_urls: z.array(webUrl).min(1).optional(),
  aspect_ratio: z.enum(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16']).optional(),
  resolution: z.enum(resolutions).optional(),
  duration: duration.optional(),
  generate_audio: z.boolean().optional(),
  seed: z.int().optional(),
  watermark: z.boolean().optional(),
})

export type AimlapiRequest = z.output<typeof fields>

/** The documents do not say whether frames exclude references, or a last frame needs a first: neither is refused. */
export const aimlapiRequest = fields.superRefine((request, context) => {
  const refuse = (name: keyof AimlapiRequest, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message })
  const abilities: Abilities = models[request.model]
  const { resolution = '720p', image_url, video_url, image_urls, video_urls } = request
  const hasReference = image_urls !== undefined || video_urls !== undefined

  for (const name of abilities.lacks) {
    if (request[name] !== undefined) refuse(name, `${request.model} has no such field`)
  }
  if (abilities.usdPerSecond[resolution] === undefined) {
    refuse('resolution', `${request.model} does not make ${resolution}`)
  }
  if (request.duration !== undefined && request.duration > abilities.maxSeconds) {
    refuse('duration', `Expected at most ${abilities.maxSeconds}`)
  }
  for (const name of listNames) {
    const max = abilities.maxItems[name]
    if ((request[name]?.length ?? 0) > max) refuse(name, `Expected at most ${max} items`)
  }
  if (abilities.is25 && image_url !== undefined && request.aspect_ratio !== undefined) {
    refuse('aspect_ratio', 'Follows the first frame')
  }
  if (request.audio_urls !== undefined && !hasReference && !abilities.is25) {
    refuse('audio_urls', 'Needs at least one of image_urls or video_urls')
  }
  const hasAny = hasReference || image_url !== undefined || video_url !== undefined
  if (request.audio_url !== undefined && !hasAny) {
    refuse('audio_url', 'Needs at least one reference image or video')
  }
})

const listNames = ['image_urls', 'video_urls', 'audio_urls'] as const

/** From the documented example: 120000 credits are 0.06 USD. */
const CREDITS_PER_USD = 2_000_000

export function creditsFor(request: AimlapiRequest): number {
  const abilities: Abilities = models[request.model]
  const perSecond = abilities.usdPerSecond[request.resolution ?? '720p']
  if (perSecond === undefined) throw new Error('A request without a price was accepted')
  return Math.round(perSecond * (request.duration ?? abilities.defaultSeconds) * CREDITS_PER_USD)
}

export function usdOf(credits: number): number {
  return credits / CREDITS_PER_USD
}
