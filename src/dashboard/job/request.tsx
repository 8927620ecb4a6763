/** The request of a job. It never changes. */

import { excerptOf, formatDuration, formatUsd } from '../../core/format.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { type Fact, Facts } from '../components/facts.tsx'
import { Time } from '../components/time.tsx'
import { JobInputs } from './inputs.tsx'

export function JobRequest({ job }: { job: JobView }) {
  return (
    <section class="card" aria-labelledby="request-title">
      <h2 id="request-title">Request</h2>
      {job.warnings.length > 0 && (
        <div class="alert active">
          <h3>Warnings</h3>
          <ul>
            {job.warnings.map(({ path, message }) => (
              <li>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Prompt prompt={job.request.prompt} />
      <JobInputs job={job} />
      <Facts rows={factsOf(job)} />
      <Metadata metadata={job.metadata} />
    </section>
  )
}

const shownWhole = 600

function Prompt({ prompt }: { prompt: string | undefined }) {
  if (prompt === undefined) return <p class="quiet">Without a prompt.</p>
  const text = (
    <p class="prompt" dir="auto">
      {prompt}
    </p>
  )
  if (prompt.length <= shownWhole) return text
  return (
    <details id="prompt">
      <summary dir="auto">
        {excerptOf(prompt, 200)} ({prompt.length.toLocaleString('en-US')} characters)
      </summary>
      {text}
    </details>
  )
}

function factsOf(job: JobView): Fact[] {
  const { request, callback_headers: headers = [] } = job
  const { duration, provider, provider_options: options, retention_days: days } = request
  return [
    ['Resolution', request.resolution],
    ['Aspect ratio', request.aspect_ratio],
    ['File format', request.output_format],
    ['Duration', typeof duration === 'number' ? `${duration} s` : duration],
    ['Sound', request.generate_audio ? 'yes' : 'no'],
    ['Seed', request.seed?.toString()],
    ['Videos', String(request.count)],
    ['Allowed providers', typeof provider === 'string' ? provider : provider.join(', ')],
    ['Provider options', Object.keys(options).length > 0 && JSON.stringify(options)],
    ['Cost limit', request.max_cost_usd !== undefined && formatUsd(request.max_cost_usd)],
    ['Unknown submissions', request.resubmit_unknown && 'are submitted once more, which may be billed twice'],
    ['Time limit', formatDuration(request.deadline_seconds * 1_000)],
    ['Kept', days !== undefined && daysOf(days)],
    ['Callback URL', request.callback_url],
    ['Callback events', request.callback_url !== undefined && request.callback_events.join(', ')],
    ['Callback format', request.callback_format !== 'reelhook' && request.callback_format],
    ['Callback headers', headers.length > 0 && `${headers.join(', ')} (the values are never shown)`],
    ['Deadline', <Time at={job.deadline_at} />],
    ['Will be erased', job.erase_at !== null && <Time at={job.erase_at} />],
    [
      'Details deleted',
      job.pruned_at !== null && (
        <>
          <Time at={job.pruned_at} />: the timeline has its main entries only, and nothing can be sent again
        </>
      ),
    ],
    ['Retry of', job.retry_of !== null && <a href={`/jobs/${job.retry_of}`}>{job.retry_of}</a>],
  ]
}

function daysOf(days: number): string {
  return days === 0 ? 'until it is deleted' : `${days} ${days === 1 ? 'day' : 'days'} after its end`
}

function Metadata({ metadata }: { metadata: JobView['metadata'] }) {
  const entries = Object.entries(metadata)
  if (entries.length === 0) return null
  return (
    <>
      <h3>Metadata</h3>
      <dl class="metadata">
        {entries.map(([key, value]) => (
          <>
            <dt dir="auto">{key}</dt>
            <dd dir="auto">{value}</dd>
          </>
        ))}
      </dl>
    </>
  )
}
