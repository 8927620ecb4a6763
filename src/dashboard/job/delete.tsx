/** The page that asks before a job is deleted. */
import { Hono, type Context as HonoContext } from 'hono'
import type { Problem } from '../../api/in-process.ts'
import { excerptOf, formatBytes } from '../../core/format.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { withNotice } from '../components/notice.tsx'
import { ProblemAlert } from '../components/problem.tsx'
import { readForm } from '../form.ts'
import type { PageEnv } from '../page-env.ts'
import { render } from '../render.tsx'
import { pathOf } from './load.ts'

export const jobDeletion = new Hono<PageEnv>()
  .get('/jobs/:id/delete', (c) => ask(c))
  .post('/jobs/:id/delete', async (c) => {
    const force = (await readForm(c.req.raw)).get('force')
    const query = force === 'true' ? '?force=true' : ''
    const erased = await c.get('api').send('DELETE', `${pathOf(c)}${query}`)
    return erased.ok ? c.redirect(withNotice('/jobs', 'deleted'), 303) : ask(c, erased.problem)
  })

async function ask(c: HonoContext<PageEnv>, problem?: Problem) {
  const job = await c.get('api').read<JobView>(pathOf(c))
  const stored = job.outputs.filter(({ status }) => status === 'stored')
  const bytes = stored.reduce((sum, output) => sum + (output.bytes ?? 0), 0)
  const videos = stored.length === 1 ? 'its video' : `its ${stored.length} videos`
  const page = (
    <>
      <h1>Delete this job?</h1>
      {problem !== undefined && <ProblemAlert problem={problem} />}
      <div class="card">
        <p dir="auto">{excerptOf(job.request.prompt ?? '', 200)}</p>
        <p>
          <a href={`/jobs/${job.id}`}>{job.id}</a>
        </p>
        <p>
          <strong>This cannot be undone.</strong> It deletes{' '}
          {stored.length > 0 && `${videos} (${formatBytes(bytes)}), `}
          the request, the timeline, the cost and all deliveries. Links to the{' '}
          {stored.length === 1 ? 'video' : 'videos'} stop working.
        </p>
        {job.settled_at === null && <p>The job has not ended yet. Cancel it first.</p>}
        <form method="post" action={`/jobs/${job.id}/delete`}>
          {problem?.code === 'undelivered' && (
            <label class="choice">
              <input type="checkbox" name="force" value="true" />
              Delete it although these deliveries are then never sent
            </label>
          )}
          <p class="row">
            <button type="submit" class="danger">
              Delete the job
            </button>
            <a href={`/jobs/${job.id}`}>Keep it</a>
          </p>
        </form>
      </div>
    </>
  )
  return render(c, { title: 'Delete a job', status: problem?.status ?? 200 }, page)
}
