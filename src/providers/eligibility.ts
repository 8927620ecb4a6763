/** The refusals and warnings that follow from a provider's capabilities. A provider's special rules stay in its folder. */

import { formOf, mediaFields, mediaIn, modeOf, type SentForm } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { countCharacters } from '../core/request/text.ts'
import { type Capabilities, type Offer, offerOf } from './capabilities.ts'
import type { Reason } from './provider.ts'

/** `prompt`: the prompt as it is sent. */
export function refuseByCapabilities(
  capabilities: Capabilities,
  request: JobRequest,
  prompt: string,
): Reason[] {
  const offer = offerOf(capabilities, request.model)
  if (offer === null) {
    return [{ path: 'model', message: `must be one of ${Object.keys(capabilities.models).join(', ')}` }]
  }
  return [
    ...refuseValues(offer, request),
    ...refusePrompt(offer, request, prompt),
    ...refuseForms(offer, request),
  ]
}

function refuseValues(offer: Offer, request: JobRequest): Reason[] {
  const { resolution, aspect_ratio: ratio, duration, seed, output_format: format = 'mp4' } = request
  const { resolutions, outputFormats } = offer
  const mode = modeOf(request)
  const ratios = offer.aspectRatios[mode]
  const reasons: Reason[] = []
  if (!resolutions.includes(resolution)) {
    reasons.push({ path: 'resolution', message: `must be one of ${resolutions.join(', ')}` })
  }
  if (!outputFormats.includes(format)) {
    reasons.push({ path: 'output_format', message: `must be ${outputFormats.join(' or ')}` })
  }
  if (ratio !== undefined && ratios.length > 0 && !ratios.includes(ratio)) {
    reasons.push({
      path: 'aspect_ratio',
      message: `must be one of ${ratios.join(', ')} in ${mode} mode`,
    })
  }
  if (duration === 'auto' && offer.durations === 'seconds') {
    reasons.push({ path: 'duration', message: 'must be a whole number of seconds' })
  }
  if (seed !== undefined && offer.seeds === 'none') {
    reasons.push({ path: 'seed', message: 'cannot be set' })
  }
  return reasons
}

function refusePrompt(offer: Offer, request: JobRequest, sent: string): Reason[] {
  const path = 'prompt'
  if (request.prompt === undefined) {
    return offer.prompt === 'required' ? [{ path, message: 'is required, even with media' }] : []
  }
  const { min, max } = offer.promptLength
  const count = countCharacters(sent)
  if (count >= min && count <= max) return []
  const message = `must have ${min} to ${max} characters when sent to the provider, but has ${count}`
  return [{ path, message }]
}

function refuseForms({ media }: Offer, request: JobRequest): Reason[] {
  return mediaFields.flatMap((field) => {
    const forms = media[field]
    const names = forms.map((form) => formNames[form]).join(' or ')
    return mediaIn(request, field).flatMap(({ path, value }) => {
      const form = sentFormOf(value)
      return form !== null && forms.includes(form) ? [] : [{ path, message: `must be ${names}` }]
    })
  })
}

function sentFormOf(media: string): SentForm | null {
  const form = formOf(media)
  return form === 'asset' ? 'url' : form
}

const formNames: Record<SentForm, string> = {
  url: 'an https URL or an asset_… id',
  data_uri: 'a data: URI',
  crun_asset: 'an asset:// id',
  runware_id: 'a media UUID',
}

/** For providers whose tasks make one output each: all tasks of the job get the same seed. */
export function warnIdenticalSeeds({ seed, count }: JobRequest): Reason[] {
  if (seed === undefined || count === 1) return []
  return [{ path: 'seed', message: 'is the same for every video of the job, so they will look alike' }]
}
