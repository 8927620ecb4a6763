/**
 * Webhooks that no provider sent: a wrong or swapped token, an oversized or broken body, and false results that come
 * with a valid token.
 */
import type { SimulatedTask } from '../../../src/dev/simulator/task.ts'
import type { Random } from '../random.ts'

export const forgeryKinds = [
  'a wrong token',
  "another job's token",
  "another provider's token",
  'an unknown provider',
  'an oversized body',
  'a body that is not JSON',
  'a false result with a valid token',
  "another job's task with a valid token",
  'an upload with a wrong token',
  "an upload with another task's token",
] as const

interface ForgedRequest {
  kind: (typeof forgeryKinds)[number]
  method: 'POST' | 'PUT'
  url: string
  body: string
  /** The status it must get. A 5xx is possible too if the token is valid: D1 or a queue may be down. */
  expectedStatus: number
}

/** A forged request that got a response. */
export interface Forgery {
  kind: ForgedRequest['kind']
  expectedStatus: number
  status: number
}

/** Part of every forged body. */
export const forgedMark = 'no provider sent this'

type TaskWithWebhook = SimulatedTask & { webhookUrl: string }

/** Sends each kind once, about a task that a provider has accepted. `send` returns null if no Worker responds. */
export async function sendForgeries(
  random: Random,
  tasks: readonly SimulatedTask[],
  trapUrl: string,
  send: (method: 'POST' | 'PUT', url: string, body: string) => Promise<number | null>,
): Promise<Forgery[]> {
  const candidates = tasks.filter((task): task is TaskWithWebhook => task.webhookUrl !== undefined)
  if (candidates.length < 2) return []
  const [task, other] = [random.oneOf(candidates), random.oneOf(candidates)]
  const uploadUrls = tasks.flatMap(({ request }) =>
    'uploadEndpoint' in request && typeof request.uploadEndpoint === 'string' ? [request.uploadEndpoint] : [],
  )
  const requests = [...forgedWebhooks(task, other, trapUrl), ...uploadUrls.slice(-1).flatMap(forgedUploads)]
  const forgeries: Forgery[] = []
  for (const { kind, method, url, body, expectedStatus } of requests) {
    const status = await send(method, url, body)
    if (status !== null) forgeries.push({ kind, expectedStatus, status })
  }
  return forgeries
}

function forgedWebhooks(task: TaskWithWebhook, other: TaskWithWebhook, trapUrl: string): ForgedRequest[] {
  const { base, provider, jobId, token } = partsOf(task.webhookUrl)
  const otherToken = partsOf(other.webhookUrl).token
  const urlWith = (...path: string[]) => [base, 'webhooks', ...path].join('/')
  const falseResult = JSON.stringify(falseResultFor(task, trapUrl))
  const otherResult = JSON.stringify(
    falseResultFor({ provider: task.provider, taskId: other.taskId }, trapUrl),
  )
  const otherProvider = provider === 'runware' ? 'crun' : 'runware'
  const swapped = otherToken === token ? `${token}x` : otherToken
  const refused = { method: 'POST', body: falseResult, expectedStatus: 404 } as const
  const accepted = { method: 'POST', url: task.webhookUrl, expectedStatus: 200 } as const
  return [
    { ...refused, kind: 'a wrong token', url: urlWith(provider, jobId, 'A'.repeat(43)) },
    { ...refused, kind: "another job's token", url: urlWith(provider, jobId, swapped) },
    { ...refused, kind: "another provider's token", url: urlWith(otherProvider, jobId, token) },
    { ...refused, kind: 'an unknown provider', url: urlWith('nobody', jobId, token) },
    { ...accepted, kind: 'an oversized body', body: forgedMark.repeat(10_000), expectedStatus: 413 },
    { ...accepted, kind: 'a body that is not JSON', body: `{${forgedMark}` },
    { ...accepted, kind: 'a false result with a valid token', body: falseResult },
    { ...accepted, kind: "another job's task with a valid token", body: otherResult },
  ]
}

function forgedUploads(url: string): ForgedRequest[] {
  const [, base = '', n = ''] = /^(.*)\/(\d+)\/[^/]+$/.exec(url) ?? []
  const token = url.split('/').at(-1)
  const refused = { method: 'PUT', body: forgedMark, expectedStatus: 404 } as const
  return [
    { ...refused, kind: 'an upload with a wrong token', url: `${base}/${n}/${'A'.repeat(43)}` },
    { ...refused, kind: "an upload with another task's token", url: `${base}/${Number(n) + 1}/${token}` },
  ]
}

function partsOf(webhookUrl: string) {
  const match = /^(.*)\/webhooks\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(webhookUrl)
  const [, base = '', provider = '', jobId = '', token = ''] = match ?? []
  return { base, provider, jobId, token }
}

/** Reports success with a video at the trap URL. */
function falseResultFor(task: Pick<TaskWithWebhook, 'provider' | 'taskId'>, trapUrl: string): unknown {
  if (task.provider === 'crun') {
    const result = { code: 200, message: forgedMark, media_urls: [trapUrl] }
    return { task_id: task.taskId, status: 'success', result }
  }
  if (task.provider === 'byteplus') {
    return { id: task.taskId, status: 'succeeded', content: { video_url: trapUrl }, forged: forgedMark }
  }
  if (task.provider === 'fal') {
    const payload = { video: { url: trapUrl }, forged: forgedMark }
    return { request_id: task.taskId.split('/').at(-1), status: 'OK', payload }
  }
  return {
    taskType: 'videoInference',
    taskUUID: task.taskId,
    status: 'success',
    videoUUID: crypto.randomUUID(),
    videoURL: trapUrl,
    forged: forgedMark,
  }
}
