/** The rows of the list of jobs. On a phone each is a card. */
import type { Cost } from '../../core/cost.ts'
import { excerptOf, formatDuration } from '../../core/format.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { Status } from '../components/status.tsx'
import { Time } from '../components/time.tsx'
import { amountOf } from '../cost-words.ts'

const columns = ['Video', 'Job', 'Status', 'Model', 'Cost', 'Created']

export function JobTable({ jobs }: { jobs: readonly JobView[] }) {
  return (
    <table class="jobs" aria-label="Jobs, newest first">
      <thead>
        <tr>
          {columns.map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow job={job} />
        ))}
      </tbody>
    </table>
  )
}

/**
 * The link to the first video of each job, for the script: it takes the pictures of the list from them. Apart from the
 * rows, because links change with every second: otherwise every look would replace the whole list.
 */
export function VideoLinks({ jobs }: { jobs: readonly JobView[] }) {
  return (
    <div id="videos" data-live hidden>
      {jobs.map((job) => {
        const url = job.outputs.find(({ url }) => url !== null)?.url
        if (url == null) return null
        const { pathname, search } = new URL(url)
        return <data data-job={job.id} value={`${pathname}${search}`} />
      })}
    </div>
  )
}

function JobRow({ job }: { job: JobView }) {
  const { id, status, progress, fault, model, provider } = job
  return (
    <tr>
      <td>
        <span class="thumbnail" data-thumbnail={id}>
          <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <path
              d="M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4"
              fill="none"
              stroke="currentColor"
            />
          </svg>
        </span>
      </td>
      <td class="job">
        <a id={`${id}-prompt`} href={`/jobs/${id}`} aria-labelledby={`${id}-prompt ${id}-id`} dir="auto">
          {excerptOf(job.request.prompt ?? 'A job without a prompt', maxPromptCharacters)}
        </a>
        <div class="quiet">
          <code id={`${id}-id`} title={id}>{`job_…${id.slice(-8)}`}</code>
          <Metadata metadata={job.metadata} />
        </div>
      </td>
      <td>
        <Status status={status} />
        {progress !== null && job.settled_at === null && (
          <span class="progress">
            <progress value={progress} max={100} aria-label="Progress" /> {progress}%
          </span>
        )}
        {fault !== null && <div class="quiet">{fault.code}</div>}
      </td>
      <td>
        {model}
        <div class="quiet">{provider}</div>
      </td>
      <td class="cost">
        <CostOf cost={job.cost} />
      </td>
      <td class="created">
        <Time at={job.created_at} />
        <div class="quiet">{took(job)}</div>
      </td>
    </tr>
  )
}

const maxPromptCharacters = 160
const maxEntries = 3

function Metadata({ metadata }: { metadata: JobView['metadata'] }) {
  const entries = Object.entries(metadata)
  const more = entries.length - maxEntries
  return (
    <>
      {entries.slice(0, maxEntries).map(([key, value]) => (
        <span class="entry" title={`${key}=${value}`} dir="auto">{`${key}=${value}`}</span>
      ))}
      {more > 0 && <span>{`and ${more} more`}</span>}
    </>
  )
}

/** A canceled job may be settled long after its end. */
function took({ status, created_at, settled_at }: JobView): string {
  if (settled_at === null || status === 'canceled') return ''
  return `took ${formatDuration(Date.parse(settled_at) - Date.parse(created_at))}`
}

function CostOf({ cost }: { cost: Cost | null }) {
  if (cost === null) return <span class="quiet">unknown</span>
  return (
    <>
      {amountOf(cost)}
      {cost.source !== 'provider' && <div class="quiet">estimated</div>}
    </>
  )
}
