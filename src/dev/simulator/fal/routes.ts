import { type Context, Hono } from 'hono'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { cancelTask, type FalTask, stageOf } from '../task.ts'
import { record, type World } from '../world.ts'
import { type FalResponse, failedResult, refuse, toResponse } from './responses.ts'
import { completedStatus, resultOf, statusOf } from './result.ts'
import { publishedKeys } from './signature.ts'
import { submit } from './submit.ts'

export function falRoutes(world: World): Hono {
  const app = new Hono()
  // With `poll=failed`, the result of one status shows a failure.
  const falselyFailed = new Set<string>()

  app.get('/.well-known/jwks.json', async (c) => c.json(await publishedKeys()))

  app.use('/*', async (c, next) => {
    const { fal } = world.edges.keys
    const isAuthorized = fal !== undefined && c.req.header('authorization') === `Key ${fal}`
    return isAuthorized
      ? next()
      : toResponse(refuse(401, 'Authentication is required to access this application.'))
  })

  app.get('/:owner/:app/requests/:id/status', (c) => {
    const response = getStatus(c, (task) => falselyFailed.add(task.taskId))
    const taskId = `${c.req.param('app')}/${c.req.param('id')}`
    record(world, { provider: 'fal', what: 'status.polled', taskId, status: response.status })
    return toResponse(response)
  })

  app.get('/:owner/:app/requests/:id', (c) => {
    const task = taskAt(world, c)
    if (task === undefined) return toResponse(notFound)
    if (falselyFailed.delete(task.taskId)) return toResponse(failedResult('provider', ''))
    return toResponse(resultOf(world, task))
  })

  app.put('/:owner/:app/requests/:id/cancel', (c) => {
    const response = cancel(world, taskAt(world, c))
    const taskId = `${c.req.param('app')}/${c.req.param('id')}`
    record(world, { provider: 'fal', what: 'task.cancel_requested', taskId, status: response.status })
    return toResponse(response)
  })

  app.post('/*', async (c) => {
    const path = new URL(c.req.url).pathname.replace(/^\/fal\//, '')
    return toResponse(await submit(world, path, c.req.query('fal_webhook'), parseJson(await c.req.text())))
  })

  app.all('/*', () => toResponse(notFound))

  function getStatus(c: Context, failFalsely: (task: FalTask) => void): FalResponse {
    const task = taskAt(world, c)
    if (task === undefined) return notFound
    const fault = dueFault(task.directives.poll, world.count(`poll ${task.taskId}`))
    if (isRefusedPoll(fault)) return refuse(Number(fault), 'The request was refused')
    switch (fault) {
      case '404':
        return notFound
      case '500':
        return refuse(500, 'Internal server error')
      case 'odd':
        return { status: 200, body: { status: 'RETICULATING', request_id: task.requestId } }
      case 'empty':
        return { status: 200, body: {} }
      case 'failed':
        failFalsely(task)
        return completedStatus(world, task)
      case undefined:
        return statusOf(world, task)
    }
  }

  return app
}

/** One in the queue is removed. The runner of one that is being made stops at once, which fal leaves to the model. */
function cancel(world: World, task: FalTask | undefined): FalResponse {
  if (task === undefined) return { status: 404, body: { status: 'NOT_FOUND' } }
  const now = world.edges.now()
  const stage = stageOf(task, now)
  if (stage === 'ended') return { status: 400, body: { status: 'ALREADY_COMPLETED' } }
  cancelTask(task, now)
  return stage === 'pending'
    ? { status: 200, body: { status: 'OK' } }
    : { status: 202, body: { status: 'CANCELLATION_REQUESTED' } }
}

const notFound = refuse(404, 'Request not found')

function taskAt(world: World, c: Context): FalTask | undefined {
  const [owner, app, id] = [c.req.param('owner'), c.req.param('app'), c.req.param('id')]
  const task = world.tasks.get(`${app}/${id}`)
  return task?.provider === 'fal' && task.app === `${owner}/${app}` ? task : undefined
}
