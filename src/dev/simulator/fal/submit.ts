import { type Directives, type ReadDirectives, readDirectives } from '../directives.ts'
import { planSingle } from '../single-task.ts'
import { submitUnderFault } from '../submission.ts'
import type { FalTask } from '../task.ts'
import { type RetryPolicy, scheduleWebhooks } from '../webhooks.ts'
import { accept, record, type World } from '../world.ts'
import { type Endpoint, endpointAt, inputOf, usdFor } from './request.ts'
import { type FalResponse, invalid, refusalFor, refuse } from './responses.ts'
import { resultWebhook, urlsOf } from './result.ts'
import { signWebhook } from './signature.ts'

/** "Retried up to 10 times over 2 hours." Its waits are not published. */
const retryWaitsSeconds = [15, 30, 60, 120, 240, 480, 960, 1920, 3375]

export async function submit(
  world: World,
  path: string,
  webhookUrl: string | undefined,
  body: unknown,
): Promise<FalResponse> {
  const endpoint = endpointAt(path)
  if (endpoint === undefined)
    return accepted(world, path, await run(world, lostTask(world, path, webhookUrl)))
  const read = inputOf(endpoint).safeParse(body)
  if (!read.success) return refused(world, invalid(read.error))
  const directed = readFalDirectives(read.data.prompt)
  if (!directed.ok) return refused(world, refuse(422, directed.message))
  const { directives } = directed
  return submitUnderFault(world, {
    provider: 'fal',
    directives,
    // fal has no idempotency key, so the same prompt with the same webhook counts as the same attempt.
    attempt: `${webhookUrl} ${read.data.prompt}`,
    run: () => run(world, plannedTask(world, endpoint, { input: read.data, webhookUrl, directives })),
    accepted: (task: FalTask) => accepted(world, path, task),
    broken: () => refuse(500, 'Internal server error'),
    refused: (fault) => refused(world, refusalFor(fault)),
  })
}

function accepted(world: World, path: string, task: FalTask): FalResponse {
  const { requestId } = task
  const body = { request_id: requestId, gateway_request_id: requestId, ...urlsOf(world, task) }
  return { status: 200, body: { ...body, status: 'IN_QUEUE', queue_position: 0, model_id: path } }
}

async function run(world: World, task: FalTask): Promise<FalTask> {
  const { now } = world.edges
  const policy: RetryPolicy = {
    attempts: retryWaitsSeconds.length + 1,
    isAccepted: (status) => status >= 200 && status < 300,
    waitMs: (attempt) => (retryWaitsSeconds[attempt - 1] ?? 0) * 1000,
    headersOf: (body) => signWebhook(task.requestId, body, now()),
  }
  accept(world, task)
  const webhook = { at: task.endsAt, kind: 'end', body: () => resultWebhook(world, task) } as const
  await scheduleWebhooks(world, task, [webhook], policy)
  return task
}

interface Planned {
  input: FalTask['request']
  webhookUrl: string | undefined
  directives: Directives
}

function plannedTask(world: World, endpoint: Endpoint, { input, webhookUrl, directives }: Planned): FalTask {
  const { isMade, ...plan } = planSingle(world, crypto.randomUUID(), directives)
  return {
    ...identify(`bytedance/${endpoint.tier}`),
    request: input,
    webhookUrl,
    ...plan,
    billedUsd: isMade ? usdFor(endpoint, input) : 0,
  }
}

/** A path that does not exist is accepted. Its request is completed at once, and has no result. */
function lostTask(world: World, path: string, webhookUrl: string | undefined): FalTask {
  const at = world.edges.now()
  return {
    ...identify(path),
    request: nothing,
    webhookUrl,
    directives: {},
    outputs: [],
    acceptedAt: at,
    startedAt: at,
    endsAt: at,
    billedUsd: 0,
  }
}

const nothing: FalTask['request'] = {
  prompt: '',
  resolution: '720p',
  duration: 'auto',
  aspect_ratio: 'auto',
  generate_audio: true,
}

/** The addresses of a request have the owner and the app only. */
function identify(path: string) {
  const [owner = '', app = ''] = path.split('/')
  const requestId: string = crypto.randomUUID()
  return { provider: 'fal', app: `${owner}/${app}`, requestId, taskId: `${app}/${requestId}` } as const
}

/** Its webhook has one shape. Another provider's prompt may come here, so that of the others is ignored. */
function readFalDirectives(prompt: string): ReadDirectives {
  const read = readDirectives(prompt, 'fal')
  if (!read.ok) return read
  const { webhook, ...rest } = read.directives
  if (rest.fail === 'some') return { ok: false, message: 'fail=some is for Runware only' }
  const words = webhook?.filter((word) => word !== 'wrapped' && word !== 'array')
  return { ok: true, directives: { ...rest, webhook: words } }
}

function refused(world: World, response: FalResponse): FalResponse {
  record(world, { provider: 'fal', what: 'submit.refused', status: response.status })
  return response
}
