/**
 * The server of the provider `simulator`, below /simulator of the Worker itself. It stores nothing. Only the Worker can
 * call it: a task is made and polled with a token, and the signed id of a task opens its videos.
 */
import { z } from 'zod'
import { timeoutOf } from '../connections.ts'
import type { Context } from '../context.ts'
import { parseJson } from '../core/http/json.ts'
import { readBounded } from '../core/http/read-bounded.ts'
import { isPlainPath } from '../core/url/signed-spelling.ts'
import { describeError } from '../log.ts'
import { isCallToken } from '../providers/simulator/token.ts'
import { behaviorIn, idOf, type SimulatedTask, taskNamed, viewTask, webhookAfterMs } from './task.ts'

type Simulation = Pick<Context, 'config' | 'fetch' | 'guard' | 'now' | 'wait' | 'log' | 'staticFile'>

/** Null: there is nothing at this URL. */
export async function answerSimulator(
  context: Simulation,
  request: Request,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response | null> {
  const { method, url } = request
  const [, kind, id, n] = isPlainPath(url) ? (paths.exec(new URL(url).pathname) ?? []) : []
  if (kind === 'videos' && method === 'GET') return getVideo(context, id ?? '', Number(n))
  if (kind !== 'tasks' || n !== undefined) return null
  if (!(await isAuthorized(context, request))) return problem(401, 'unauthorized')
  if (method === 'POST' && id === undefined) return createTask(context, request, waitUntil)
  return method === 'GET' && id !== undefined ? getTask(context, id) : null
}

const paths = /^\/simulator\/(tasks|videos)(?:\/([\w-]+)(?:\/([1-4])\.mp4)?)?$/

function isAuthorized({ config }: Simulation, { headers }: Request): Promise<boolean> {
  const token = /^Bearer ([\w-]+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  return isCallToken(config.signingSecret, token)
}

async function createTask(
  context: Simulation,
  request: Request,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Response> {
  const { config, now } = context
  const body = await readBounded(request, maxBodyBytes)
  const read =
    typeof body === 'string' ? null : newTaskSchema.safeParse(parseJson(new TextDecoder().decode(body)))
  if (!read?.success) return problem(400, 'invalid_request')
  const { prompt, outputs, callback_url: callbackUrl } = read.data
  // Even with the token, no other address can be called.
  if (!callbackUrl.startsWith(`${config.publicBaseUrl}/webhooks/simulator/`))
    return problem(400, 'foreign_callback')
  const task = { startedAt: now(), outputs, behavior: behaviorIn(prompt) }
  const id = await idOf(config.signingSecret, task)
  waitUntil(postWebhook(context, callbackUrl, id, task))
  return Response.json({ id }, { status: 202 })
}

/** Posted once. If it is lost, the task is polled, as at other providers. */
async function postWebhook(context: Simulation, url: string, id: string, task: SimulatedTask): Promise<void> {
  const { fetch, guard, now, wait, log } = context
  try {
    await wait(webhookAfterMs(task))
    const rejection = await guard(url)
    if (rejection !== null) return log('simulator.webhook_lost', { error: `the URL ${rejection.message}` })
    const timeout = timeoutOf(webhookTimeoutMs)
    const body = JSON.stringify(viewTask(id, task, now(), videoUrls(context, id)))
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, redirect: 'manual', signal: timeout.signal } as const
    const { status } = await fetch(new Request(url, init), timeout.start)
    log('simulator.webhook_posted', { status })
  } catch (error) {
    log('simulator.webhook_lost', { error: describeError(error) })
  }
}

async function getTask(context: Simulation, id: string): Promise<Response> {
  const task = await taskNamed(context.config.signingSecret, id)
  if (task === null) return problem(404, 'not_found')
  return Response.json(viewTask(id, task, context.now(), videoUrls(context, id)))
}

async function getVideo({ config, staticFile }: Simulation, id: string, n: number): Promise<Response | null> {
  const task = await taskNamed(config.signingSecret, id)
  if (task === null || !(n <= task.outputs)) return null
  const file = await staticFile(new Request(`${config.publicBaseUrl}/static/simulator.mp4`))
  return file.status === 200
    ? new Response(file.body, { headers: { 'content-type': 'video/mp4', 'cache-control': 'no-store' } })
    : null
}

function videoUrls({ config }: Simulation, id: string) {
  return (n: number) => `${config.publicBaseUrl}/simulator/videos/${id}/${n}.mp4`
}

function problem(status: 400 | 401 | 404, error: string): Response {
  return Response.json({ error }, { status })
}

// A prompt has at most 10,000 characters, of up to 12 bytes each when escaped.
const maxBodyBytes = 128 * 1024
const webhookTimeoutMs = 5_000

const newTaskSchema = z.object({
  prompt: z.string(),
  outputs: z.int().min(1).max(4),
  callback_url: z.string(),
})
