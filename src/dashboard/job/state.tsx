/** The state of a job: where its video is, why it failed, and the main facts. */

import { formatDuration } from '../../core/format.ts'
import { isSettled } from '../../core/job/job.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { Copyable } from '../components/code.tsx'
import { type Fact, Facts } from '../components/facts.tsx'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { amountOf } from '../cost-words.ts'
import { estimateOf } from './cost.tsx'
import { failureWords, notCanceledWords } from './failure-words.ts'
import type { ShownJob } from './load.ts'
import { lateUntil, whereIs } from './state-words.ts'

export function JobState({ shown }: { shown: ShownJob }) {
  const { job } = shown
  return (
    <>
      {/* The text of a live region that stays is read out when it changes. */}
      <div aria-live="polite">
        <p id="where" data-live class={`alert ${toneOf(job)}`}>
          <Status status={job.status} /> <strong>{whereIs(job)}</strong>
        </p>
      </div>
      <div id="state" data-live>
        <Progress job={job} />
        <Failure shown={shown} />
        <div class="card">
          <Facts rows={factsOf(shown)} />
        </div>
      </div>
    </>
  )
}

function toneOf({ status, cancellation }: JobView): string {
  if (status === 'canceled') return cancellation?.may_still_be_billed === true ? 'active' : ''
  return status === 'succeeded' ? 'good' : status === 'failed' ? 'bad' : 'active'
}

function factsOf({ job, events, nowMs }: ShownJob): Fact[] {
  const { settled_at: settledAt } = job
  const retries = events.flatMap(({ type, data }) => (type === 'job.retried' ? [String(data.job_id)] : []))
  const endMs = settledAt === null ? nowMs : Date.parse(settledAt)
  return [
    ['Model', job.model],
    ['Provider', job.provider],
    ['Created', <Time at={job.created_at} />],
    [
      settledAt === null ? 'Running for' : 'Took',
      formatDuration(Math.max(0, endMs - Date.parse(job.created_at))),
    ],
    ['Deadline', settledAt === null && <Time at={job.deadline_at} />],
    [
      'Retried as',
      retries.length > 0 &&
        retries.map((id) => (
          <div>
            <a href={`/jobs/${id}`}>{id}</a>
          </div>
        )),
    ],
    ['Id', <Copyable text={job.id} label="the id of the job" />],
  ]
}

function Progress({ job: { status, progress } }: { job: ShownJob['job'] }) {
  if (isSettled(status) || status === 'queued') return null
  // A bar without a value shows that the work is under way.
  const isKnown = status === 'generating' && progress !== null
  return (
    <p class="progress">
      <progress max={100} value={isKnown ? progress : undefined} aria-label={`Progress of ${status}`} />
      {isKnown && <span>{progress} %</span>}
    </p>
  )
}

function Failure({ shown: { job, events, nowMs } }: { shown: ShownJob }) {
  const words = failureWords(job)
  if (words === null) return null
  const estimate = words.spent === 'perhaps' ? estimateOf(job, events) : null
  const lateAt = lateUntil(job, nowMs)
  const rows: Fact[] = [
    [
      'What happened',
      job.fault !== null && (
        <>
          {words.cause} <code>{job.fault.code}</code>
        </>
      ),
    ],
    ['Cancellation', notCanceledWords(job, events)],
    [
      'Money',
      <>
        {words.spent === 'nothing' ? words.money : <strong>{words.money}</strong>}
        {estimate !== null && ` The estimate for the job at ${job.provider} was ${amountOf(estimate)}.`}
      </>,
    ],
    ['What to do', words.next],
    [
      'Still possible',
      lateAt !== null && (
        <>
          If {job.provider} finishes the video before <Time at={lateAt} />, it is stored and shown here.
        </>
      ),
    ],
  ]
  return (
    <div class="card">
      <Facts rows={rows} />
    </div>
  )
}
