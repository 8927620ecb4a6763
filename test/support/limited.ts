/** Jobs at providers with a concurrency limit, on a metered Worker with such settings. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Simulator } from '../../src/dev/simulator/simulator.ts'
import type { MeteredWorker } from './meter.ts'
import { aRequest, getJob } from './reelhook.ts'
import { select } from './storage.ts'
import { publicBaseUrl, world } from './world.ts'

/** Posts a job that runs for 40 seconds at its provider. */
export async function postTo(
  worker: MeteredWorker,
  overrides: Record<string, unknown> = {},
): Promise<string> {
  const request = aRequest({ prompt: 'A paper boat sim(seconds=40)', ...overrides })
  const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
  const response = await worker.fetch(
    new Request(`${publicBaseUrl}/v1/jobs`, { method: 'POST', headers, body: JSON.stringify(request) }),
  )
  expect(response.status, await response.clone().text()).toBe(202)
  return (await response.json<{ id: string }>()).id
}

export async function postMany(
  worker: MeteredWorker,
  count: number,
  overrides: Record<string, unknown> = {},
): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n++) ids.push(await postTo(worker, overrides))
  return ids
}

let receiver: { worker: MeteredWorker; simulator: Simulator } | null = null

/** From now on this Worker receives the providers' webhooks. */
export function receiveWebhooks(worker: MeteredWorker): void {
  const { simulator } = world
  const isRouted = receiver?.simulator === simulator
  receiver = { worker, simulator }
  if (!isRouted) routeWebhooks()
}

function routeWebhooks(): void {
  world.respondNext(`${publicBaseUrl}/webhooks`, async (request) => {
    routeWebhooks()
    return receiver === null ? new Response('no receiver', { status: 503 }) : receiver.worker.fetch(request)
  })
}

export async function passTimeUntilAll(worker: MeteredWorker, ids: string[], status: string): Promise<void> {
  for (let seconds = 0; seconds < 1_200; seconds += 20) {
    if ((await statusesOf(ids)).every((one) => one === status)) return
    await worker.passSeconds(20)
  }
  expect(await statusesOf(ids)).toEqual(ids.map(() => status))
}

export async function statusesOf(ids: string[]): Promise<string[]> {
  return (await Promise.all(ids.map(getJob))).map(({ status }) => status)
}

/** The maximum number of these jobs' tasks that ran at a provider at the same time. */
export function maxConcurrentTasks(ids: string[], provider = 'runware'): number {
  const tasks = world.simulator
    .tasks()
    .filter((task) => task.provider === provider && ids.some((id) => task.webhookUrl?.includes(id)))
  const moments = tasks.flatMap(({ acceptedAt, endsAt }) => [
    { at: acceptedAt, change: 1 },
    { at: endsAt, change: -1 },
  ])
  moments.sort((a, b) => a.at - b.at || a.change - b.change)
  let now = 0
  return Math.max(0, ...moments.map(({ change }) => (now += change)))
}

/** The providers where the job waits for a slot. */
export async function waitingProviders(jobId: string): Promise<string[]> {
  const rows = await select<{ provider: string }>('SELECT provider FROM waits WHERE job_id = ?', jobId)
  return rows.map(({ provider }) => provider)
}
