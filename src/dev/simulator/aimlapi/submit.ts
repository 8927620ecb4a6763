import type { Directives } from '../directives.ts'
import { planSingle, readSilentDirectives } from '../single-task.ts'
import { submitUnderFault } from '../submission.ts'
import type { AimlapiTask } from '../task.ts'
import { accept, record, type World } from '../world.ts'
import { type AimlapiRequest, aimlapiRequest, creditsFor, namesUnknownModel, usdOf } from './request.ts'
import { broken, invalid, type Refusal, refusalFor } from './responses.ts'

export type Submitted = { ok: true; task: AimlapiTask } | { ok: false; refusal: Refusal }

export async function submit(
  world: World,
  body: unknown,
  clientRequestId: string | undefined,
): Promise<Submitted> {
  if (namesUnknownModel(body)) return refuse(world, { statusCode: 404, message: 'Model not found' })
  const read = aimlapiRequest.safeParse(body)
  if (!read.success) return refuse(world, invalid(read.error))
  const request = read.data
  const directed = readSilentDirectives(request.prompt, 'aimlapi')
  if (!directed.ok) return refuse(world, { statusCode: 400, message: `prompt: ${directed.message}` })

  return submitUnderFault<AimlapiTask, Submitted>(world, {
    provider: 'aimlapi',
    directives: directed.directives,
    // The client's request id is no idempotency key, but it distinguishes attempts with the same prompt.
    attempt: `${clientRequestId} ${request.prompt}`,
    run: () => run(world, request, clientRequestId, directed.directives),
    accepted: (task) => ({ ok: true, task }),
    broken: () => ({ ok: false, refusal: broken }),
    refused: (fault) => refuse(world, refusalFor(fault)),
  })
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
