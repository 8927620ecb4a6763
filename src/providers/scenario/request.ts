/** The request body of Scenario: a flat object with media as asset ids (its API references of 2.0 Mini and 2.0 Fast). */
import { z } from 'zod'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { Model } from '../../core/request/choices.ts'
import { mediaOf } from '../../core/request/media.ts'
import { renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import { idOf } from '../capabilities.ts'
import type { Submission } from '../provider.ts'

export type Generation = ReturnType<typeof fieldsOf> & MediaInput

export function generationOf({ request, assets = new Map() }: Submission): Result<Generation> {
  const missing = mediaOf(request).filter(({ value }) => !assets.has(value))
  if (missing.length === 0) return ok({ ...fieldsOf(request), ...mediaInput(request, assets) })
  const paths = missing.map(({ path }) => path).join(', ')
  return fail('input_unavailable', `Scenario takes only uploaded media. Not uploaded yet: ${paths}.`)
}

/**
 * The body of a dry run, sent before any upload. Images and audio do not change the price; reference videos do (the cost
 * drivers in its published SDK).
 */
export function dryRunOf(request: JobRequest): Result<ReturnType<typeof fieldsOf>> {
  if (request.reference_videos.length > 0) {
    return fail('price_unknown', 'Scenario gives no price for reference videos before they are uploaded.')
  }
  return ok({ prompt: 'A video', ...fieldsOf(request) })
}

export function modelIdOf({ model }: Pick<JobRequest, 'model'>): string {
  return idOf(modelIds, model)
}

/** Everything but the media. */
export function fieldsOf(request: JobRequest) {
  return {
    ...(request.prompt !== undefined && { prompt: promptOf(request) }),
    duration: request.duration === 'auto' ? -1 : request.duration,
    resolution: request.resolution,
    aspectRatio:
      request.aspect_ratio === undefined || request.aspect_ratio === 'auto'
        ? 'adaptive'
        : request.aspect_ratio,
    generateAudio: request.generate_audio,
    ...(request.seed !== undefined && { seed: request.seed }),
  }
}

/** The prompt as sent, with the provider's form of tags. The length limits apply to it. */
export function promptOf({ prompt = '' }: JobRequest): string {
  return renderPrompt(prompt, (kind, number) => `@${kind}${number}`)
}

export const mediaNames = [
  'image',
  'lastFrameImage',
  'referenceImages',
  'referenceVideos',
  'referenceAudio',
] as const

type MediaInput = { [field in (typeof mediaNames)[number]]?: string | string[] | undefined }

// A list stays a list even with one id: a bare id is ignored silently, and the job runs and is charged without it.
export function mediaInput(request: JobRequest, assets: ReadonlyMap<string, string>): MediaInput {
  const idsOf = (media: readonly string[]) => media.flatMap((value) => assets.get(value) ?? [])
  const { first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  return {
    ...(first_frame !== undefined && { image: assets.get(first_frame) }),
    ...(last_frame !== undefined && { lastFrameImage: assets.get(last_frame) }),
    ...(reference_images.length > 0 && { referenceImages: idsOf(reference_images) }),
    ...(reference_videos.length > 0 && { referenceVideos: idsOf(reference_videos) }),
    ...(reference_audios.length > 0 && { referenceAudio: idsOf(reference_audios) }),
  }
}

/** Scenario documents no parameters beyond the request fields. */
export const options = z.strictObject({})

const modelIds: Partial<Record<Model, string>> = {
  'seedance-2.0': 'model_bytedance-seedance-2-0',
  'seedance-2.0-fast': 'model_bytedance-seedance-2-0-fast',
  'seedance-2.0-mini': 'model_bytedance-seedance-2-0-mini',
}
