/** A local deployment with something of everything to see, made through the API. */
import { expect, vi } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../src/dev/local/client.ts'
import type { Stage } from '../../src/dev/local/stage.ts'
import { listen } from '../support/listen.ts'

export interface FullDeployment {
  apiKey: string
  /** A key of a project without jobs. */
  otherKey: string
  jobs: Record<'succeeded' | 'four' | 'failed' | 'retried' | 'long' | 'canceled' | 'running', string>
  endpointId: string
  keyId: string
  close(): Promise<void>
}

const keySchema = z.object({ id: z.string(), key: z.string(), callback_secret: z.string() })
const endpointSchema = z.object({ id: z.string() })
const common = { model: 'seedance-2.0-mini', provider: 'runware', resolution: '480p' }

export async function fillDeployment({ worker, adminApiKey }: Stage): Promise<FullDeployment> {
  const admin = createClient(worker.url, adminApiKey)
  const newKey = async (fields: Record<string, unknown>) =>
    keySchema.parse(await admin.post('/v1/api-keys', fields))
  const scopes = ['jobs:read', 'jobs:write', 'deliveries', 'admin']
  const key = await newKey({ name: 'orders', scopes })
  const other = await newKey({
    name: 'A shop with a long name that wraps on a phone',
    project: 'shop',
    monthly_budget_usd: 50,
  })
  const client = createClient(worker.url, key.key)
  const broken = await listen(async () => new Response('<b>The queue is down</b>', { status: 503 }))
  const working = await listen(async () => new Response('ok'))
  const { id: endpointId } = endpointSchema.parse(
    await client.post('/v1/endpoints', {
      url: `${broken.url}/hooks/all`,
      event_types: ['job.succeeded', 'job.failed'],
    }),
  )
  const post = async (request: Record<string, unknown>) =>
    (await client.postJob({ ...common, ...request })).id
  const jobs = {
    succeeded: await post({
      prompt: 'A paper boat drifts down a rainy gutter',
      callback_url: `${working.url}/hooks/video?token=secret`,
      metadata: { order: '42', customer: 'Ada' },
    }),
    four: await post({ prompt: 'قارب ورقي ينجرف في مزراب ممطر', count: 4, provider: 'crun' }),
    failed: await post({
      prompt: 'A duel at dawn sim(fail=moderated)',
      callback_url: `${broken.url}/hooks/video`,
    }),
    retried: await post({
      prompt: 'A boat that is refused once sim(submit=503*1)',
      metadata: { '<b>html</b>': '<script>alert(1)</script>' },
    }),
    long: await post({
      prompt: `A very long story. ${'The boat drifts on and on, and nobody sees it. '.repeat(200)}`.slice(
        0,
        4_000,
      ),
    }),
    canceled: await post({ prompt: 'A boat that nobody wants sim(seconds=600)', provider: 'byteplus' }),
    running: await post({ prompt: 'A slow boat sim(seconds=600, webhook=progress-first)' }),
  }
  const untilShown = (path: string, text: string) =>
    vi.waitFor(async () => expect(await (await client.get(path)).text()).toContain(text), {
      timeout: 100_000,
      interval: 200,
    })
  // Its provider cancels only a task that has not begun.
  await untilShown(`/v1/jobs/${jobs.canceled}/answers`, '\\"status\\":\\"running\\"')
  await client.post(`/v1/jobs/${jobs.canceled}/cancel`, {})
  await untilShown(`/v1/jobs/${jobs.canceled}/events`, 'task.not_canceled')
  for (const name of ['succeeded', 'four', 'failed', 'retried', 'long'] as const) {
    await vi.waitFor(
      async () => {
        const { status, settled_at } = await client.job(jobs[name])
        if (settled_at === null) throw new Error(`the job "${name}" is ${status}`)
      },
      { timeout: 100_000, interval: 200 },
    )
  }
  return {
    apiKey: key.key,
    otherKey: other.key,
    jobs,
    endpointId,
    keyId: other.id,
    async close() {
      await broken.close()
      await working.close()
    },
  }
}
