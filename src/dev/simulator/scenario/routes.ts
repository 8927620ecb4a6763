import { Hono } from 'hono'
import { z } from 'zod'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { assetView } from './assets.ts'
import { failedJobView, jobView } from './job.ts'
import { listJobs } from './job-list.ts'
import { partRoutes } from './part-routes.ts'
import { invalid, refusal, refuseBroken, refusePoll } from './responses.ts'
import { dryRun, generate } from './submit.ts'
import { uploadRoutes } from './upload-routes.ts'

export function scenarioRoutes(world: World): Hono {
  const app = new Hono()

  app.use('/v1/*', async (c, next) => {
    const { scenario } = world.edges.keys
    const isAuthorized = scenario !== undefined && c.req.header('authorization') === `Basic ${btoa(scenario)}`
    return isAuthorized ? next() : refusal(401, 'The API key or its secret is not valid')
  })

  app.post('/v1/generate/custom/:model', async (c) => {
    const perform = c.req.query('dryRun') === 'true' ? dryRun : generate
    return perform(world, c.req.param('model'), await c.req.text())
  })

  app.get('/v1/jobs', (c) => listJobs(world, new URL(c.req.url).searchParams))

  app.get('/v1/jobs/:jobId', (c) => {
    const taskId = c.req.param('jobId')
    const response = getStatus(world, taskId)
    record(world, { provider: 'scenario', what: 'status.polled', taskId, status: response.status })
    return response
  })

  app.post('/v1/jobs/:jobId/action', async (c) => {
    const task = world.tasks.get(c.req.param('jobId'))
    if (task?.provider !== 'scenario') return refusal(404, 'There is no such job')
    const read = action.safeParse(parseJson(await c.req.text()))
    return read.success ? refusal(400, 'Jobs of type custom cannot be canceled') : invalid(read.error)
  })

  app.get('/v1/assets/:assetId', (c) => {
    const asset = assetView(world, c.req.param('assetId'))
    return asset === undefined ? refusal(404, 'There is no such asset') : Response.json({ asset })
  })

  app.route('/v1/uploads', uploadRoutes(world))
  app.route('/parts', partRoutes(world))
  app.all('/v1/*', () => refusal(404, 'There is no such endpoint'))
  return app
}

function getStatus(world: World, jobId: string): Response {
  const task = world.tasks.get(jobId)
  if (task?.provider !== 'scenario') return refusal(404, 'There is no such job')
  const now = world.edges.now()

  const fault = dueFault(task.directives.poll, world.count(`poll ${jobId}`))
  if (isRefusedPoll(fault)) return refusePoll(Number(fault))
  switch (fault) {
    case '404':
      return refusal(404, 'There is no such job')
    case '500':
      return refuseBroken()
    case 'odd':
      return Response.json({ job: jobView(task, now, 'reticulating') })
    case 'empty':
      return Response.json({})
    case 'failed':
      return Response.json({ job: failedJobView(task, now, 'provider') })
    case undefined:
      return Response.json({ job: jobView(task, now) })
  }
}

const action = z.strictObject({ action: z.literal('cancel') })
