/** `reelhook listen` through a temporary endpoint. */
import { afterEach, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/dev/local/client.ts'
import { listen } from '../../support/listen.ts'
import { createKey, markedPrompt, url } from '../support.ts'
import { spawnListening } from './built-command.ts'
import { run as runCommand, startListening } from './command.ts'
import { startApplication } from './local-application.ts'

/** A slow machine takes long. */
const patience = 60_000
const scopes = ['jobs:read', 'jobs:write', 'deliveries']
const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(endings.splice(0).map((end) => end()))
})

/** Each test has a project of its own, so its endpoints receive nothing of other tests. */
async function prepare() {
  const { key: apiKey } = await createKey({ project: `listen-${crypto.randomUUID()}`, scopes })
  const client = createClient(url, apiKey)
  const endpoints = async (): Promise<{ id: string; url: string }[]> =>
    (await (await client.get('/v1/endpoints')).json()).data
  const deliveries = async (jobId: string) =>
    (await (await client.get(`/v1/deliveries?job_id=${jobId}`)).json()).data
  const postJob = () => client.postJob({ model: 'seedance-2.0-fast', prompt: markedPrompt(), duration: 5 })
  return { apiKey, client, endpoints, deliveries, postJob }
}

function listening(apiKey: string, ...args: string[]) {
  const run = startListening(args, { apiKey })
  endings.push(run.stop)
  return run
}

async function application(...answer: Parameters<typeof startApplication>) {
  const app = await startApplication(...answer)
  endings.push(() => app.close())
  return app
}

it('forwards a delivery as it is, gives its answer to Reelhook, and deletes the endpoint at the end', async () => {
  const { apiKey, client, endpoints, deliveries, postJob } = await prepare()
  const app = await application()
  const run = spawnListening(['--forward', `${app.url}/hooks`], { apiKey })
  const ready = await run.line('ready')
  app.trust(ready.secret)
  expect(ready).toMatchObject({ via: 'endpoint', forward_to: `${app.url}/hooks` })
  expect(await endpoints()).toMatchObject([{ id: ready.endpoint_id }])

  const job = await postJob()
  const answer = await run.line('answer')
  expect(answer).toMatchObject({ status: 200, error: null, body: 'thanks' })
  expect(app.received).toMatchObject([
    { type: 'job.succeeded', jobId: job.id, path: '/hooks', id: answer.id },
  ])
  await vi.waitFor(async () => {
    const [delivery] = await deliveries(job.id)
    expect(delivery).toMatchObject({ status: 'delivered', event_id: answer.id })
    expect(delivery.attempts).toMatchObject([{ status: 200, response_body: 'thanks' }])
  }, patience)
  const [{ id }] = await deliveries(job.id)
  const { body } = await (await client.get(`/v1/deliveries/${id}`)).json()
  expect(app.received[0]?.body).toBe(body)

  expect(await run.stop('SIGINT')).toBe(0)
  expect(run.lines.at(-1)).toEqual({ type: 'stopped', endpoint_id: ready.endpoint_id, error: null })
  expect(await endpoints()).toEqual([])
})

it('lets Reelhook retry what the application refuses', async () => {
  const { apiKey, deliveries, postJob } = await prepare()
  const app = await application((n) => ({
    status: n === 0 ? 500 : 200,
    body: n === 0 ? 'no database' : 'ok',
  }))
  const run = listening(apiKey, '--forward', app.url)
  app.trust((await run.line('ready')).secret)
  const job = await postJob()
  expect(await run.line('answer')).toMatchObject({
    status: 500,
    body: 'no database',
    attempt: 1,
    retried_by: 'reelhook',
  })
  const [delivery] = await vi.waitFor(async () => {
    const found = await deliveries(job.id)
    expect(found).toMatchObject([
      { status: 'pending', attempts: [{ status: 500, response_body: 'no database' }] },
    ])
    return found
  }, patience)
  // The schedule waits for seconds.
  await runCommand(['redeliver', delivery.id], { apiKey })
  expect(await run.line('answer', 2)).toMatchObject({
    status: 200,
    attempt: 2,
    retried_by: null,
    id: delivery.event_id,
  })
  // On a slow machine the schedule makes an attempt too.
  expect(new Set(app.received.map(({ id }) => id))).toEqual(new Set([delivery.event_id]))
})

it('says that nothing listens, and tells Reelhook', async () => {
  const { apiKey, deliveries, postJob } = await prepare()
  const app = await startApplication()
  await app.close()
  const run = listening(apiKey, '--forward', app.url)
  await run.line('ready')
  const job = await postJob()
  const { host } = new URL(app.url)
  expect(await run.line('answer')).toMatchObject({ status: null, error: `nothing listens at ${host}` })
  await vi.waitFor(
    async () => expect(await deliveries(job.id)).toMatchObject([{ attempts: [{ status: 502 }] }]),
    patience,
  )
})

it('refuses what Reelhook has not signed', async () => {
  const { apiKey, endpoints } = await prepare()
  const app = await application()
  const run = listening(apiKey, '--forward', app.url)
  app.trust((await run.line('ready')).secret)
  const [endpoint] = await endpoints()
  const forged = await fetch(endpoint?.url ?? '', {
    method: 'POST',
    headers: { 'webhook-id': 'evt_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' },
    body: '{"type":"job.succeeded","data":{"id":"job_1"}}',
  })
  expect(forged.status).toBe(401)
  await run.line('rejected')
  expect(app.received).toEqual([])
})

it('lets two runs receive the same events, and each deletes its own endpoint', async () => {
  const { apiKey, endpoints, postJob } = await prepare()
  const [one, other] = [listening(apiKey), listening(apiKey)]
  const [first] = await Promise.all([one.line('ready'), other.line('ready')])
  expect(await endpoints()).toHaveLength(2)
  const job = await postJob()
  for (const run of [one, other])
    expect(await run.line('event')).toMatchObject({ event: { data: { id: job.id } } })
  await other.stop()
  expect(await endpoints()).toMatchObject([{ id: first.endpoint_id }])
})

it('deletes the endpoint that a crashed run has left', async () => {
  const { apiKey, endpoints } = await prepare()
  const crashed = spawnListening([], { apiKey })
  const { endpoint_id } = await crashed.line('ready')
  await crashed.stop('SIGKILL')
  expect(await endpoints()).toHaveLength(1)
  const run = listening(apiKey)
  expect(await run.line('leftovers_deleted')).toMatchObject({ endpoint_ids: [endpoint_id] })
  const ready = await run.line('ready')
  expect(await endpoints()).toMatchObject([{ id: ready.endpoint_id }])
})

it('reads the stream if the public URL leads elsewhere, and leaves no endpoint', async () => {
  const { apiKey, endpoints } = await prepare()
  const other = await listen(async () => new Response('another server'))
  const run = listening(apiKey, '--public-url', other.url)
  expect(await run.line('ready')).toMatchObject({
    via: 'events',
    reason: `another server answers at ${other.url}/`,
    endpoint_id: null,
  })
  await other.close()
  const strict = await runCommand(['listen', '--public-url', other.url, '--via', 'endpoint', '--json'], {
    apiKey,
  })
  expect(strict.code).toBe(5)
  expect(strict.json().error.message).toContain(`the deployment cannot reach ${other.url}/`)
  expect(await endpoints()).toEqual([])
})
