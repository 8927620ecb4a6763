/** The page of one job. Parts that may change are marked, and replaced by the script of the pages. */
import type { Context as HonoContext } from 'hono'
import { curlOfCall, typescriptOfCall } from '../../api/docs/calls.ts'
import type { Problem } from '../../api/in-process.ts'
import { excerptOf } from '../../core/format.ts'
import { CodeBlock } from '../components/code.tsx'
import { Notice } from '../components/notice.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { cutUrlsNote, mayLackTokens } from '../cut-urls.ts'
import { bodyOf, jobCall } from '../job-call.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { JobTimeline } from '../timeline/timeline.tsx'
import { JobActions, type NewLink, NewLinks } from './actions.tsx'
import { JobCost } from './cost.tsx'
import { JobDeliveries } from './deliveries.tsx'
import { loadJob, type ShownJob } from './load.ts'
import { JobOutputs } from './outputs.tsx'
import { JobRequest } from './request.tsx'
import { JobState } from './state.tsx'
import { mayChange } from './state-words.ts'

/** The result of a form that is shown on the page itself. */
interface Result {
  problem?: Problem
  links?: readonly NewLink[]
}

const notices = {
  canceled: 'The job was canceled.',
  retried: 'This is the new job. It has the same request, and is billed again.',
  redelivered: 'The event is sent again now.',
}

export async function renderJob(c: HonoContext<PageEnv>, { problem, links }: Result = {}) {
  const shown = await loadJob(c)
  const { job, deliveries } = shown
  const title = excerptOf(job.request.prompt ?? '', 80) || 'A video without a prompt'
  const isLive = problem === undefined && links === undefined && mayChange(job, deliveries, shown.nowMs)
  const options = {
    title: `${title} · ${job.status}`,
    status: problem?.status ?? 200,
    live: isLive ? liveOf(shown) : undefined,
    styles: ['job', 'timeline'],
    scripts: ['job'],
  }
  return render(
    c,
    options,
    <>
      <h1 dir="auto">{title}</h1>
      {problem !== undefined && <ProblemAlert problem={problem} />}
      {links !== undefined && <NewLinks links={links} />}
      <Notice c={c} texts={notices} />
      <div class="first">
        <div class="state">
          <JobState shown={shown} />
        </div>
        <JobOutputs job={job} />
        <div class="actions">
          <JobActions shown={shown} />
        </div>
      </div>
      <section id="timeline" data-live class="card" aria-labelledby="timeline-title">
        <h2 id="timeline-title">Timeline</h2>
        {shown.isUnread.history && (
          <p class="alert bad">
            The timeline is not complete: a part of it could not be read. Load the page again.
          </p>
        )}
        <JobTimeline history={historyOf(shown)} answers={shown.answers} />
      </section>
      {deliveries !== null && <JobDeliveries shown={shown} deliveries={deliveries} />}
      <div class="columns below">
        <JobRequest job={job} />
        <JobCost shown={shown} />
      </div>
      <JobCode
        job={job}
        baseUrl={c.env.context.config.publicBaseUrl}
        hasCutUrls={mayLackTokens(c.get('caller'), job)}
      />
    </>,
  )
}

function liveOf({ job, events }: ShownJob): string {
  return `/live/jobs/${job.id}?${new URLSearchParams({ after: events.at(-1)?.id ?? '' })}`
}

function historyOf({ job, events, deliveries, nowMs }: ShownJob) {
  return { job, events, deliveries: deliveries ?? [], nowMs }
}

interface CodeProps {
  job: ShownJob['job']
  baseUrl: string
  hasCutUrls: boolean
}

function JobCode({ job, baseUrl, hasCutUrls }: CodeProps) {
  const call = jobCall(baseUrl, bodyOf(job.request))
  return (
    <section class="card folded" aria-labelledby="code-title">
      <h2 id="code-title">As code</h2>
      <details id="curl">
        <summary>The request with curl</summary>
        <CodeBlock text={curlOfCall(call)} label="the curl command" />
      </details>
      <details id="typescript">
        <summary>The request in TypeScript</summary>
        <CodeBlock text={typescriptOfCall(call)} label="the TypeScript" />
      </details>
      {hasCutUrls && <p>{cutUrlsNote} Complete them in the code, or use Retry.</p>}
      <p class="quiet">
        Add <code>callback_secret</code> and <code>callback_headers</code> if the request had them: they are
        never shown. A repeated request is billed again, unless it has the same <code>Idempotency-Key</code>.
      </p>
      <div id="json" data-live>
        <details id="job-json">
          <summary>The job as the API shows it</summary>
          <CodeBlock text={JSON.stringify(job, null, 2)} label="the JSON of the job" />
        </details>
      </div>
    </section>
  )
}
