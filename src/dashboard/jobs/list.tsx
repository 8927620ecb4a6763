/** The list of jobs. */
import { Hono, type Context as HonoContext } from 'hono'
import { type Answer, ProblemError } from '../../api/in-process.ts'
import { Notice } from '../components/notice.tsx'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import {
  eventsQuery,
  type Filters,
  filtersIn,
  filterValue,
  firstPage,
  listPath,
  listQuery,
  metadataFaults,
} from './filters.ts'
import { FilterForm } from './list-filters.tsx'
import { type JobPage, Jobs, Trouble } from './list-parts.tsx'
import { VideoLinks } from './list-table.tsx'
import { searchOf } from './search.ts'

export const jobListPages = new Hono<PageEnv>().get('/jobs', async (c) => {
  const query = new URL(c.req.url).searchParams
  const filters = filtersIn(query)
  const text = (query.get('q') ?? '').trim()
  const search = searchOf(text)
  if (search.finds === 'page') return c.redirect(search.path, 303)
  if (search.finds === 'metadata')
    return c.redirect(listPath([...firstPage(filters), ['metadata', search.entry]]), 303)
  // A form sends its empty fields too: the URL to keep and to share has none.
  if (text === '' && [...query.values()].includes('')) return c.redirect(listPath(filters), 303)

  const answer = await readPage(c, filters)
  const isFirst = filterValue(filters, 'cursor') === ''
  const faults = answer.ok ? [] : (answer.problem.errors ?? [])
  const options = {
    title: 'Jobs',
    status: answer.ok ? 200 : answer.problem.status,
    live: isFirst && faults.length === 0 ? `/live/events${eventsQuery(filters, liveTypes)}` : undefined,
    styles: ['filters', 'jobs'],
    scripts: ['jobs'],
  }
  const content = (
    <>
      <h1>Jobs</h1>
      <Notice c={c} texts={notices} />
      <search>
        <FilterForm filters={filters} text={text} faults={faults} />
      </search>
      {/* Before the list: the script needs the links when it gets new rows. */}
      <VideoLinks jobs={answer.ok ? answer.body.data : []} />
      <div id="list" data-live={isFirst ? true : undefined}>
        {answer.ok ? (
          <Jobs c={c} page={answer.body} filters={filters} />
        ) : (
          <Trouble problem={answer.problem} path={listPath(filters)} />
        )}
      </div>
    </>
  )
  return render(c, options, content)
})

const notices = { deleted: 'The job and its videos are deleted.' }

/** An accepted job is no event, and neither is progress: the script looks for these by the clock. */
const liveTypes = ['job.generating', 'job.succeeded', 'job.failed', 'job.canceled']

/** A wrong filter and a database in trouble are shown beside the form. Any other problem is the whole page. */
async function readPage(c: HonoContext<PageEnv>, filters: Filters): Promise<Answer<JobPage>> {
  const errors = metadataFaults(filters)
  if (errors.length > 0) {
    const problem = { status: 422, code: 'invalid_request', title: '', detail: '' } as const
    return { ok: false, problem: { ...problem, request_id: c.env.requestId, errors } }
  }
  const answer = await c.get('api').send<JobPage>('GET', `/v1/jobs${listQuery(filters)}`)
  if (answer.ok || ['invalid_request', 'unavailable'].includes(answer.problem.code)) return answer
  throw new ProblemError(answer.problem)
}
