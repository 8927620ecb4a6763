/**
 * The codes of all faults. One table says for each whether a retry or another provider may help. No I/O. No clock.
 */

interface Nature {
  /** Whether the same call may succeed later. */
  retry: 'never' | 'later'
  /** Whether another provider may be used instead. Never for a bad request, never for an unknown outcome. */
  failover: 'no' | 'yes'
  /** Advice for the caller. The API shows it beside the message. */
  remedy: string
}

export const faults = {
  bad_request: {
    retry: 'never',
    failover: 'no',
    remedy:
      "Correct the request and post a new job. The provider's answer names the fault: GET /v1/jobs/{id}/answers.",
  },
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
    remedy:
      'Reelhook cancels the tasks of canceled jobs only. Look in the account at the provider, then post the job again.',
  },
  price_unknown: {
    retry: 'never',
    failover: 'no',
    remedy: 'Leave max_cost_usd out, or allow another provider.',
  },
  answer_lost: {
    retry: 'never',
    failover: 'no',
    remedy: 'Wait: Reelhook is finding out whether the provider accepted the task.',
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
    remedy: 'If it persists, the provider has changed its API.',
  },
  deadline_exceeded: {
    retry: 'never',
    failover: 'no',
    remedy:
      'A provider that accepted it may still bill it. A video that it finishes within 24 hours is attached to this job, as late. Look in the account there before you post it again, with more deadline_seconds.',
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
    remedy: 'Post a new job with a URL that still works: the file was removed, or the link expired.',
  },
  input_unavailable: {
    retry: 'later',
    failover: 'no',
    remedy:
      'Make sure that the host of the input responds, or upload the file to /v1/assets. Then post the job again.',
  },
  input_truncated: {
    retry: 'later',
    failover: 'no',
    remedy:
      'Make sure that the host sends the whole input, or upload the file to /v1/assets. Then post the job again.',
  },
  input_wrong_type: {
    retry: 'later',
    failover: 'no',
    remedy: 'Post a new job with the URL of the media file itself, not of a page.',
  },
  input_too_large: { retry: 'never', failover: 'no', remedy: 'Post a new job with a smaller input.' },
  input_forbidden: {
    retry: 'never',
    failover: 'no',
    remedy: 'Post a new job with an https URL of a public host.',
  },
  media_expired: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_unavailable: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_truncated: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_wrong_type: { retry: 'later', failover: 'no', remedy: 'Post the job again.' },
  media_too_large: {
    retry: 'never',
    failover: 'no',
    remedy: 'Request a smaller video, or raise MAX_OUTPUT_BYTES.',
  },
  asset_deleted: {
    retry: 'never',
    failover: 'no',
    remedy: 'Upload the file again and post a job with its new id.',
  },
  media_host_unlisted: {
    retry: 'later',
    failover: 'no',
    remedy: 'Add the host to OUTPUT_HOSTS while the video is still being retried, or post the job again.',
  },
  media_forbidden: {
    retry: 'never',
    failover: 'no',
    remedy:
      'The provider named a URL that is not https or not on a public host. Post the job for another provider.',
  },
  partial_failure: {
    retry: 'never',
    failover: 'no',
    remedy: 'The finished outputs are stored. Post a job for the missing ones.',
  },
} as const satisfies Record<string, Nature>

export type FaultCode = keyof typeof faults

export const faultCodes = Object.keys(faults) as [FaultCode, ...FaultCode[]]

/** The codes that reading and storing a media file may fail with. */
export type MediaFaultCode = Extract<FaultCode, `media_${string}`>

export function isMediaFault(code: FaultCode): code is MediaFaultCode {
  return code.startsWith('media_')
}

export function isRetryable(code: FaultCode): boolean {
  return faults[code].retry === 'later'
}

export function allowsFailover(code: FaultCode): boolean {
  return faults[code].failover === 'yes'
}
