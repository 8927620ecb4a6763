/** BytePlus's request schema for a task. Fields and values that a model does not have are refused. */

import { z } from 'zod'
import { abilitiesOf, type ModelId, modelIds, ratios, resolutions } from './models.ts'

const webUrl = z.url({ protocol: /^https?$/ })
const assetId = /^asset:\/\/\S+$/

function urlOr(others: RegExp) {
  return z
    .string()
    .refine((value) => webUrl.safeParse(value).success || others.test(value), 'is not a valid URL')
}

const image = urlOr(/^(?:asset:\/\/\S+$|data:image\/[a-z0-9.+-]+;base64,)/)
const audio = urlOr(/^(?:asset:\/\/\S+$|data:audio\/[a-z0-9.+-]+;base64,)/)

const part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string().min(1) }),
  z.strictObject({
    type: z.literal('image_url'),
    image_url: z.strictObject({ url: image }),
    role: z.enum(['first_frame', 'last_frame', 'reference_image']),
  }),
  z.strictObject({
    type: z.literal('video_url'),
    video_url: z.strictObject({ url: urlOr(assetId) }),
    role: z.literal('reference_video'),
  }),
  z.strictObject({
    type: z.literal('audio_url'),
    audio_url: z.strictObject({ url: audio }),
    role: z.literal('reference_audio'),
  }),
])

const fields = z.strictObject({
  model: z.string(),
  content: z.array(part).min(1),
  resolution: z.enum(resolutions).optional(),
  ratio: z.enum(ratios).optional(),
  duration: z.int().optional(),
  generate_audio: z.boolean().optional(),
  watermark: z.boolean().optional(),
  return_last_frame: z.boolean().optional(),
  execution_expires_after: z.int().min(3_600).max(259_200).optional(),
  priority: z.int().min(0).max(9).optional(),
  safety_identifier: z.string().max(64).optional(),
  callback_url: webUrl.optional(),
  output_format: z.enum(['mp4', 'mov']).optional(),
  omni_reference_task_type: z.enum(['auto', 'reference', 'edit', 'extend']).optional(),
  draft: z.boolean().optional(),
})

export type BytePlusRequest = Omit<z.output<typeof fields>, 'model'> & { model: ModelId }

/** An unknown model is another error than a bad parameter. */
export function namesUnknownModel(body: unknown): boolean {
  const named = z.object({ model: z.string() }).safeParse(body)
  return named.success && modelOf(named.data.model) === undefined
}

export const bytePlusRequest = fields
  .superRefine((request, context) => {
    const model = modelOf(request.model)
    if (model === undefined) return
    for (const [name, message] of [...faultsOfContent(request, model), ...faultsOfValues(request, model)]) {
      context.addIssue({ code: 'custom', path: [name], message })
    }
  })
  .transform((request, context): BytePlusRequest => {
    const model = modelOf(request.model)
    if (model !== undefined) return { ...request, model }
    context.addIssue({ code: 'custom', path: ['model'], message: 'does not exist' })
    return z.NEVER
  })

type Fields = z.output<typeof fields>
type NamedFault = [name: string, message: string]

function faultsOfContent({ content, ratio }: Fields, model: ModelId): NamedFault[] {
  const { references, isNewest } = abilitiesOf(model)
  const count = (role: string) => content.filter((item) => 'role' in item && item.role === role).length
  const frames = { first: count('first_frame'), last: count('last_frame') }
  const images = count('reference_image')
  const [videos, audios] = [count('reference_video'), count('reference_audio')]
  const given = images + videos + audios
  const texts = content.filter(({ type }) => type === 'text').length
  const faults: [boolean, ...NamedFault][] = [
    [texts > 1, 'content', 'has several texts'],
    [frames.first > 1 || frames.last > frames.first, 'content.role', 'a last_frame needs one first_frame'],
    [frames.first > 0 && given > 0, 'content.role', 'first_frame and references exclude each other'],
    [images > references.image, 'content.image_url', `at most ${references.image} reference images`],
    [videos > references.video, 'content.video_url', `at most ${references.video} reference videos`],
    [audios > references.audio, 'content.audio_url', `at most ${references.audio} reference audios`],
    [!isNewest && audios > 0 && images + videos === 0, 'content.audio_url', 'needs an image or a video'],
    [isNewest && frames.first > 0 && (ratio ?? 'adaptive') !== 'adaptive', 'ratio', 'must be adaptive'],
  ]
  return faults.flatMap(([isFault, ...fault]) => (isFault ? [fault] : []))
}

function faultsOfValues(request: Fields, model: ModelId): NamedFault[] {
  const { prices, longestSeconds, isNewest } = abilitiesOf(model)
  const { resolution = '720p', duration = -1, output_format = 'mp4' } = request
  const isDuration = duration === -1 || (duration >= 4 && duration <= longestSeconds)
  const faults: [boolean, ...NamedFault][] = [
    [prices[resolution] === undefined, 'resolution', `is not supported by ${model}`],
    [!isDuration, 'duration', `must be from 4 to ${longestSeconds}, or -1`],
    [!isNewest && output_format !== 'mp4', 'output_format', `is not supported by ${model}`],
    [!isNewest && request.draft !== undefined, 'draft', `is not supported by ${model}`],
    [
      !isNewest && request.omni_reference_task_type !== undefined,
      'omni_reference_task_type',
      `is not supported by ${model}`,
    ],
  ]
  return faults.flatMap(([isFault, ...fault]) => (isFault ? [fault] : []))
}

function modelOf(name: string): ModelId | undefined {
  return modelIds.find((id) => id === name)
}

export function textOf({ content }: BytePlusRequest): string {
  return content.map((item) => (item.type === 'text' ? item.text : '')).join('')
}
