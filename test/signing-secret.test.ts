/** The rotation of SIGNING_SECRET in a running deployment: the new secret is deployed beside the previous one. */
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../src/core/job/view-schema.ts'
import { ask } from './support/api-call.ts'
import { createApiKey, postJobWith } from './support/api-keys.ts'
import { callbackSecret, isSignedWith } from './support/caller.ts'
import {
  deliveriesOf,
  notifyOfFailure,
  notifyOnce,
  untilDelivery,
  wakeDelivery,
} from './support/deliveries.ts'
import { deleteEndpoint, makeEndpoint } from './support/endpoints.ts'
import { aHost, down, ok } from './support/hosts.ts'
import { aJobWithoutWebhooks, callbackPathOf } from './support/provider-webhooks.ts'
import { getJob, untilStatus } from './support/reelhook.ts'
import { isSignedBy, type PublishedKey } from './support/second-opinions.ts'
import { select } from './support/storage.ts'
import { makeVideo } from './support/videos.ts'
import worker from './support/worker.ts'
import { world } from './support/world.ts'

const newSecret = 'another signing secret of that length'
const rotating = { SIGNING_SECRET: newSecret, SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET }
const rotated = { SIGNING_SECRET: newSecret }
const neverSet = { SIGNING_SECRET: 'a third secret that was never deployed' }
const admin = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

async function keysUnder(bindings: Record<string, unknown>): Promise<PublishedKey[]> {
  const response = await ask('/.well-known/webhook-keys.json', {}, bindings)
  return (await response.json<{ keys: PublishedKey[] }>()).keys
}

async function sweepUnder(bindings: Partial<Env>): Promise<void> {
  await worker.scheduled?.(createScheduledController(), { ...env, ...bindings }, createExecutionContext())
}

/** A delivery that was refused once and is due again. */
async function aDueDelivery(createJob: () => Promise<string> = notifyOfFailure) {
  world.caller.respondNext(() => new Response('no', { status: 500 }))
  const jobId = await createJob()
  const { id } = await untilDelivery(jobId, ({ attempts }) => attempts.length === 1)
  await world.advance(5_000)
  return { id, jobId }
}

async function statusOf(jobId: string): Promise<string | undefined> {
  return (await deliveriesOf(jobId))[0]?.status
}

// Runs before any other test creates keys, since it counts them.
describe('an encrypted secret', () => {
  it('of an API key is encrypted again at the next sweep and then needs the new SIGNING_SECRET only', async () => {
    const apiKey = await createApiKey()
    const createJob = async () => {
      const { id } = await (await postJobWith(apiKey, { prompt: 'A boat sim(submit=402)' })).json<JobView>()
      await untilStatus(id, 'failed')
      return id
    }
    const { id, jobId } = await aDueDelivery(createJob)
    const stored = () => select('SELECT callback_secret FROM api_keys WHERE id = ?', apiKey.id)
    const before = await stored()

    await sweepUnder({ SIGNING_SECRET: newSecret })
    expect(await stored()).toEqual(before)
    await sweepUnder(rotating)
    const after = await stored()
    expect(after).not.toEqual(before)
    await sweepUnder(rotating)
    expect(await stored()).toEqual(after)
    const lines = world.logs.filter(({ event }) => event === 'secrets.reencrypted')
    expect(lines.map(({ fields }) => fields)).toEqual([{ count: 1 }])

    await wakeDelivery(id, 1, rotated)
    expect(await statusOf(jobId)).toBe('delivered')
    const received = world.caller.receivedFor(jobId).at(-1)
    expect(received && isSignedWith(apiKey.callback_secret, received)).toBe(true)
  })

  it('of an endpoint is encrypted again at the next sweep', async () => {
    const host = aHost()
    host.answer(down)
    const endpoint = await makeEndpoint(host.url)
    const jobId = await notifyOfFailure({ callback_url: undefined, callback_secret: undefined })
    const { id } = await untilDelivery(jobId, ({ attempts }) => attempts.length === 1)
    await world.advance(5_000)
    await sweepUnder(rotating)
    host.answer(ok)
    await wakeDelivery(id, 1, rotated)
    expect(await statusOf(jobId)).toBe('delivered')
    const received = host.called.received.at(-1)
    expect(received && isSignedWith(endpoint.secret, received)).toBe(true)
    await deleteEndpoint(endpoint)
  })

  it('of a job is readable while the previous SIGNING_SECRET is set and reported as unreadable afterwards', async () => {
    const [during, after] = [await aDueDelivery(), await aDueDelivery()]
    await wakeDelivery(during.id, 1, rotating)
    expect(await statusOf(during.jobId)).toBe('delivered')
    const received = world.caller.receivedFor(during.jobId).at(-1)
    expect(received && isSignedWith(callbackSecret, received)).toBe(true)

    await wakeDelivery(after.id, 1, rotated)
    const [delivery] = await deliveriesOf(after.jobId)
    expect(delivery?.attempts[1]?.error).toMatch(/SIGNING_SECRET/)
  })
})

