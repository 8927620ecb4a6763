/**
 * A fault: something we expected could go wrong, as data. Whether trying again helps, and whether another
 * provider might help, are properties of its code and stand in one table. No I/O. No clock.
 */
import { z } from 'zod'
import { readKept } from './http/json.ts'

interface Nature {
  /** Does the same thing, tried again later, have a chance? */
  retry: 'never' | 'later'
  /** May another provider be asked instead? Never for what the caller asked, never for an unknown outcome. */
  failover: 'no' | 'yes'
  /** What the caller can do about it: the second half of every message. */
  remedy: string
}

export const faults = {
  bad_request: { retry: 'never', failover: 'no', remedy: 'Correct the request and post a new job.' },
  auth: { retry: 'never', failover: 'yes', remedy: "Check the provider's API key." },
  out_of_credit: { retry: 'never', failover: 'yes', remedy: 'Top up the account at the provider.' },
  not_entitled: {
    retry: 'never',
    failover: 'yes',
    remedy: 'Ask the provider to enable this model for the key.',
  },
  rate_limited: { retry: 'later', failover: 'yes', remedy: 'Post fewer jobs at once, or try later.' },
  maintenance: { retry: 'later', failover: 'yes', remedy: 'Try later, or allow another provider.' },
  unavailable: { retry: 'later', failover: 'yes', remedy: 'Try later, or allow another provider.' },
  no_free_slot: {
    retry: 'later',
    failover: 'no',
    remedy: 'Nothing was bought. Post fewer jobs at once, or allow more with deadline_seconds.',
  },
  moderated: { retry: 'never', failover: 'no', remedy: 'Change the prompt or the media.' },
  generation_failed: {
    retry: 'never',
    failover: 'no',
    remedy: 'Change the prompt or the media, or post the job for another provider.',
  },
  provider_timeout: {
    retry: 'later',
    failover: 'no',
    remedy: 'Post the job again, or for another provider.',
  },
  provider_canceled: {
    retry: 'later',
    failover: 'no',
    remedy: 'Reelhook cancels nothing there: look in the account at the provider, then post the job again.',
  },
  price_unknown: {
    retry: 'never',
    failover: 'no',
    remedy: 'Leave max_cost_usd out, or allow another provider.',
  },
  answer_lost: {
    retry: 'never',
    failover: 'no',
    remedy: 'Wait: Reelhook is finding out whether it was accepted.',
  },
  submit_unknown: {
    retry: 'never',
    failover: 'no',
    remedy: 'It may have been billed. Look in the account at the provider before you post it again.',
  },
  task_lost: {
    retry: 'later',
    failover: 'no',
    remedy: 'It may have been billed. Look in the account at the provider before you post it again.',
  },
  unreadable_answer: {
    retry: 'later',
    failover: 'no',
    remedy: 'If it stays, the provider changed its API.',
  },
  deadline_exceeded: {
    retry: 'never',
    failover: 'no',
    remedy:
      'A provider that took it may still bill it: look in the account there before you post it again, with more deadline_seconds.',
  },
  internal_error: {
    retry: 'never',
    failover: 'no',
    remedy: 'Look for the job in the log of this deployment. The message says whether it may be billed.',
  },
  canceled: {
    retry: 'later',
    failover: 'no',
    remedy: "The job's cancellation says whether it may still be billed.",
  },
  input_expired: {
    retry: 'later',
    failover: 'no',
    remedy: 'Post a new job with a URL that still works: it was removed, or the link ran out.',
  },
  input_unavailable: {
    retry: 'later',
    failover: 'no',
    remedy:
      'See that the host of the input answers, or upload the file to /v1/assets. Then post the job again.',
  },
  input_truncated: {
    retry: 'later',
    failover: 'no',
    remedy:
      'See that the host sends the whole input, or upload the file to /v1/assets. Then post the job again.',
  },
  input_wrong_type: {
    retry: 'later',
    failover: 'no',
    remedy: 'Post a new job with a URL of the media themselves, not of a page.',
  },
  input_too_large: { retry: 'never', failover: 'no', remedy: 'Post a new job with a smaller input.' },
  input_forbidden: {
    retry: 'never',
    failover: 'no',
    remedy: 'Post a new job with a URL that leads to a public host over https.',
  },
  media_expired: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_unavailable: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_truncated: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_wrong_type: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_too_large: {
    retry: 'never',
    failover: 'no',
    remedy: 'Ask for a smaller video, or have the cap raised.',
  },
  asset_deleted: {
    retry: 'never',
    failover: 'no',
    remedy: 'Upload the file again and post a job with its new id.',
  },
  media_host_unlisted: {
    retry: 'later',
    failover: 'no',
    remedy: 'Add the host to OUTPUT_HOSTS while the video is still asked for, or post the job again.',
  },
  media_forbidden: {
    retry: 'never',
    failover: 'no',
    remedy: 'The URL does not lead to a public host over https.',
  },
  partial_failure: {
    retry: 'never',
    failover: 'no',
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

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail(code: FaultCode, message: string, details?: FaultDetails): { ok: false; fault: Fault } {
  return { ok: false, fault: fault(code, message, details) }
}

interface FaultDetails {
  evidence?: Record<string, unknown>
  retryAfterMs?: number | undefined
}

export function fault(code: FaultCode, message: string, details: FaultDetails = {}): Fault {
  const { evidence, retryAfterMs } = details
  return {
    code,
    message,
    ...(evidence && { evidence }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

export function isRetryable(code: FaultCode): boolean {
  return faults[code].retry === 'later'
}

export function allowsFailover(code: FaultCode): boolean {
  return faults[code].failover === 'yes'
}
