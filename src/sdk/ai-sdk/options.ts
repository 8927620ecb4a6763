import { InvalidArgumentError } from '@ai-sdk/provider'
import type { JobRequest } from '../client/generated/api.schemas.ts'

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

/** Reelhook checks the values. A misspelled name would otherwise be lost. */
export function optionsOf(given: Record<string, unknown> = {}): ReelhookVideoOptions {
  const unknown = Object.keys(given).filter((name) => !names.some((known) => known === name))
  if (unknown.length === 0) return given
  throw new InvalidArgumentError({
    argument: 'providerOptions.reelhook',
    message: `providerOptions.reelhook has unknown options: ${unknown.join(', ')}. It takes ${names.join(', ')}.`,
  })
}
