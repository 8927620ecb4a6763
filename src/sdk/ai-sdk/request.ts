/** A call of the AI SDK as the request of a job. */
import { InvalidArgumentError } from '@ai-sdk/provider'
import { resolutions } from '../../core/request/choices.ts'
import { isAbout, shapeOf } from '../../core/request/size.ts'
import type { Job } from '../client/generated/api.schemas.ts'
import type { Media } from './files.ts'
import type { ReelhookVideoOptions } from './options.ts'
import type { StartOptions, Warning } from './types.ts'

interface WantedShape {
  resolution: string | undefined
  aspect_ratio: string | undefined
  /** Whether the video will have about the size that the call asks for. */
  isAsAsked: boolean
}

/** An aspect ratio wins over that of a size. `isRatioChosen`: false if the first frame decides the ratio. */
export function shapeWanted({ resolution, aspectRatio }: StartOptions, isRatioChosen: boolean): WantedShape {
  const aspect_ratio = aspectRatio === 'adaptive' ? 'auto' : aspectRatio
  if (resolution === undefined) return { resolution, aspect_ratio, isAsAsked: true }
  const shape = shapeOf(resolution, resolutions)
  if (shape === null)
    throw new InvalidArgumentError({
      argument: 'resolution',
      message: 'resolution must be a width and a height in pixels, such as 1280x720.',
    })
  const isSameRatio = aspect_ratio === undefined || aspect_ratio === shape.aspect_ratio
  return {
    resolution: shape.resolution,
    aspect_ratio: aspect_ratio ?? (isRatioChosen ? shape.aspect_ratio : undefined),
    isAsAsked: isAbout(resolution, shape) && isSameRatio,
  }
}

export function requestOf(
  { prompt, n, duration, seed, generateAudio, webhookUrl }: StartOptions,
  { shape, media, given }: { shape: WantedShape; media: Media; given: ReelhookVideoOptions },
) {
  return {
    prompt,
    count: n,
    duration,
    seed,
    generate_audio: generateAudio,
    resolution: shape.resolution,
    aspect_ratio: shape.aspect_ratio,
    callback_url: webhookUrl,
    first_frame: media.first_frame,
    last_frame: media.last_frame,
    ...given,
    reference_images: [...media.reference_images, ...(given.reference_images ?? [])],
    reference_videos: [...media.reference_videos, ...(given.reference_videos ?? [])],
    reference_audios: [...media.reference_audios, ...(given.reference_audios ?? [])],
  }
}

export function warningsOf(
  { fps, resolution }: StartOptions,
  { shape, given }: { shape: WantedShape; given: ReelhookVideoOptions },
  job: Job,
): Warning[] {
  const frameRate = { type: 'unsupported', feature: 'fps', details: 'The model chooses it.' } as const
  const madeResolution = given.resolution ?? shape.resolution
  const made = [madeResolution, shape.aspect_ratio ?? 'in the shape of the frame'].join(' and ')
  const isAsAsked = resolution === undefined || (shape.isAsAsked && madeResolution === shape.resolution)
  const size = {
    type: 'compatibility',
    feature: 'resolution',
    details: `${resolution} is made as ${made}.`,
  } as const
  return [
    ...(fps === undefined ? [] : [frameRate]),
    ...(isAsAsked ? [] : [size]),
    ...job.warnings.map(({ path, message }) => ({ type: 'other', message: `${path} ${message}` }) as const),
  ]
}
