/** The frames and references of the dialect. No I/O. */
import { z } from '@hono/zod-openapi'
import { isRecord } from '../../../core/http/json.ts'
import type { MediaFields } from '../../../core/request/media.ts'
import type { FieldFault } from '../../problems.ts'

export interface Notes {
  names: Map<string, string>
  faults: FieldFault[]
}

const link = z.strictObject({ url: z.string() })

export const framesSchema = z
  .array(
    z.preprocess(
      withoutNulls,
      z.strictObject({
        type: z.literal('image_url').optional(),
        image_url: link,
        frame_type: z.enum(['first_frame', 'last_frame']).default('first_frame'),
      }),
    ),
  )
  .default([])

export const referencesSchema = z
  .array(
    z.preprocess(
      withoutNulls,
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('image_url'), image_url: link }),
        z.strictObject({ type: z.literal('video_url'), video_url: link }),
        z.strictObject({ type: z.literal('audio_url'), audio_url: link }),
      ]),
    ),
  )
  .default([])

export function framesIn(frames: z.infer<typeof framesSchema>, { names, faults }: Notes): MediaFields {
  const media = noMedia()
  for (const [n, { frame_type, image_url }] of frames.entries()) {
    if (media[frame_type] !== undefined)
      faults.push({ path: `frame_images.${n}`, message: `is a second ${frame_type}` })
    media[frame_type] = image_url.url
    names.set(frame_type, `frame_images.${n}`)
  }
  return media
}

export function referencesIn(
  references: z.infer<typeof referencesSchema>,
  names: Map<string, string>,
): MediaFields {
  const media = noMedia()
  const add = (
    field: 'reference_images' | 'reference_videos' | 'reference_audios',
    url: string,
    n: number,
  ) => {
    names.set(`${field}.${media[field].length}`, `input_references.${n}`)
    names.set(field, 'input_references')
    media[field].push(url)
  }
  for (const [n, reference] of references.entries()) {
    switch (reference.type) {
      case 'image_url':
        add('reference_images', reference.image_url.url, n)
        break
      case 'video_url':
        add('reference_videos', reference.video_url.url, n)
        break
      case 'audio_url':
        add('reference_audios', reference.audio_url.url, n)
        break
    }
  }
  return media
}

function noMedia(): MediaFields {
  return { reference_images: [], reference_videos: [], reference_audios: [] }
}

/** Clients write null for what they leave out. */
function withoutNulls(item: unknown): unknown {
  if (!isRecord(item)) return item
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null))
}
