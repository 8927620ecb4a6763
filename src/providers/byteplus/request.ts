/** The request body of BytePlus (its page "Create a video generation task"). Every field is validated there. */
import type { AspectRatio } from '../../core/request/choices.ts'
import { modeOf } from '../../core/request/media.ts'
import { capitalizedKinds, renderPrompt } from '../../core/request/prompt.ts'
import type { JobRequest } from '../../core/request/request.ts'
import type { Submission } from '../provider.ts'
import { expiryOf } from './expiry.ts'
import { optionsOf, takesShapeOfInput } from './options.ts'
import { modelIdOf, type Region } from './region.ts'

export function taskOf({ request, clientReference, callbackUrl }: Submission, region: Region) {
  const shape = shapeOf(request)
  return {
    model: modelIdOf(region, request.model),
    content: contentOf(request),
    resolution: request.resolution,
    ratio: shape === 'auto' ? 'adaptive' : shape,
    duration: request.duration === 'auto' ? -1 : request.duration,
    generate_audio: request.generate_audio,
    execution_expires_after: expiryOf(clientReference, request),
    callback_url: callbackUrl,
    ...(request.output_format !== undefined && { output_format: request.output_format }),
    ...optionsOf(request),
  }
}

/** The prompt as sent, with the provider's form of tags. The length limits apply to it. */
export function promptOf({ prompt = '', model }: JobRequest): string {
  // Its page on Seedance 2.5 writes the tags of that model with a sign.
  const mark = model === 'seedance-2.5' ? '@' : ''
  return renderPrompt(prompt, (kind, number) => `${mark}${capitalizedKinds[kind]} ${number}`)
}

/** The tags count the media of each kind in this order. */
function contentOf(request: JobRequest) {
  const { prompt, first_frame, last_frame, reference_images, reference_videos, reference_audios } = request
  return [
    ...(prompt === undefined ? [] : [{ type: 'text', text: promptOf(request) }]),
    ...(first_frame === undefined ? [] : [image(first_frame, 'first_frame')]),
    ...(last_frame === undefined ? [] : [image(last_frame, 'last_frame')]),
    ...reference_images.map((url) => image(url, 'reference_image')),
    ...reference_videos.map((url) => ({ type: 'video_url', video_url: { url }, role: 'reference_video' })),
    ...reference_audios.map((url) => ({ type: 'audio_url', audio_url: { url }, role: 'reference_audio' })),
  ]
}

function image(url: string, role: 'first_frame' | 'last_frame' | 'reference_image') {
  return { type: 'image_url', image_url: { url }, role }
}

/** A first frame, or the video to edit, gives the video its shape, unless the caller wants another. */
export function shapeOf(request: JobRequest): AspectRatio {
  const isOfInput = modeOf(request) === 'frames' || takesShapeOfInput(request)
  return request.aspect_ratio ?? (isOfInput ? 'auto' : '16:9')
}
