/**
 * A fault: something we expected could go wrong, as data. Whether trying again helps, and whether another
 * provider might help, are properties of its code and stand in one table. No I/O. No clock.
 */
import { z } from 'zod'
import { readKept } from './json.ts'

interface Nature {
  /** Does the same thing, tried again later, have a chance? */
  again: 'never' | 'later'
  /** May another provider be asked instead? Never for what the caller asked, never for an unknown outcome. */
  elsewhere: 'no' | 'yes'
  /** What the caller can do about it: the second half of every message. */
  remedy: string
}

export const faults = {
  bad_request: { again: 'never', elsewhere: 'no', remedy: 'Correct the request and post a new job.' },
  auth: { again: 'never', elsewhere: 'yes', remedy: "Check the provider's API key." },
  out_of_credit: { again: 'never', elsewhere: 'yes', remedy: 'Top up the account at the provider.' },
  not_entitled: {
    again: 'never',
    elsewhere: 'yes',
    remedy: 'Ask the provider to enable this model for the key.',
  },
  rate_limited: { again: 'later', elsewhere: 'yes', remedy: 'Post fewer jobs at once, or try later.' },
  maintenance: { again: 'later', elsewhere: 'yes', remedy: 'Try later, or allow another provider.' },
  unavailable: { again: 'later', elsewhere: 'yes', remedy: 'Try later, or allow another provider.' },
  no_free_slot: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Nothing was bought. Post fewer jobs at once, or allow more with deadline_seconds.',
  },
  moderated: { again: 'never', elsewhere: 'no', remedy: 'Change the prompt or the media.' },
  generation_failed: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Change the prompt or the media, or post the job for another provider.',
  },
  provider_timeout: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Post the job again, or for another provider.',
  },
  provider_canceled: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Reelhook cancels nothing there: look in the account at the provider, then post the job again.',
  },
  price_unknown: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Leave max_cost_usd out, or allow another provider.',
  },
  answer_lost: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Wait: Reelhook is finding out whether it was accepted.',
  },
  submit_unknown: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'It may have been billed. Look in the account at the provider before you post it again.',
  },
  task_lost: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'It may have been billed. Look in the account at the provider before you post it again.',
  },
  unreadable_answer: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'If it stays, the provider changed its API.',
  },
  deadline_exceeded: {
    again: 'never',
    elsewhere: 'no',
    remedy:
      'A provider that took it may still bill it: look in the account there before you post it again, with more deadline_seconds.',
  },
  internal_error: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Look for the job in the log of this deployment. The message says whether it may be billed.',
  },
  canceled: {
    again: 'later',
    elsewhere: 'no',
    remedy: "The job's cancellation says whether it may still be billed.",
  },
  input_expired: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Post a new job with a URL that still works: it was removed, or the link ran out.',
  },
  input_unavailable: {
    again: 'later',
    elsewhere: 'no',
    remedy:
      'See that the host of the input answers, or upload the file to /v1/assets. Then post the job again.',
  },
  input_truncated: {
    again: 'later',
    elsewhere: 'no',
    remedy:
      'See that the host sends the whole input, or upload the file to /v1/assets. Then post the job again.',
  },
  input_wrong_type: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Post a new job with a URL of the media themselves, not of a page.',
  },
  input_too_large: { again: 'never', elsewhere: 'no', remedy: 'Post a new job with a smaller input.' },
  input_forbidden: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Post a new job with a URL that leads to a public host over https.',
  },
  media_expired: { again: 'later', elsewhere: 'no', remedy: 'Post the job again.' },
  media_unavailable: { again: 'later', elsewhere: 'no', remedy: 'Post the job again.' },
  media_truncated: { again: 'later', elsewhere: 'no', remedy: 'Post the job again.' },
  media_wrong_type: { again: 'later', elsewhere: 'no', remedy: 'Post the job again.' },
  media_too_large: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Ask for a smaller video, or have the cap raised.',
  },
  asset_deleted: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'Upload the file again and post a job with its new id.',
  },
  media_host_unlisted: {
    again: 'later',
    elsewhere: 'no',
    remedy: 'Add the host to OUTPUT_HOSTS while the video is still asked for, or post the job again.',
  },
  media_forbidden: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'The URL does not lead to a public host over https.',
  },
  partial_failure: {
    again: 'never',
    elsewhere: 'no',
    remedy: 'The finished outputs are kept. Post a job for the missing ones.',
  },
} as const satisfies Record<string, Nature>

export type FaultCode = keyof typeof faults

export const faultCodes = Object.keys(faults) as [FaultCode, ...FaultCode[]]

const faultSchema = z.object({
  code: z.enum(faultCodes),
  /** What happened, for the caller. Never holds a secret, a prompt or a URL's query. */
  message: z.string(),
  /** For our own eyes: the provider's words, statuses, field names. Kept, never shown or logged. */
  evidence: z.record(z.string(), z.unknown()).exactOptional(),
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfterMs: z.number().exactOptional(),
})

export type Fault = z.infer<typeof faultSchema>

/**
 * A fault to be kept, as JSON. Its evidence has a provider's words, which may repeat a URL of ours; the signature or the
 * token, which opens it, is not kept.
 */
export function writeFault(fault: Fault | null): string | null {
  return fault === null ? null : JSON.stringify(fault).replace(opener, '$1…')
}

const opener = /(signature=|\/webhooks\/\w+\/\w+\/|\/uploads\/\w+\/\d+\/)[\w-]+/g

/** A fault as it was kept, as JSON. Null where there is none, or where it is damaged. */
export function readFault(json: string | null): Fault | null {
  return json === null ? null : (readKept(faultSchema, json) ?? null)
}

export type Result<T> = { ok: true; value: T } | { ok: false; fault: Fault }

export function done<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fault(
  code: FaultCode,
  message: string,
  details: {
    evidence?: Record<string, unknown>
    retryAfterMs?: number | undefined
  } = {},
): { ok: false; fault: Fault } {
  const { evidence, retryAfterMs } = details
  return {
    ok: false,
    fault: {
      code,
      message,
      ...(evidence && { evidence }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  }
}

export function mayTryAgain(code: FaultCode): boolean {
  return faults[code].again === 'later'
}

export function mayTryElsewhere(code: FaultCode): boolean {
  return faults[code].elsewhere === 'yes'
}
