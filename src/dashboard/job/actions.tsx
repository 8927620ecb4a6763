/** The actions on a job: only those that its status and the scopes of the caller allow. */
import { isSettled } from '../../core/job/job.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { Copyable } from '../components/code.tsx'
import { Time } from '../components/time.tsx'
import { failureWords } from './failure-words.ts'
import type { ShownJob } from './load.ts'

export interface NewLink {
  n: number
  url: string
  url_expires_at: string
}

export function JobActions({ shown: { job, events, may } }: { shown: ShownJob }) {
  const mayWrite = may('jobs:write')
  const isEnded = isSettled(job.status)
  const words = failureWords(job)
  const hasVideo = job.outputs.some(({ status }) => status === 'stored')
  if (!mayWrite && !hasVideo) return <div id="actions" data-live />
  return (
    <section id="actions" data-live class="card" aria-labelledby="actions-title">
      <h2 id="actions-title">Actions</h2>
      {mayWrite && words !== null && (
        <form method="post" action={`/jobs/${job.id}/retry`} class="row">
          {/* The same until the retry is shown, so that a form that is sent twice buys nothing twice. */}
          <input type="hidden" name="retry" value={retryKey(job, events)} />
          <button type="submit" class={words.isRetryable ? 'primary' : ''}>
            Retry
          </button>
          <span class="quiet">
            {words.isRetryable
              ? 'Creates a new job with the same request, which is billed again.'
              : 'Creates a new job with the same request, which is billed again. It probably fails again unless the cause is removed.'}
            {words.spent === 'perhaps' && ' This job may be billed, too.'}
          </span>
        </form>
      )}
      <div class="row">
        {mayWrite && (
          <a class="button" href={`/jobs/new?from=${job.id}`}>
            New job from this
          </a>
        )}
        {mayWrite && isEnded && (
          <a class="button" href={`/jobs/${job.id}/delete`}>
            Delete…
          </a>
        )}
      </div>
      {hasVideo && (
        <details id="links">
          <summary>New link to the {job.outputs.length === 1 ? 'video' : 'videos'}</summary>
          <form method="post" action={`/jobs/${job.id}/links`} class="row">
            <label for="expires">It works for</label>
            <select id="expires" name="expires_in_seconds">
              <option value="604800">7 days</option>
              <option value="86400">1 day</option>
              <option value="3600">1 hour</option>
            </select>
            <button type="submit">Create the link</button>
            <span class="quiet">It opens without signing in.</span>
          </form>
        </details>
      )}
      {mayWrite && !isEnded && (
        <details id="cancel">
          <summary>Cancel the job</summary>
          <form method="post" action={`/jobs/${job.id}/cancel`} class="row">
            <button type="submit" class="danger">
              Cancel now
            </button>
            <span class="quiet">
              The job ends at once. A provider that has accepted it may still make and bill it, unless it
              cancels the task.
            </span>
          </form>
        </details>
      )}
    </section>
  )
}

/** The Idempotency-Key of the next retry. Pruning removes the earlier retries from the timeline. */
function retryKey({ pruned_at }: JobView, events: ShownJob['events']): string {
  return `page ${events.filter(({ type }) => type === 'job.retried').length} ${pruned_at ?? ''}`.trim()
}

export function NewLinks({ links }: { links: readonly NewLink[] }) {
  return (
    <div class="alert good" role="status">
      <h2>{links.length === 1 ? 'A new link' : 'New links'}</h2>
      <p>Copy {links.length === 1 ? 'it' : 'them'} now: this page shows a link once.</p>
      {links.map(({ n, url, url_expires_at }) => (
        <p>
          {links.length > 1 && `Video ${n + 1}: `}
          <Copyable text={url} label={`the link to video ${n + 1}`} /> until <Time at={url_expires_at} />
        </p>
      ))}
    </div>
  )
}
