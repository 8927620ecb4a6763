/** Webhooks that no provider sent: forged, swapped, oversized, broken, and one that knows the token and lies. */
import type { SimulatedTask } from '../../src/dev/simulator/task.ts'
import type { Chance } from './seeded.ts'

export interface Forgery {
  kind: string
  /** What it must be answered; 5xx may come from a D1 or a queue that is down, where it got that far. */
  wanted: number
  answered: number
}

/** In every forged body. */
export const forgedMark = 'no provider sent this'

type Ringable = SimulatedTask & { webhookUrl: string }

/** Sends every kind once, about a task that the provider has accepted. Null answers: nobody was there to hear it. */
export async function forge(
  chance: Chance,
  tasks: readonly SimulatedTask[],
  trapUrl: string,
  send: (method: 'POST' | 'PUT', url: string, body: string) => Promise<number | null>,
): Promise<Forgery[]> {
  const ringable = tasks.filter((task): task is Ringable => task.webhookUrl !== undefined)
  if (ringable.length < 2) return []
  const [task, other] = [chance.oneOf(ringable), chance.oneOf(ringable)]
  const answers: Forgery[] = []
  const uploads = tasks.flatMap(({ request }) =>
    'uploadEndpoint' in request && typeof request.uploadEndpoint === 'string' ? [request.uploadEndpoint] : [],
  )
  const forgeries = [
    ...forgeriesOf(task, other, trapUrl).map((forgery) => ({ method: 'POST' as const, ...forgery })),
    ...uploads.slice(-1).flatMap(uploadsNoProviderSent),
  ]
  for (const { kind, method, url, body, wanted } of forgeries) {
    const answered = await send(method, url, body)
    if (answered !== null) answers.push({ kind, wanted, answered })
  }
  return answers
}

function forgeriesOf(task: Ringable, other: Ringable, trapUrl: string) {
  const [, base, provider = '', jobId = '', token = ''] = partsOf(task.webhookUrl)
  const [, , , , otherToken = ''] = partsOf(other.webhookUrl)
  const at = (...path: string[]) => [base, 'webhooks', ...path].join('/')
  const lie = JSON.stringify(lieAbout(task, trapUrl))
  const foreign = JSON.stringify(lieAbout({ provider: task.provider, taskId: other.taskId }, trapUrl))
  const otherProvider = provider === 'runware' ? 'crun' : 'runware'
  const swapped = otherToken === token ? `${token}x` : otherToken
  return [
    { kind: 'a wrong token', url: at(provider, jobId, 'A'.repeat(43)), body: lie, wanted: 404 },
    { kind: "another job's token", url: at(provider, jobId, swapped), body: lie, wanted: 404 },
    { kind: "another provider's token", url: at(otherProvider, jobId, token), body: lie, wanted: 404 },
    { kind: 'an unknown provider', url: at('nobody', jobId, token), body: lie, wanted: 404 },
    { kind: 'an oversized body', url: task.webhookUrl, body: forgedMark.repeat(10_000), wanted: 413 },
    { kind: 'a body that is not JSON', url: task.webhookUrl, body: `{${forgedMark}`, wanted: 200 },
    { kind: 'a lie with a valid token', url: task.webhookUrl, body: lie, wanted: 200 },
    { kind: "another job's task with a valid token", url: task.webhookUrl, body: foreign, wanted: 200 },
  ]
}

function uploadsNoProviderSent(url: string) {
  const [, base = '', n = ''] = /^(.*)\/(\d+)\/[^/]+$/.exec(url) ?? []
  const token = url.split('/').at(-1)
  const put = { method: 'PUT' as const, body: forgedMark, wanted: 404 }
  return [
    { ...put, kind: 'an upload with a wrong token', url: `${base}/${n}/${'A'.repeat(43)}` },
    { ...put, kind: "an upload with another line's token", url: `${base}/${Number(n) + 1}/${token}` },
  ]
}

function partsOf(url: string): string[] {
  return [...(/^(.*)\/webhooks\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url) ?? [])]
}

/** That it is done, and lies elsewhere. */
function lieAbout(task: Pick<Ringable, 'provider' | 'taskId'>, trapUrl: string): unknown {
  if (task.provider === 'crun') {
    const result = { code: 200, message: forgedMark, media_urls: [trapUrl] }
    return { task_id: task.taskId, status: 'success', result }
  }
  const forged = { videoUUID: crypto.randomUUID(), videoURL: trapUrl, forged: forgedMark }
  return { taskType: 'videoInference', taskUUID: task.taskId, status: 'success', ...forged }
}
