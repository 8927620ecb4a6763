/**
 * Crun's request schema. A model id contains a tier and a mode, and the mode decides which input fields exist. Unknown
 * fields are refused.
 */

import { z } from 'zod'

const webUrl = z.url({ protocol: /^https?$/ })
const media = z
  .string()
  .refine(
    (value) => webUrl.safeParse(value).success || /^asset:\/\/\S+$/.test(value),
    'Expected a public URL or asset://<AssetId>; base64 and data URIs are not accepted',
  )

const resolutions = ['480p', '720p', '1080p'] as const

const fields = z.strictObject({
  model: z.enum([
    'bytedance/seedance2-0-t2v',
    'bytedance/seedance2-0-i2v',
    'bytedance/seedance2-0-r2v',
    'bytedance/seedance2-0-fast-t2v',
    'bytedance/seedance2-0-fast-i2v',
    'bytedance/seedance2-0-fast-r2v',
    'bytedance/seedance2-0-mini-t2v',
    'bytedance/seedance2-0-mini-i2v',
    'bytedance/seedance2-0-mini-r2v',
  ]),
  callback_url: webUrl.optional(),
  input: z.strictObject({
    prompt: z.string().min(1),
    img_urls: z.array(media).min(1).max(2).optional(),
    // The maximum counts are the upstream provider's; Crun's are not documented.
    reference_images: z.array(media).min(1).max(9).optional(),
    reference_videos: z.array(media).min(1).max(3).optional(),
    reference_audios: z.array(media).min(1).max(3).optional(),
    resolution: z.enum(resolutions).optional(),
    aspect_ratio: z.enum(['21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'auto']).optional(),
    duration: z.int().min(4).max(15).optional(),
    audio: z.boolean().optional(),
    return_last_frame: z.boolean().optional(),
    byteplus_fallback: z.boolean().optional(),
  }),
})

export type CrunRequest = z.output<typeof fields>

type Tier = 'standard' | 'fast' | 'mini'

export const crunRequest = fields.superRefine(({ model, input }, context) => {
  const refuse = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: ['input', name], message })
  const { tier, mode } = readModel(model)

  const foreign = [
    ...(mode === 'i2v' ? [] : (['img_urls'] as const)),
    ...(mode === 'r2v' ? [] : (['reference_images', 'reference_videos', 'reference_audios'] as const)),
    ...(tier === 'mini' ? [] : (['byteplus_fallback'] as const)),
  ]
  for (const name of foreign) {
    if (input[name] !== undefined) refuse(name, `${model} has no such field`)
  }
  if (mode === 'i2v' && input.img_urls === undefined) refuse('img_urls', 'Field required')
  if (mode === 'r2v' && input.reference_images === undefined && input.reference_videos === undefined) {
    refuse('reference_images', 'At least one of reference_images or reference_videos must be provided')
  }
  if (mode !== 'i2v' && input.aspect_ratio === 'auto')
    refuse('aspect_ratio', `${model} does not support auto`)
  if (tier !== 'standard' && input.resolution === '1080p') {
    refuse('resolution', `${model} makes 480p and 720p only`)
  }
})

function readModel(model: CrunRequest['model']): {
  tier: Tier
  mode: 't2v' | 'i2v' | 'r2v'
} {
  const mode = model.endsWith('-t2v') ? 't2v' : model.endsWith('-i2v') ? 'i2v' : 'r2v'
  if (model.includes('-mini-')) return { tier: 'mini', mode }
  return { tier: model.includes('-fast-') ? 'fast' : 'standard', mode }
}

/** The credits of mini follow third-party notes; the other tiers have plausible values. */
export const CREDITS_PER_USD = 206

const creditsPerSecond: Record<Tier, Record<(typeof resolutions)[number], number>> = {
  mini: { '480p': 3, '720p': 6, '1080p': 12 },
  fast: { '480p': 5, '720p': 11, '1080p': 22 },
  standard: { '480p': 8, '720p': 17, '1080p': 38 },
}

export function creditsFor({ model, input }: CrunRequest): number {
  // Default 720p is documented; default 5 s is from a third party.
  const { resolution = '720p', duration = 5 } = input
  return creditsPerSecond[readModel(model).tier][resolution] * duration
}
