import { type Directives, type ReadDirectives, readDirectives } from '../directives.ts'
import { planSingle } from '../single-task.ts'
import { submitUnderFault } from '../submission.ts'
import { type CrunTask, hasWebhookOption } from '../task.ts'
import { type RetryPolicy, scheduleWebhooks } from '../webhooks.ts'
import { accept, record, type World } from '../world.ts'
import { CREDITS_PER_USD, type CrunRequest, creditsFor, crunRequest } from './request.ts'
import { type CrunResponse, codeOf, fail, invalid, succeed } from './responses.ts'
import { webhooksFor } from './task-info.ts'

/** No retry is documented, and 200 is the only documented response. */
const retryPolicy: RetryPolicy = {
  attempts: 1,
  isAccepted: (status) => status === 200,
  waitMs: () => 0,
}

export async function createTask(world: World, body: unknown): Promise<CrunResponse> {
  const read = crunRequest.safeParse(body)
  if (!read.success) return refuse(world, invalid(read.error))
  const request = read.data
  const directed = readCrunDirectives(request.input.prompt)
  if (!directed.ok) return refuse(world, fail(422, [`input.prompt: ${directed.message}`]))

  return submitUnderFault(world, {
    provider: 'crun',
    directives: directed.directives,
    // Crun has no idempotency key, so the same prompt with the same callback counts as the same attempt.
    attempt: `${request.callback_url} ${request.input.prompt}`,
    run: () => run(world, request, directed.directives),
    accepted: ({ taskId }: CrunTask) => succeed({ task_id: taskId }),
    broken: () => fail(500),
    refused: (fault) => refuse(world, fail(codeOf(fault))),
  })
}

export function estimate(body: unknown): CrunResponse {
  const read = crunRequest.safeParse(body)
  if (!read.success) return invalid(read.error)
  return succeed({ credits: creditsFor(read.data), estimated: true })
}

async function run(world: World, request: CrunRequest, directives: Directives): Promise<CrunTask> {
  const task = planTask(world, request, directives)
  accept(world, task)
  await scheduleWebhooks(world, task, webhooksFor(world, task), retryPolicy)
  return task
}

function planTask(world: World, request: CrunRequest, directives: Directives): CrunTask {
  const { isMade, ...plan } = planSingle(world, crypto.randomUUID(), directives)
  const credits = creditsFor(request)
  return {
    provider: 'crun',
    taskId: crypto.randomUUID(),
    request,
    webhookUrl: request.callback_url,
    ...plan,
    credits,
    billedUsd: isMade ? credits / CREDITS_PER_USD : 0,
  }
}

/** Two directives do not apply: a task makes one video, and no document shows an array as the webhook's body. */
function readCrunDirectives(prompt: string): ReadDirectives {
  const read = readDirectives(prompt, 'crun')
  if (!read.ok) return read
  if (read.directives.fail === 'some') return { ok: false, message: 'fail=some is for Runware only' }
  if (!hasWebhookOption(read.directives, 'array')) return read
  return { ok: false, message: 'webhook=array is for Runware only' }
}

function refuse(world: World, response: CrunResponse): CrunResponse {
  record(world, { provider: 'crun', what: 'submit.refused', status: response.code })
  return response
}
