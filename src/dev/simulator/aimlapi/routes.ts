import { type Context, Hono } from 'hono'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { type AimlapiTask, stageOf } from '../task.ts'
import { record, type World } from '../world.ts'
import { readCatalogue } from './catalogue.ts'
import { failedView, generationView, usageOf } from './generation.ts'
import { readLogs } from './logs.ts'
import { broken, type Refusal, refuse, refusePoll } from './responses.ts'
import { submit } from './submit.ts'

const notFound: Refusal = { statusCode: 404, message: 'Not found' }

export function aimlapiRoutes(world: World): Hono {
  const app = new Hono()
  const { now } = world.edges

  app.use('/v2/*', async (c, next) => {
    const { aimlapi } = world.edges.keys
    const isAuthorized = aimlapi !== undefined && c.req.header('authorization') === `Bearer ${aimlapi}`
    if (!isAuthorized)
      return refuse(c, now(), { statusCode: 401, message: 'The API key is missing or invalid' })
    const name = clientRequestIdOf(c)
    if (name !== undefined) c.header('x-client-request-id', name)
    return next()
  })

  app.post('/v2/video/generations', async (c) => {
    const submitted = await submit(world, parseJson(await c.req.text()), clientRequestIdOf(c))
    if (!submitted.ok) return refuse(c, now(), submitted.refusal)
    const { taskId } = submitted.task
    c.header('x-inference-id', taskId)
    return c.json({ id: taskId, status: 'queued' }, 201)
  })

  app.get('/v2/video/generations', (c) => {
    const taskId = c.req.query('generation_id')
    if (taskId === undefined) {
      return refuse(c, now(), { statusCode: 400, message: 'generation_id: Required' })
    }
    const response = getStatus(world, c, taskId)
    record(world, { provider: 'aimlapi', what: 'status.polled', taskId, status: response.status })
    return response
  })

  app.get('/v2/logs', (c) => {
    const read = readLogs(world, new URL(c.req.url).searchParams)
    record(world, {
      provider: 'aimlapi',
      what: 'tasks.listed',
      status: read.ok ? 200 : read.refusal.statusCode,
    })
    return read.ok ? Response.json(read.page) : refuse(c, now(), read.refusal)
  })

  app.get('/v1/models', (c) => c.json(readCatalogue(new URL(c.req.url).searchParams)))

  app.all('/v2/*', (c) => refuse(c, now(), notFound))
  return app
}

function getStatus(world: World, c: Context, taskId: string): Response {
  const now = world.edges.now()
  const task = world.tasks.get(taskId)
  if (task?.provider !== 'aimlapi') return refuse(c, now, notFound)

  const fault = dueFault(task.directives.poll, world.count(`poll ${taskId}`))
  if (isRefusedPoll(fault)) return refusePoll(c, now, Number(fault))
  switch (fault) {
    case '404':
      return refuse(c, now, notFound)
    case '500':
      return refuse(c, now, broken)
    case 'odd':
      return c.json({ id: taskId, status: 'reticulating' })
    case 'empty':
      return c.json({})
    case 'failed':
      return c.json(failedView(taskId, 'provider'))
    case undefined:
      setCostHeaders(c, task, now)
      return c.json(generationView(world, task))
  }
}

function setCostHeaders(c: Context, task: AimlapiTask, now: number): void {
  c.header('x-inference-id', task.taskId)
  if (stageOf(task, now) !== 'ended') return
  const { credits, usd } = usageOf(task, now)
  c.header('x-aimlapi-credits-used', String(credits))
  c.header('x-aimlapi-usd-spent', usd.toFixed(9))
}

/** A value with other characters is silently dropped. */
function clientRequestIdOf(c: Context): string | undefined {
  const name = c.req.header('x-client-request-id')
  return name !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(name) ? name : undefined
}
