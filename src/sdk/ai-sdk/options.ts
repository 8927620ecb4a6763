import { InvalidArgumentError } from '@ai-sdk/provider'
import type { JobRequest } from '../client/generated/api.schemas.ts'
import type { StartOptions } from './types.ts'

const names = [
  'resolution',
  'first_frame',
  'last_frame',
  'reference_images',
  'reference_videos',
  'reference_audios',
  'provider',
  'provider_options',
  'callback_secret',
  'callback_headers',
  'metadata',
  'max_cost_usd',
  'resubmit_unknown',
  'deadline_seconds',
  'output_format',
  'retention_days',
] as const satisfies (keyof JobRequest)[]

/**
 * `providerOptions.reelhook`: the fields of a job that the AI SDK has no option for, under their own names. Media given here are
 * URLs and asset ids. `callback_events` is missing: the AI SDK expects its webhook once, when the job has ended.
 */
export type ReelhookVideoOptions = Pick<JobRequest, (typeof names)[number]>

/** Reelhook checks the values. A misspelled name, or a frame beside one of the call, would otherwise be lost. */
export function optionsOf({ image, frameImages = [], providerOptions }: StartOptions): ReelhookVideoOptions {
  const given = Object.fromEntries(
    Object.entries(providerOptions.reelhook ?? {}).filter(([, value]) => value !== undefined),
  )
  const unknown = Object.keys(given).filter((name) => !names.some((known) => known === name))
  if (unknown.length > 0)
    throw refused(` has unknown options: ${unknown.join(', ')}. It takes ${names.join(', ')}.`)
  if (image !== undefined && given.first_frame !== undefined)
    throw refused('.first_frame means the same as prompt.image or frameImages: leave one of them out.')
  if (frameImages.some(({ frameType }) => frameType === 'last_frame') && given.last_frame !== undefined)
    throw refused('.last_frame means the same as frameImages: leave one of them out.')
  return given
}

function refused(why: string): InvalidArgumentError {
  const argument = 'providerOptions.reelhook'
  return new InvalidArgumentError({ argument, message: `${argument}${why}` })
}
