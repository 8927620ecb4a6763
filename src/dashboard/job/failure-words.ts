/**
 * A job that failed or was canceled, in plain words: what happened, whether money was spent, and what to do. The message and
 * the remedy are those of the API. No I/O. No clock.
 */
import type { FaultCode } from '../../core/fault-codes.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { costWords, isNothing } from '../cost-words.ts'
import { type JobHistory, notCanceledMessage } from '../timeline/history.ts'

interface FailureWords {
  /** The cause, as the API says it. Empty: there is no more to say. */
  cause: string
  spent: 'nothing' | 'perhaps' | 'yes'
  money: string
  next: string
  /** Whether the same request may succeed if it is posted again. */
  isRetryable: boolean
}

/** Null: the job neither failed nor was canceled. */
export function failureWords(job: JobView): FailureWords | null {
  if (job.status !== 'failed' && job.status !== 'canceled') return null
  const { fault } = job
  return {
    cause: fault?.message ?? '',
    ...moneyOf(job),
    next: fault?.remedy ?? 'Retry the job if you want the video after all.',
    isRetryable: job.status === 'canceled' || fault?.retryable === true,
  }
}

function moneyOf({ cancellation, cost, tasks }: JobView): Pick<FailureWords, 'spent' | 'money'> {
  if (cancellation !== null) {
    return { spent: cancellation.may_still_be_billed ? 'perhaps' : 'nothing', money: cancellation.message }
  }
  if (cost === null) {
    const names = [...new Set(tasks.filter(mayBeBilled).map(({ provider }) => provider))].join(' and ')
    const who = names === '' ? 'The provider' : names
    return { spent: 'perhaps', money: `Money may have been spent: ${who} did not report a final cost.` }
  }
  if (isNothing(cost)) return { spent: 'nothing', money: 'No money was spent.' }
  return { spent: 'yes', money: `Money was spent: ${costWords(cost)}.` }
}

function mayBeBilled({ status }: JobView['tasks'][number]): boolean {
  return status !== 'preparing' && status !== 'deferred' && status !== 'rejected'
}

/** The reasons of the providers for tasks that they have not canceled. Empty: they gave none. */
export function notCanceledWords({ tasks }: JobView, events: JobHistory['events']): string {
  const left = tasks.filter(({ status }) => status === 'submitted')
  const messages = left.flatMap((task) => notCanceledMessage(events, task.provider_task_id) ?? [])
  return [...new Set(messages)].join(' ')
}

/** The fault in a few words, without a full stop. */
export function headlineOf(code: FaultCode): string {
  switch (code) {
    case 'bad_request':
      return 'The provider refused the request'
    case 'auth':
      return 'The provider did not accept the API key of this deployment'
    case 'out_of_credit':
      return 'The account at the provider has no credit left'
    case 'not_entitled':
      return 'The account at the provider may not use this model'
    case 'rate_limited':
      return 'The provider accepted no more tasks'
    case 'maintenance':
    case 'unavailable':
      return 'The provider was not available'
    case 'no_free_slot':
      return 'The limit of running tasks was reached until the deadline'
    case 'moderated':
      return 'The content rules of the provider stopped the video'
    case 'generation_failed':
      return 'The provider could not make the video'
    case 'provider_timeout':
      return 'The provider took too long, and gave up'
    case 'provider_canceled':
      return 'The task was canceled at the provider'
    case 'price_unknown':
      return 'The price is unknown, and the request limits the cost'
    case 'answer_lost':
    case 'submit_unknown':
      return 'It is unknown whether the provider accepted the task'
    case 'task_lost':
      return 'The provider lost the task'
    case 'unreadable_answer':
      return 'The answer of the provider could not be read'
    case 'deadline_exceeded':
      return 'The video was not ready by the deadline'
    case 'internal_error':
      return 'Unexpected errors stopped the job'
    case 'canceled':
      return 'The job was canceled'
    case 'input_expired':
    case 'input_unavailable':
    case 'input_truncated':
      return 'An input could not be read'
    case 'input_wrong_type':
    case 'input_too_large':
    case 'input_forbidden':
      return 'An input cannot be used'
    case 'asset_deleted':
      return 'An uploaded input was deleted'
    case 'media_expired':
    case 'media_unavailable':
    case 'media_truncated':
      return 'The finished video could not be copied'
    case 'media_wrong_type':
      return 'The finished file is not a video'
    case 'media_too_large':
      return 'The finished video is too large'
    case 'media_host_unlisted':
    case 'media_forbidden':
      return 'The finished video is on a host that is not allowed'
    case 'partial_failure':
      return 'Only some of the videos were made'
  }
}
