import { type Directives, dueFault } from '../directives.ts'
import { planSingle, readSilentDirectives } from '../single-task.ts'
import type { AimlapiTask } from '../task.ts'
import { accept, loseResponse, record, replaceResponse, type World } from '../world.ts'
import { type AimlapiRequest, aimlapiRequest, creditsFor, namesUnknownModel, usdOf } from './request.ts'
import { broken, invalid, type Refusal, refusalFor } from './responses.ts'

export type Submitted = { ok: true; task: AimlapiTask } | { ok: false; refusal: Refusal }

export function submit(world: World, body: unknown, clientRequestId: string | undefined): Submitted {
  if (namesUnknownModel(body)) return refuse(world, { statusCode: 404, message: 'Model not found' })
  const read = aimlapiRequest.safeParse(body)
  if (!read.success) return refuse(world, invalid(read.error))
  const request = read.data
  const directed = readSilentDirectives(request.prompt, 'aimlapi')
  if (!directed.ok) return refuse(world, { statusCode: 400, message: `prompt: ${directed.message}` })

  // The client's request id is no idempotency key, but it distinguishes attempts with the same prompt.
  const attempt = `submit ${clientRequestId} ${request.prompt}`
  const fault = dueFault(directed.directives.submit, world.count(attempt))
  switch (fault) {
    case undefined:
      return { ok: true, task: run(world, request, clientRequestId, directed.directives) }
    case 'reset-before':
      throw loseResponse(world, 'aimlapi')
    case 'lost-after': {
      const task = run(world, request, clientRequestId, directed.directives)
      throw loseResponse(world, 'aimlapi', task.taskId)
    }
    case '504-after':
    case 'garbage-after':
      throw replaceResponse(world, run(world, request, clientRequestId, directed.directives), fault)
    case '500-after':
      run(world, request, clientRequestId, directed.directives)
      return { ok: false, refusal: broken }
    case '402':
    case '403':
    case '429':
    case '455':
    case '500-before':
    case '503':
    case '505':
      return refuse(world, refusalFor(fault))
  }
}

function run(
  world: World,
  request: AimlapiRequest,
  clientRequestId: string | undefined,
  directives: Directives,
): AimlapiTask {
  const { isMade, ...plan } = planSingle(world, crypto.randomUUID(), directives)
  const credits = creditsFor(request)
  const task: AimlapiTask = {
    provider: 'aimlapi',
    taskId: crypto.randomUUID(),
    request,
    clientRequestId,
    webhookUrl: undefined,
    ...plan,
    credits,
    billedUsd: isMade ? usdOf(credits) : 0,
  }
  accept(world, task)
  return task
}

function refuse(world: World, refusal: Refusal): Submitted {
  record(world, { provider: 'aimlapi', what: 'submit.refused', status: refusal.statusCode })
  return { ok: false, refusal }
}
