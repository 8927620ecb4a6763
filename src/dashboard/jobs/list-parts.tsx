/** The list of jobs for each response of the API: its rows, a reason why there are none, or a problem. */
import type { Context as HonoContext } from 'hono'
import type { Child } from 'hono/jsx'
import { curlOfCall } from '../../api/docs/calls.ts'
import type { Problem } from '../../api/in-process.ts'
import { mayDo } from '../../core/access.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { CodeBlock } from '../components/code.tsx'
import { Pager } from '../components/pager.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { jobCall } from '../job-call.ts'
import type { PageEnv } from '../page-env.ts'
import { type Filters, filterValue, firstPage, isFilter, listPath } from './filters.ts'
import { JobTable } from './list-table.tsx'

export interface JobPage {
  data: JobView[]
  next_cursor: string | null
}

interface JobsProps {
  c: HonoContext<PageEnv>
  page: JobPage
  filters: Filters
}

export function Jobs({ c, page: { data, next_cursor: cursor }, filters }: JobsProps) {
  const first = filterValue(filters, 'cursor') === '' ? null : listPath(firstPage(filters))
  const next = cursor === null ? null : listPath([...firstPage(filters), ['cursor', cursor]])
  const pager = <Pager first={first} next={next} />
  if (data.length > 0)
    return (
      <>
        <JobTable jobs={data} />
        {pager}
      </>
    )
  if (next !== null)
    return (
      <Empty title="No match so far">
        <p>None of the jobs that were looked at matches these filters. There are older jobs.</p>
        <p>
          <a class="button primary" href={next} rel="next">
            Look further
          </a>
        </p>
      </Empty>
    )
  if (first !== null) return <Empty title="There are no older jobs">{pager}</Empty>
  if (!filters.some(isFilter)) return <NoJobs c={c} />
  return (
    <Empty title="No job matches these filters">
      <p>
        <a href="/jobs">Clear all filters</a>
      </p>
    </Empty>
  )
}

function NoJobs({ c }: { c: HonoContext<PageEnv> }) {
  const { project } = c.get('caller')
  const mayCreate = mayDo(c.get('caller'), 'jobs:write')
  return (
    <Empty title={`There is no job yet${project === null ? '' : ` in the project ${project}`}`}>
      {mayCreate && (
        <p>
          <a class="button primary" href="/jobs/new">
            Make the first video
          </a>
        </p>
      )}
      <p>{mayCreate ? 'Or send a request:' : 'A key with the scope jobs:write can create one:'}</p>
      <CodeBlock text={firstRequest(c.env.context.config.publicBaseUrl)} label="the request" />
    </Empty>
  )
}

function firstRequest(baseUrl: string): string {
  const body = { model: 'seedance-2.0-mini', prompt: 'A paper boat drifts down a rainy gutter' }
  return curlOfCall(jobCall(baseUrl, body))
}

export function Trouble({ problem, path }: { problem: Problem; path: string }) {
  if (problem.code === 'invalid_request')
    return (
      <Empty title="There is no such list">
        <p>
          Correct the filters above, or <a href="/jobs">clear all filters</a>.
        </p>
      </Empty>
    )
  return (
    <>
      <ProblemAlert problem={problem} />
      <p>
        <a class="button primary" href={path}>
          Try again
        </a>
      </p>
    </>
  )
}

function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <section class="card empty">
      <h2>{title}</h2>
      {children}
    </section>
  )
}
