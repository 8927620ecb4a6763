import { type Directives, type ReadDirectives, readDirectives } from '../directives.ts'
import { planSingle } from '../single-task.ts'
import { submitUnderFault } from '../submission.ts'
import { type BytePlusTask, hasWebhookOption } from '../task.ts'
import { type RetryPolicy, scheduleWebhooks } from '../webhooks.ts'
import { accept, record, type World } from '../world.ts'
import { usdOf } from './price.ts'
import { type BytePlusRequest, bytePlusRequest, namesUnknownModel, textOf } from './request.ts'
import { broken, invalid, type Refusal, refusalFor, unknownModel } from './responses.ts'
import { webhooksFor } from './view.ts'

export type Submitted = { ok: true; task: BytePlusTask } | { ok: false; refusal: Refusal }

/** A callback at the end is sent three more times if it is not acknowledged. The waits are not documented. */
const retryPolicy: RetryPolicy = {
  attempts: 4,
  isAccepted: (status) => status >= 200 && status < 300,
  waitMs: (attempt) => 5_000 * attempt,
}

export async function submit(world: World, body: unknown): Promise<Submitted> {
  if (namesUnknownModel(body)) return refuse(world, unknownModel)
  const read = bytePlusRequest.safeParse(body, { reportInput: true })
  if (!read.success) return refuse(world, invalid(read.error))
  const request = read.data
  const text = textOf(request)
  const directed = readBytePlusDirectives(text)
  if (!directed.ok) {
    return refuse(world, {
      status: 400,
      code: 'InvalidParameter',
      message: directed.message,
      param: 'content',
    })
  }

  return submitUnderFault<BytePlusTask, Submitted>(world, {
    provider: 'byteplus',
    directives: directed.directives,
    // BytePlus has no idempotency key. The tasks of one job differ in their expiry only.
    attempt: `${request.callback_url} ${request.execution_expires_after} ${text}`,
    run: () => run(world, request, directed.directives),
    accepted: (task) => ({ ok: true, task }),
    broken: () => ({ ok: false, refusal: broken }),
    refused: (fault) => refuse(world, refusalFor(fault)),
  })
}

async function run(world: World, request: BytePlusRequest, directives: Directives): Promise<BytePlusTask> {
  const { isMade, ...plan } = planSingle(world, crypto.randomUUID(), directives)
  const task: BytePlusTask = {
    provider: 'byteplus',
    taskId: `cgt-${crypto.randomUUID()}`,
    request,
    webhookUrl: request.callback_url,
    ...plan,
    isErased: false,
    billedUsd: isMade ? usdOf(request) : 0,
  }
  accept(world, task)
  await scheduleWebhooks(world, task, webhooksFor(world, task), retryPolicy)
  return task
}

/** Three directives do not apply: a task makes one video, and a callback is the bare task. */
function readBytePlusDirectives(prompt: string): ReadDirectives {
  const read = readDirectives(prompt, 'byteplus')
  if (!read.ok) return read
  if (read.directives.fail === 'some') return { ok: false, message: 'fail=some is for Runware only' }
  if (hasWebhookOption(read.directives, 'array') || hasWebhookOption(read.directives, 'wrapped')) {
    return { ok: false, message: 'webhook=array and webhook=wrapped are for other providers' }
  }
  return read
}

function refuse(world: World, refusal: Refusal): Submitted {
  record(world, { provider: 'byteplus', what: 'submit.refused', status: refusal.status })
  return { ok: false, refusal }
}
