/** One job: its page, and what can be done with it. */
import { Hono, type Context as HonoContext } from 'hono'
import { type Answer, ProblemError } from '../../api/in-process.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { withNotice } from '../components/notice.tsx'
import { readForm, textOf } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import type { NewLink } from './actions.tsx'
import { jobDeletion } from './delete.tsx'
import { pathOf } from './load.ts'
import { jobMedia } from './media.ts'
import { renderJob } from './page.tsx'

export const jobPages = new Hono<PageEnv>()
  .route('/', jobMedia)
  .route('/', jobDeletion)
  .get('/jobs/:id', async (c) => {
    try {
      return await renderJob(c)
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === 404) return renderGone(c)
      throw error
    }
  })
  .post('/jobs/:id/cancel', async (c) => {
    const canceled = await c.get('api').send('POST', `${pathOf(c)}/cancel`)
    return canceled.ok ? backWith(c, 'canceled') : renderJob(c, canceled)
  })
  .post('/jobs/:id/retry', async (c) => {
    const retry = (await readForm(c.req.raw)).get('retry')
    const headers = { 'idempotency-key': `${encodeURIComponent(c.req.param('id'))} ${textOf(retry)}` }
    const response = await c.get('api').open(`${pathOf(c)}/retry`, { method: 'POST', headers })
    if (!response.ok) return renderJob(c, { problem: await response.json() })
    const { id } = await response.json<JobView>()
    return c.redirect(withNotice(`/jobs/${id}`, 'retried'), 303)
  })
  .post('/jobs/:id/links', async (c) => {
    const seconds = (await readForm(c.req.raw)).get('expires_in_seconds')
    const body = { expires_in_seconds: Number(textOf(seconds)) }
    const created: Answer<{ data: NewLink[] }> = await c.get('api').send('POST', `${pathOf(c)}/links`, body)
    return renderJob(c, created.ok ? { links: created.body.data } : created)
  })
  .post('/jobs/:id/redeliver', async (c) => {
    const id = (await readForm(c.req.raw)).get('delivery_id')
    const path = `/v1/deliveries/${encodeURIComponent(textOf(id))}/redeliver`
    const sent = await c.get('api').send('POST', path)
    return sent.ok ? backWith(c, 'redelivered') : renderJob(c, sent)
  })
  // The address of a form that was shown on the page of the job, loaded again.
  .on('GET', ['/jobs/:id/cancel', '/jobs/:id/retry', '/jobs/:id/links', '/jobs/:id/redeliver'], (c) =>
    c.redirect(jobPath(c), 303),
  )

function jobPath(c: HonoContext<PageEnv>): string {
  return `/jobs/${encodeURIComponent(c.req.param('id') ?? '')}`
}

function backWith(c: HonoContext<PageEnv>, notice: string) {
  return c.redirect(withNotice(jobPath(c), notice), 303)
}

function renderGone(c: HonoContext<PageEnv>) {
  const page = (
    <div class="empty">
      <h1>There is no such job</h1>
      <p>It was deleted, its retention has ended, or it belongs to another project.</p>
      <p>
        <a href="/jobs">All jobs</a>
      </p>
    </div>
  )
  return render(c, { title: 'No such job', status: 404 }, page)
}
