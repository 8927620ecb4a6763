/** Calls the Worker directly, for cases that the real queue would run too early or never. */
import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { readConfig } from '../../src/config.ts'
import { type Context, createContext, type Edges } from '../../src/context.ts'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { aRequest } from './reelhook.ts'
import worker from './worker.ts'
import { publicBaseUrl, world } from './world.ts'

/** The context of a step; the test may replace edges of the world. */
export function aContext(edges: Partial<Edges> = {}, bindings: Partial<Env> = {}): Context {
  const bound = { ...env, ...bindings }
  const configured = readConfig(bound)
  if (!configured.ok) throw new Error(configured.faults.join())
  return createContext(bound, configured.config, { ...world.edges, ...edges })
}

export const deadQueue: Queue = {
  send: () => Promise.reject(new Error('the queue is down')),
  sendBatch: () => Promise.reject(new Error('the queue is down')),
  metrics: () => Promise.reject(new Error('the queue is down')),
}

/** Calls the Worker's fetch with other bindings, and optionally with a cache in front of it. */
export async function fetchWith(
  bindings: Partial<Env>,
  request: Request,
  cache?: Pick<CacheContext, 'purge'>,
): Promise<Response> {
  const response = await worker.fetch?.(request as never, { ...env, ...bindings }, anInvocation(cache))
  if (response === undefined) throw new Error('the Worker has no fetch')
  return response
}

/** Runs the cron trigger with a cache in front of the Worker. */
export async function sweepWith(
  cache: Pick<CacheContext, 'purge'>,
  bindings: Partial<Env> = {},
): Promise<void> {
  await worker.scheduled?.(createScheduledController(), { ...env, ...bindings }, anInvocation(cache))
}

function anInvocation(cache?: Pick<CacheContext, 'purge'>) {
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {}, cache }
  return context as unknown as ExecutionContext
}

/** Posts a job whose wake-up is lost: it stays queued until a sweep, or until the test advances it. */
export async function postWithoutWakeUp(
  overrides: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<JobView> {
  const request = new Request(`${publicBaseUrl}/v1/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env.ADMIN_API_KEY}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(aRequest(overrides)),
  })
  const response = await fetchWith({ JOBS: deadQueue }, request)
  if (response.status !== 202) throw new Error(await response.text())
  return response.json()
}

/** A promise that is pending until the test opens the gate. */
export function aGate(): { wait: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { wait: promise, open: resolve }
}
