/** The registry of problem codes (problems.ts), explained: for the page of each code, and for the examples. */
import type { ProblemCode } from '../problems.ts'

export interface Explanation {
  meaning: string
  /** Whether anything was done or spent. */
  effect: string
  /** Advice for the caller. */
  remedy: string
  /** Whether the same request may succeed. */
  repeat: 'never' | 'corrected' | 'later'
}

const nothing = 'Nothing was done and nothing was spent.'
const nothingSent = 'Nothing was sent.'

export const explanations = {
  invalid_request: {
    meaning: 'A field, a parameter or a header breaks a rule of the API or of the model.',
    effect: nothing,
    remedy:
      'Correct every field that errors names. A message that begins with the name of a provider is a reason why that one cannot run the job: it is listed here if no provider can.',
    repeat: 'corrected',
  },
  invalid_json: {
    meaning: 'The body is missing or is not valid JSON.',
    effect: nothing,
    remedy: 'Send a JSON body with the header Content-Type: application/json.',
    repeat: 'corrected',
  },
  no_provider: {
    meaning: 'The request is valid, but no provider of this deployment can run it.',
    effect: nothing,
    remedy:
      'The errors list the reasons of each provider. Change these fields, or allow another provider. GET /v1/models shows what each one supports.',
    repeat: 'corrected',
  },
  budget_exceeded: {
    meaning: 'The job would pass the monthly budget of the API key.',
    effect: nothing,
    remedy: 'Raise monthly_budget_usd of the key, wait for the next month, or request a cheaper video.',
    repeat: 'corrected',
  },
  job_erased: {
    meaning: 'The Idempotency-Key belongs to a job that was erased less than 24 hours ago.',
    effect: 'Nothing was bought now. The erased job may have been paid for.',
    remedy:
      'If this is meant to be another video, send it with another key. The detail says when this key is free.',
    repeat: 'later',
  },
  unreadable_body: {
    meaning: 'The body ended too early, or is not a valid form.',
    effect: nothing,
    remedy: 'Send the whole request again.',
    repeat: 'later',
  },
  unsupported_media_type: {
    meaning: 'The operation does not take this Content-Type, or the file is of another type than declared.',
    effect: nothing,
    remedy: 'Send one of the content types that the operation lists.',
    repeat: 'corrected',
  },
  unauthorized: {
    meaning: 'The API key is missing, unknown, revoked or expired. Or the signed link is changed or expired.',
    effect: nothing,
    remedy: 'Send the header Authorization: Bearer <api key> with a valid key, or request a new link.',
    repeat: 'corrected',
  },
  forbidden: {
    meaning: 'The API key is valid, but it may not do this.',
    effect: nothing,
    remedy: 'Use a key that may do it: the detail says which.',
    repeat: 'corrected',
  },
  not_found: {
    meaning: 'There is nothing with this id or at this path for this API key. It may have been erased.',
    effect: nothing,
    remedy: 'Compare the id and the path with the response that named them.',
    repeat: 'never',
  },
  idempotency_conflict: {
    meaning: 'A different request had this Idempotency-Key before.',
    effect: 'This request did nothing and spent nothing. The job of the earlier request continues.',
    remedy:
      'To get the job of the earlier request, repeat that request exactly. Only for a further video, which costs again, use a new key.',
    repeat: 'corrected',
  },
  already_settled: {
    meaning: 'The job has already ended.',
    effect: nothing,
    remedy: 'GET /v1/jobs/{id} shows how it ended.',
    repeat: 'never',
  },
  not_settled: {
    meaning: 'The job has not ended yet.',
    effect: nothing,
    remedy: 'Wait for its end, or cancel it first with POST /v1/jobs/{id}/cancel.',
    repeat: 'later',
  },
  undelivered: {
    meaning: 'A receiver has not received every event of the job yet.',
    effect: 'Nothing was erased.',
    remedy: 'Wait for the end of the deliveries, or add ?force=true, which discards them.',
    repeat: 'later',
  },
  delivery_pending: {
    meaning: 'An attempt of this delivery is in progress.',
    effect: 'This request sent nothing.',
    remedy: 'Wait some seconds, and look whether the attempt was successful.',
    repeat: 'later',
  },
  pruned: {
    meaning: 'The job ended long ago, so the body of the delivery was deleted.',
    effect: nothingSent,
    remedy: 'GET /v1/jobs/{id} shows the job.',
    repeat: 'never',
  },
  disabled: {
    meaning:
      'The endpoint is disabled or deleted, or the callbacks of the API key to this host are disabled.',
    effect: nothingSent,
    remedy: 'Enable them first: POST /v1/endpoints/{id}/enable or POST /v1/api-keys/{id}/enable-callbacks.',
    repeat: 'corrected',
  },
  limit_reached: {
    meaning: 'The deployment already has as many of these as it may have.',
    effect: 'Nothing was created.',
    remedy: 'Delete one that is no longer needed.',
    repeat: 'corrected',
  },
  too_large: {
    meaning: 'The body or the file is larger than the operation takes.',
    effect: nothing,
    remedy: 'Send less. In a job, name large media by URL, or upload it to /v1/assets.',
    repeat: 'corrected',
  },
  precondition_failed: {
    meaning: 'If-Match or If-Unmodified-Since does not match the file.',
    effect: nothing,
    remedy: 'Request the file without the condition, or with its current ETag.',
    repeat: 'corrected',
  },
  range_not_satisfiable: {
    meaning: 'The requested range begins after the end of the file.',
    effect: nothing,
    remedy: 'Request a range within the size in Content-Range, or the whole file.',
    repeat: 'corrected',
  },
  rate_limited: {
    meaning: 'The API key has made too many requests, or too many of this kind.',
    effect: nothing,
    remedy: 'Wait for the seconds in Retry-After.',
    repeat: 'later',
  },
  database_full: {
    meaning: 'The database is almost full, so it takes no new jobs and files.',
    effect: 'Nothing was accepted and nothing was spent. Jobs that were accepted before still end.',
    remedy: 'The operator makes room: a lower PRUNE_AFTER_DAYS, or fewer old jobs.',
    repeat: 'later',
  },
  unavailable: {
    meaning: 'The database is overloaded, or did not respond in time.',
    effect: 'The request may have been carried out.',
    remedy:
      'Wait for the seconds in Retry-After. With the same Idempotency-Key a repeated POST returns the same job. Without one, look for the result first.',
    repeat: 'later',
  },
  misconfigured: {
    meaning: 'A setting of the deployment is missing or invalid.',
    effect: nothing,
    remedy: 'The operator corrects the settings that the detail names, and deploys again.',
    repeat: 'later',
  },
  internal: {
    meaning: 'Something unexpected happened. It is logged under the request_id.',
    effect: 'The request may have been carried out.',
    remedy:
      'With the same Idempotency-Key a repeated POST returns the same job. Without one, look for the result first.',
    repeat: 'later',
  },
} as const satisfies Record<ProblemCode, Explanation>
