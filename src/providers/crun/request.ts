/** The request body of Crun: a model whose name contains the mode, and its input. */
import { z } from 'zod'
import type { Model } from '../../core/request/choices.ts'
import { type Mode, modeOf } from '../../core/request/media.ts'
import { capitalizedKinds, renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { idOf } from '../capabilities.ts'
import type { Submission } from '../provider.ts'

export function taskOf({ request, callbackUrl }: Submission) {
  return { ...pricedTaskOf(request), callback_url: callbackUrl }
}

/** The same without the callback, for an estimate. */
export function pricedTaskOf(request: JobRequest) {
  const mode = modeOf(request)
  return {
    model: `${idOf(tiers, request.model)}-${suffixes[mode]}`,
    input: {
      prompt: promptOf(request),
      ...mediaInput(request),
      resolution: request.resolution,
      aspect_ratio: request.aspect_ratio ?? (mode === 'frames' ? 'auto' : '16:9'),
      duration: request.duration,
      audio: request.generate_audio,
      ...options.parse(request.provider_options.crun ?? {}),
    },
  }
}

/** The prompt as sent, with the provider's form of tags. The length limits apply to it. */
export function promptOf({ prompt = '' }: JobRequest): string {
  return renderPrompt(prompt, (kind, number) => `[${capitalizedKinds[kind]}${number}]`)
}

function mediaInput(request: JobRequest) {
  const frames = [request.first_frame, request.last_frame].filter((frame) => frame !== undefined)
  return {
    ...(frames.length > 0 && { img_urls: frames }),
    ...(request.reference_images.length > 0 && { reference_images: request.reference_images }),
    ...(request.reference_videos.length > 0 && { reference_videos: request.reference_videos }),
    ...(request.reference_audios.length > 0 && { reference_audios: request.reference_audios }),
  }
}

export const options = z.strictObject({
  return_last_frame: z.boolean().optional(),
  byteplus_fallback: z.boolean().optional(),
})

const tiers: Partial<Record<Model, string>> = {
  'seedance-2.0': 'bytedance/seedance2-0',
  'seedance-2.0-fast': 'bytedance/seedance2-0-fast',
  'seedance-2.0-mini': 'bytedance/seedance2-0-mini',
}

const suffixes: Record<Mode, string> = { text: 't2v', frames: 'i2v', references: 'r2v' }
