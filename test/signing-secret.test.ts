/** SIGNING_SECRET changed while Reelhook works, as an operator would: the new one deployed beside the one before. */
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../src/core/job-view.ts'
import { ask } from './support/api-call.ts'
import { makeApiKey, postJobOf } from './support/api-keys.ts'
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
import { aSilentJob, doorOf } from './support/provider-webhooks.ts'
import { getJob, untilStatus } from './support/reelhook.ts'
import { isSignedBy, type PublishedKey } from './support/second-opinions.ts'
import { select } from './support/storage.ts'
import { makeVideo } from './support/videos.ts'
import worker from './support/worker.ts'
import { world } from './support/world.ts'

const newSecret = 'another signing secret of that length'
const rotating = { SIGNING_SECRET: newSecret, SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET }
const rotated = { SIGNING_SECRET: newSecret }
const neverSet = { SIGNING_SECRET: 'a third secret that nobody ever deployed' }
const admin = { authorization: `Bearer ${env.ADMIN_API_KEY}` }

async function keysUnder(bindings: Record<string, unknown>): Promise<PublishedKey[]> {
  const response = await ask('/.well-known/webhook-keys.json', {}, bindings)
  return (await response.json<{ keys: PublishedKey[] }>()).keys
}

async function sweepUnder(bindings: Partial<Env>): Promise<void> {
  await worker.scheduled?.(createScheduledController(), { ...env, ...bindings }, createExecutionContext())
}

/** A delivery that was refused once and is due again. */
async function aDueDelivery(tell: () => Promise<string> = notifyOfFailure) {
  world.caller.answerNext(() => new Response('no', { status: 500 }))
  const jobId = await tell()
  const { id } = await untilDelivery(jobId, ({ attempts }) => attempts.length === 1)
  await world.advance(5_000)
  return { id, jobId }
}

async function statusOf(jobId: string): Promise<string | undefined> {
  return (await deliveriesOf(jobId))[0]?.status
}

// First, before any other test has asked for keys: it counts them.
describe('what is sealed', () => {
  it('under the one before is sealed anew at the next sweep, and then needs the new one alone', async () => {
    const apiKey = await makeApiKey()
    const tell = async () => {
      const { id } = await (await postJobOf(apiKey, { prompt: 'A boat sim(submit=402)' })).json<JobView>()
      await untilStatus(id, 'failed')
      return id
    }
    const { id, jobId } = await aDueDelivery(tell)
    const kept = () => select('SELECT callback_secret FROM api_keys WHERE id = ?', apiKey.id)
    const before = await kept()

    await sweepUnder({ SIGNING_SECRET: newSecret })
    expect(await kept()).toEqual(before)
    await sweepUnder(rotating)
    const after = await kept()
    expect(after).not.toEqual(before)
    await sweepUnder(rotating)
    expect(await kept()).toEqual(after)
    const lines = world.logs.filter(({ event }) => event === 'secrets.reencrypted')
    expect(lines.map(({ fields }) => fields)).toEqual([{ count: 1 }])

    await wakeDelivery(id, 1, rotated)
    expect(await statusOf(jobId)).toBe('delivered')
    const told = world.caller.receivedFor(jobId).at(-1)
    expect(told && isSignedWith(apiKey.callback_secret, told)).toBe(true)
  })

  it('for an endpoint is sealed anew as well', async () => {
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
    const told = host.called.received.at(-1)
    expect(told && isSignedWith(endpoint.secret, told)).toBe(true)
    await deleteEndpoint(endpoint)
  })

  it('for a job opens while the one before is known, and is told of as lost afterwards', async () => {
    const [known, forgotten] = [await aDueDelivery(), await aDueDelivery()]
    await wakeDelivery(known.id, 1, rotating)
    expect(await statusOf(known.jobId)).toBe('delivered')
    const told = world.caller.receivedFor(known.jobId).at(-1)
    expect(told && isSignedWith(callbackSecret, told)).toBe(true)

    await wakeDelivery(forgotten.id, 1, rotated)
    const [delivery] = await deliveriesOf(forgotten.jobId)
    expect(delivery?.attempts[1]?.error).toMatch(/SIGNING_SECRET/)
  })
})

describe('a link to a video', () => {
  it('opens while the one before is known, and not under a secret that never signed it', async () => {
    const { id } = await makeVideo()
    const { pathname, search } = new URL((await getJob(id)).outputs[0]?.url ?? '')
    const statusUnder = async (bindings: Record<string, unknown>) =>
      (await ask(pathname + search, { method: 'HEAD' }, bindings)).status
    expect(await statusUnder(rotating)).toBe(200)
    expect(await statusUnder(rotated)).toBe(401)
    expect(await statusUnder(neverSet)).toBe(401)
  })

  it('made since is made with the new one', async () => {
    const { id } = await makeVideo()
    const { outputs } = await (await ask(`/v1/jobs/${id}`, { headers: admin }, rotating)).json<JobView>()
    const { pathname, search } = new URL(outputs[0]?.url ?? '')
    expect((await ask(pathname + search, { method: 'HEAD' }, rotated)).status).toBe(200)
  })
})

describe("a provider's webhook", () => {
  it('is taken while the one before is known, and not afterwards', async () => {
    const path = await doorOf(await aSilentJob())
    const ringUnder = async (bindings: Record<string, unknown>) =>
      (await ask(path, { method: 'POST', body: '{}' }, bindings)).status
    expect(await ringUnder(rotating)).toBe(200)
    expect(await ringUnder(rotated)).toBe(404)
  })
})

describe('the key of the deployment', () => {
  it('signs beside the one before, and both are published, the current one first', async () => {
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
    const told = world.caller.receivedFor(job_id).at(-1)
    if (told === undefined) throw new Error('the caller was not told')
    for (const { whpk } of during) expect(await isSignedBy(whpk, told.body, told.headers)).toBe(true)
  })
})

describe('a rotation that is none', () => {
  it.each([
    ['the one before is the one that signs', { SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET }],
    ['the one before is blank', { SIGNING_SECRET_PREVIOUS: '' }],
  ])('changes nothing: %s', async (_, bindings) => {
    expect(await keysUnder(bindings)).toEqual(await keysUnder({}))
  })

  it('is refused where the one before is too short to have been one', async () => {
    const response = await ask('/healthz', {}, { SIGNING_SECRET_PREVIOUS: 'short' })
    expect(response.status).toBe(503)
    expect(await response.text()).toMatch(/SIGNING_SECRET_PREVIOUS must have at least 32 characters/)
  })
})
