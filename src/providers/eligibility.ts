/** What providers refuse or warn of alike; a provider's own rules stay in its own file. */

import { formOf, mediaOf, modeOf, type SentForm } from '../core/request/media.ts'
import type { JobRequest } from '../core/request/request.ts'
import { countCharacters } from '../core/request/text.ts'
import type { Capabilities, MediaField, Reason } from './provider.ts'

/** `prompt`: as it is sent. */
export function refuseByCapabilities(
  capabilities: Capabilities,
  request: JobRequest,
  prompt: string,
): Reason[] {
  const { resolutions } = capabilities.models[request.model]
  const ratios = capabilities.aspectRatios[modeOf(request)]
  return [
    reason(
      'resolution',
      !resolutions.includes(request.resolution),
      `must be one of ${resolutions.join(', ')}`,
    ),
    reason(
      'aspect_ratio',
      request.aspect_ratio !== undefined && ratios.length > 0 && !ratios.includes(request.aspect_ratio),
      `must be one of ${ratios.join(', ')} in ${modeOf(request)} mode`,
    ),
    reason(
      'duration',
      request.duration === 'auto' && capabilities.durations === 'seconds',
      'must be a whole number of seconds',
    ),
    reason('seed', request.seed !== undefined && capabilities.seeds === 'none', 'cannot be set'),
    ...refusePrompt(capabilities, request.prompt, prompt),
    ...refuseForms(capabilities, request),
  ].flat()
}

function refusePrompt(
  { prompt, promptLength }: Capabilities,
  given: string | undefined,
  sent: string,
): Reason[] {
  const { min, max } = promptLength
  if (given === undefined) return reason('prompt', prompt === 'required', 'is needed, even with media')
  const count = countCharacters(sent)
  const message = `must have ${min} to ${max} characters, and has ${count} as it is sent there`
  return reason('prompt', count < min || count > max, message)
}

function refuseForms({ media }: Capabilities, request: JobRequest): Reason[] {
  return mediaOf(request).flatMap(({ path, value }) => {
    const [field] = path.split('.') as [MediaField]
    const form = sentFormOf(value)
    const taken = media[field].map((name) => formNames[name]).join(' or ')
    return reason(path, form === null || !media[field].includes(form), `must be ${taken}`)
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

/** Where a task makes one output, each of the job's tasks is given the same seed. */
export function warnIdenticalSeeds({ seed, count }: JobRequest): Reason[] {
  if (seed === undefined || count === 1) return []
  return [{ path: 'seed', message: 'is the same for every video of the job, so they will look alike' }]
}

function reason(path: string, applies: boolean, message: string): Reason[] {
  return applies ? [{ path, message }] : []
}