describe('a signed link to a video', () => {
  it('is valid while the previous SIGNING_SECRET is set, and never under another secret', async () => {
    const { id } = await makeVideo()
    const { pathname, search } = new URL((await getJob(id)).outputs[0]?.url ?? '')
    const statusUnder = async (bindings: Record<string, unknown>) =>
      (await ask(pathname + search, { method: 'HEAD' }, bindings)).status
    expect(await statusUnder(rotating)).toBe(200)
    expect(await statusUnder(rotated)).toBe(401)
    expect(await statusUnder(neverSet)).toBe(401)
  })

  it('is signed with the new SIGNING_SECRET from then on', async () => {
    const { id } = await makeVideo()
    const { outputs } = await (await ask(`/v1/jobs/${id}`, { headers: admin }, rotating)).json<JobView>()
    const { pathname, search } = new URL(outputs[0]?.url ?? '')
    expect((await ask(pathname + search, { method: 'HEAD' }, rotated)).status).toBe(200)
  })
})

describe("a provider's webhook", () => {
  it('is accepted while the previous SIGNING_SECRET is set, and not afterwards', async () => {
    const path = await callbackPathOf(await aJobWithoutWebhooks())
    const postUnder = async (bindings: Record<string, unknown>) =>
      (await ask(path, { method: 'POST', body: '{}' }, bindings)).status
    expect(await postUnder(rotating)).toBe(200)
    expect(await postUnder(rotated)).toBe(404)
  })
})

describe('the signing key of the deployment', () => {
  it('signs beside the previous key, and both are published, the current one first', async () => {
    const [before] = await keysUnder({})
    const during = await keysUnder(rotating)
    const [after, ...others] = await keysUnder(rotated)
    expect(during.map(({ kid, status }) => [kid, status])).toEqual([
      [after?.kid, 'current'],
      [before?.kid, 'previous'],
    ])
    expect([before?.status, after?.status, others]).toEqual(['current', 'current', []])

    const { id, job_id } = await notifyOnce(() => new Response('no', { status: 500 }))
    await world.advance(5_000)
    await wakeDelivery(id, 1, rotating)
    const received = world.caller.receivedFor(job_id).at(-1)
    if (received === undefined) throw new Error('the caller received nothing')
    for (const { whpk } of during) expect(await isSignedBy(whpk, received.body, received.headers)).toBe(true)
  })
})

describe('SIGNING_SECRET_PREVIOUS', () => {
  it.each([
    ['it equals SIGNING_SECRET', { SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET }],
    ['it is blank', { SIGNING_SECRET_PREVIOUS: '' }],
  ])('changes nothing if %s', async (_, bindings) => {
    expect(await keysUnder(bindings)).toEqual(await keysUnder({}))
  })

  it('is refused if it is too short for a secret', async () => {
    const response = await ask('/healthz', {}, { SIGNING_SECRET_PREVIOUS: 'short' })
    expect(response.status).toBe(503)
    expect(await response.text()).toMatch(/SIGNING_SECRET_PREVIOUS must have at least 32 characters/)
  })
})
