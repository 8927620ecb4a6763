/**
 * Messages and rows of another release. During a gradual deployment and after a rollback, this code gets those of a newer
 * one: it leaves out what it does not know, or waits, and breaks nothing that the newer code will need again.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { messageSchema } from '../../src/queue.ts'
import { bearerHeader, createApiKey } from '../support/api-keys.ts'
import { api, billsFor, getJob, passTimeUntil, post, postJob, untilNotified } from '../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import worker from '../support/worker.ts'
import { callerUrl, world } from '../support/world.ts'

const id = 'job_01kbk6v3x6f9ja8c6mphr3z4aw'

/** As 0.1.0 sends them. Never change one: add those of a later release. */
const releasedMessages = [
  { job: id },
  { result: id },
  { late: id },
  { delivery: 'dlv_01kbk6v3x6f9ja8c6mphr3z4aw' },
  { export: { jobId: id, n: 0 } },
  { webhook: { jobId: id, provider: 'crun', hash: 'ab12', body: '{}', receivedAt: 1_764_500_000_000 } },
]

it.each(releasedMessages)('a message of the last release is accepted: %j', (message) => {
  expect(messageSchema.parse(message)).toEqual(message)
})

it.each(releasedMessages)('so is one with a field of a newer release: %j', (message) => {
  expect(messageSchema.parse({ ...message, later: 1 })).toEqual(message)
})

it('a message that only a newer release knows is retried, until that release is back', async () => {
  const newer = { id: 'newer', timestamp: new Date(), body: { remix: { jobId: id } }, attempts: 3 }
  const provider = { webhook: { ...releasedMessages[5]?.webhook, provider: 'newer' } }
  const webhook = { id: 'webhook', timestamp: new Date(), body: provider, attempts: 3 }
  for (const queue of ['reelhook-results', 'reelhook-dead-letters']) {
    const batch = createMessageBatch<unknown>(queue, [newer, webhook])
    const context = createExecutionContext()
    await worker.queue?.(batch as never, env, context)
    const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
    expect(explicitAcks).toEqual([])
    expect(retryMessages.map(({ msgId }) => msgId)).toEqual(['newer', 'webhook'])
  }
})

it('an API key with a scope of a newer release keeps its other scopes', async () => {
  const key = await createApiKey('newer', { scopes: ['jobs:read'] })
  await write('UPDATE api_keys SET scopes = ? WHERE id = ?', '["jobs:read","newer"]', key.id)
  expect((await api('/v1/jobs', { headers: bearerHeader(key) })).status).toBe(200)
  expect((await api('/v1/endpoints', { headers: bearerHeader(key) })).status).toBe(403)
})

it('a delivery in a format of a newer release is sent as that release stored it', async () => {
  world.caller.respondNext(() => new Response(null, { status: 503 }))
  const job = await postJob()
  await passTimeUntil(job.id, ({ status }) => status === 'succeeded')
  await untilNotified(job.id)
  await write("UPDATE deliveries SET format = 'newer' WHERE job_id = ?", job.id)
  await passTimeUntil(job.id, () => world.caller.receivedFor(job.id).length > 1)
  const [first, second] = world.caller.receivedFor(job.id)
  expect(second?.body).toBe(first?.body)
})

it('an endpoint with an event type of a newer release still receives the others', async () => {
  const body = { url: `${callerUrl}/newer`, event_types: ['job.succeeded'] }
  const endpoint = await (await post('/v1/endpoints', body)).json<{ id: string }>()
  await write('UPDATE endpoints SET event_types = ? WHERE id = ?', '["newer","job.succeeded"]', endpoint.id)
  const job = await postJob({ callback_url: undefined, callback_secret: undefined })
  await passTimeUntil(job.id, ({ status }) => status === 'succeeded')
  expect((await untilNotified(job.id)).map(({ url }) => new URL(url).pathname)).toEqual(['/newer'])
})

it.each(['queued', 'generating'])(
  'a %s job at a provider of a newer release waits, and continues after the rollback is over',
  async (status) => {
    const { id: jobId } = await postWithoutWakeUp({ prompt: 'A boat sim(webhook=lost)' })
    if (status === 'generating') await advance(aContext(), jobId)
    const [before] = await select('SELECT provider, providers FROM jobs WHERE id = ?', jobId)
    await write(`UPDATE jobs SET provider = 'newer', providers = '["newer"]' WHERE id = ?`, jobId)
    await write(`UPDATE tasks SET provider = 'newer' WHERE job_id = ?`, jobId)

    for (let minute = 0; minute < 5; minute += 1) {
      await world.advance(60_000)
      await advance(aContext(), jobId)
    }
    const [row] = await select('SELECT status FROM jobs WHERE id = ?', jobId)
    expect(row).toEqual({ status })
    for (const path of ['/v1/stats', '/healthz?deep']) expect((await api(path)).status).toBe(200)

    await write(
      'UPDATE jobs SET provider = ?, providers = ? WHERE id = ?',
      before?.provider,
      before?.providers,
      jobId,
    )
    await write('UPDATE tasks SET provider = ? WHERE job_id = ?', before?.provider, jobId)
    await passTimeUntil(jobId, (job) => job.status === 'succeeded')
    expect(billsFor(jobId)).toHaveLength(1)
    expect(await getJob(jobId)).toMatchObject({ warnings: [] })
  },
)

async function write(sql: string, ...values: unknown[]): Promise<void> {
  await env.DB.prepare(sql)
    .bind(...values)
    .run()
}
