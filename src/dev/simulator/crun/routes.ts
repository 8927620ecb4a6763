import { Hono } from 'hono'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { type CrunResponse, fail, refusePoll, succeed, toResponse } from './responses.ts'
import { createTask, estimate } from './submit.ts'
import { failedInfo, openInfo, taskInfo } from './task-info.ts'

const STARTING_CREDITS = 1_000_000

export function crunRoutes(world: World): Hono {
  const app = new Hono()

  app.use('/api/v1/client/*', async (c, next) => {
    if (c.req.header('x-api-key') !== world.edges.keys.crun) return toResponse(fail(401))
    return next()
  })

  app.post('/api/v1/client/job/CreateTask', async (c) =>
    toResponse(await createTask(world, parseJson(await c.req.text()))),
  )

  app.post('/api/v1/client/job/estimate-credits', async (c) =>
    toResponse(estimate(parseJson(await c.req.text()))),
  )

  app.get('/api/v1/client/job/TaskInfo', (c) => {
    const taskId = c.req.query('task_id')
    if (taskId === undefined) return toResponse(fail(422, ['task_id: Field required']))
    const response = getStatus(world, taskId)
    record(world, { provider: 'crun', what: 'status.polled', taskId, status: response.code })
    return toResponse(response)
  })

  app.get('/api/v1/client/account/balance', () => toResponse(succeed({ balance: balanceOf(world) })))

  app.all('/api/v1/client/*', () => toResponse(fail(404)))
  return app
}

function getStatus(world: World, taskId: string): CrunResponse {
  const task = world.tasks.get(taskId)
  if (task?.provider !== 'crun') return fail(404)

  const fault = dueFault(task.directives.poll, world.count(`poll ${taskId}`))
  if (isRefusedPoll(fault)) return refusePoll(Number(fault))
  switch (fault) {
    case '404':
      return fail(404)
    case '500':
      return fail(500)
    case 'odd':
      return succeed(openInfo(task, 'reticulating'))
    case 'empty':
      return succeed({})
    case 'failed':
      return succeed(failedInfo(task, 'provider'))
    case undefined:
      return succeed(taskInfo(world, task))
  }
}

function balanceOf(world: World): number {
  let balance = STARTING_CREDITS
  for (const task of world.tasks.values()) {
    const isFree = task.provider !== 'crun' || task.billedUsd === 0
    if (!isFree) balance -= task.credits
  }
  return balance
}
