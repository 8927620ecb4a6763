import { Hono } from 'hono'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { listTasks } from './list.ts'
import { deleteTask, recordOf } from './records.ts'
import { broken, refusedPoll, toResponse, unauthorized, unknownTask } from './responses.ts'
import { submit } from './submit.ts'
import { failedView, openView, taskView } from './view.ts'

const tasks = '/api/v3/contents/generations/tasks'
const MAX_BODY_CHARACTERS = 64_000_000

export function byteplusRoutes(world: World): Hono {
  const app = new Hono()

  app.use('/api/v3/*', async (c, next) => {
    const { byteplus } = world.edges.keys
    const isAuthorized = byteplus !== undefined && c.req.header('authorization') === `Bearer ${byteplus}`
    return isAuthorized ? next() : toResponse(unauthorized)
  })

  app.post(tasks, async (c) => {
    const text = await c.req.text()
    const body = text.length > MAX_BODY_CHARACTERS ? undefined : parseJson(text)
    const submitted = await submit(world, body)
    return submitted.ok ? c.json({ id: submitted.task.taskId }) : toResponse(submitted.refusal)
  })

  app.get(tasks, (c) => {
    const listed = listTasks(world, new URL(c.req.url).searchParams)
    const status = listed.ok ? 200 : listed.refusal.status
    record(world, { provider: 'byteplus', what: 'tasks.listed', status })
    return listed.ok ? c.json(listed.page) : toResponse(listed.refusal)
  })

  app.get(`${tasks}/:taskId`, (c) => {
    const taskId = c.req.param('taskId')
    const response = getTask(world, taskId)
    record(world, { provider: 'byteplus', what: 'status.polled', taskId, status: response.status })
    return response
  })

  app.delete(`${tasks}/:taskId`, (c) => {
    const taskId = c.req.param('taskId')
    const refusal = deleteTask(world, taskId)
    record(world, { provider: 'byteplus', what: 'task.deleted', taskId, status: refusal?.status ?? 200 })
    return refusal === null ? c.json({}) : toResponse(refusal)
  })

  app.all('/api/v3/*', () => toResponse(unknownTask))
  return app
}

function getTask(world: World, taskId: string): Response {
  const task = recordOf(world, taskId)
  if (task === undefined) return toResponse(unknownTask)

  const fault = dueFault(task.directives.poll, world.count(`poll ${taskId}`))
  if (isRefusedPoll(fault)) return toResponse(refusedPoll(Number(fault)))
  switch (fault) {
    case '404':
      return toResponse(unknownTask)
    case '500':
      return toResponse(broken)
    case 'odd':
      return Response.json(openView(task, 'reticulating'))
    case 'empty':
      return Response.json({})
    case 'failed':
      return Response.json(failedView(task, 'provider'))
    case undefined:
      return Response.json(taskView(world, task))
  }
}
