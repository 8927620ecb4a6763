/** Webhooks of fal, which signs them: in the queue, in the journal, and for a submission whose response was lost. */
import { describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../src/core/crypto/derived-keys.ts'
import { signWebhook } from '../../src/dev/simulator/fal/signature.ts'
import { recordDeadLetter } from '../../src/engine/upkeep/dead-letter.ts'
import type { QueueMessage } from '../../src/queue.ts'
import { postMarked } from '../support/bills.ts'
import { callbackPathOf, untilWebhookResults } from '../support/provider-webhooks.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  rowsOf,
  untilJob,
  untilJournaled,
  untilStatus,
  untilSubmitted,
} from '../support/reelhook.ts'
import { aContext, deadQueue, fetchWith } from '../support/runtime.ts'
import { countRows } from '../support/storage.ts'
import { finish } from '../support/videos.ts'
import { publicBaseUrl, simulatorUrl, world } from '../support/world.ts'

const minute = 60_000
const keysUrl = `${simulatorUrl}/fal/.well-known/jwks.json`
const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A job at fal whose own webhook is lost, and the request that fal has of it. */
async function aJob(overrides: Record<string, unknown> = {}) {
  const { id } = await postJob({ provider: 'fal', prompt: 'A paper boat sim(webhook=lost)', ...overrides })
  await untilSubmitted(id)
  return { id, requestId: requestIdOf(id) }
}

function requestIdOf(id: string): string {
  return billsFor(id)[0]?.taskId.split('/')[1] ?? ''
}

function bodyFor(requestId: string, more: object = {}): string {
  const payload = { video: { url: 'https://elsewhere.test/lie.mp4' } }
  return JSON.stringify({ request_id: requestId, status: 'OK', payload, ...more })
}

/** As fal signs it, at this time. */
const signed = (requestId: string, body: string, at = world.edges.now()) => signWebhook(requestId, body, at)

async function post(id: string, body: string, headers: Record<string, string> = {}): Promise<number> {
  const path = await callbackPathOf(id, 'fal')
  return (await api(path, { method: 'POST', headers: { authorization: '', ...headers }, body })).status
}

function verdictsOn(id: string): string[] {
  return world.logs
    .filter(({ event, fields }) => event.startsWith('webhook.signature_') && fields.job_id === id)
    .map(({ event }) => event.replace('webhook.signature_', ''))
}

const untilVerdict = (id: string) => vi.waitUntil(() => verdictsOn(id).length > 0, { timeout: 30_000 })

const journaled = (id: string) => countRows('webhooks', 'job_id = ?', id)

describe('a webhook that fal has signed', () => {
  it('completes its job, and nothing of its signature is stored or logged', async () => {
    const { id } = await postJob({ provider: 'fal' })
    await untilSubmitted(id)
    await finish(id)
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks).toMatchObject([{ completed_via: 'webhook', provider_task_id: billsFor(id)[0]?.taskId }])
    const { 'x-fal-webhook-user-id': user = '' } = await signed('any', '{}')
    expect(JSON.stringify([await rowsOf(id), world.logs])).not.toContain(user)
  })

  it('is valid although our token, which its body repeats, is not stored', async () => {
    const { id, requestId } = await aJob()
    const token = (await callbackPathOf(id, 'fal')).split('/').at(-1)
    const body = bodyFor(requestId, { webhook: `${publicBaseUrl}/webhooks/fal/${id}/${token}` })
    expect(await post(id, body, await signed(requestId, body))).toBe(200)
    await untilJournaled(id, 1)
    expect(JSON.stringify(await rowsOf(id))).not.toContain(token)
  })

  it('is journaled once if it is replayed', async () => {
    const { id, requestId } = await aJob()
    const body = bodyFor(requestId)
    const headers = await signed(requestId, body)
    for (const _ of [1, 2]) expect(await post(id, body, headers)).toBe(200)
    expect((await untilWebhookResults(id, 2)).sort()).toEqual(['received', 'repeated'])
  })
})

describe('a webhook at a callback URL of fal', () => {
  it.each([
    ['without a signature', async () => ({})],
    ['with a signature of another body', (id: string) => signed(id, '{}')],
    ['of three hours ago', (id: string, body: string) => signed(id, body, world.edges.now() - 180 * minute)],
    ['with the key of another', forgedSignature],
  ])('%s is accepted and dropped: it asks the provider nothing', async (_, sign) => {
    const { id, requestId } = await aJob()
    const body = bodyFor(requestId)
    const polls = () =>
      world.simulator
        .log()
        .filter(({ what, taskId }) => what === 'status.polled' && taskId?.endsWith(requestId))
    expect(await post(id, body, await sign(requestId, body))).toBe(200)
    await untilVerdict(id)
    expect(verdictsOn(id)).toEqual(['invalid'])
    expect([await journaled(id), polls()]).toEqual([0, []])
    expect(await getJob(id)).toMatchObject({ status: 'generating' })
  })

  it('is verified before the journal keeps it while the queue is down', async () => {
    const { id, requestId } = await aJob()
    const body = bodyFor(requestId)
    const url = `${publicBaseUrl}${await callbackPathOf(id, 'fal')}`
    const postPast = async (headers: Record<string, string>) =>
      (await fetchWith({ RESULTS: deadQueue }, new Request(url, { method: 'POST', headers, body }))).status
    expect(await postPast({})).toBe(200)
    expect(await journaled(id)).toBe(0)
    expect(await postPast(await signed(requestId, body))).toBe(200)
    expect(await journaled(id)).toBe(1)
  })
})

describe('while the public keys of fal cannot be fetched', () => {
  it('a webhook is delivered again by the queue', async () => {
    // What was fetched before is too old.
    await world.advance(25 * 60 * minute)
    const { id, requestId } = await aJob()
    world.respondNext(keysUrl, () => new Response('', { status: 503 }))
    world.respondNext(keysUrl, () => Response.json({ keys: [] }))
    const body = bodyFor(requestId)
    expect(await post(id, body, await signed(requestId, body))).toBe(200)
    await untilJournaled(id, 1)
    expect(verdictsOn(id)).toEqual(['undecided'])
  })

  it('one that stays undecided counts in the end as that of a provider that does not sign', async () => {
    await world.advance(25 * 60 * minute)
    const { id, requestId } = await aJob()
    const body = bodyFor(requestId)
    const webhook = {
      jobId: id,
      provider: 'fal',
      hash: await sha256(body),
      body,
      receivedAt: world.edges.now(),
      signature: { headers: await signed(requestId, body), bodyHash: await sha256(body) },
    } satisfies Extract<QueueMessage, { webhook: unknown }>['webhook']
    const forged = { ...webhook, hash: await sha256('other'), signature: { headers: {}, bodyHash: '' } }
    const context = aContext({ fetch: () => Promise.reject(new TypeError('no network')) })
    await recordDeadLetter(context, { webhook: forged })
    expect(await journaled(id)).toBe(0)
    await recordDeadLetter(context, { webhook })
    expect([verdictsOn(id), await journaled(id)]).toEqual([['invalid', 'undecided'], 1])
  })
})

describe('a submission to fal whose response was lost', () => {
  it.each(['seedance-2.0', 'seedance-2.5'])('is found by its webhook, for %s', async (model) => {
    const { id, bills } = await postMarked('submit=504-after', { provider: 'fal', model })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    await world.advance(10_000)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ provider_task_id: bills()[0]?.taskId }] })
    expect(bills()).toHaveLength(1)
  })

  it('is not bought again: without its webhook the job ends at its deadline', async () => {
    const { id, bills } = await postMarked('submit=lost-after, webhook=lost', { provider: 'fal' })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' } })
    expect(bills()).toHaveLength(1)
  })

  it("is not resolved by another job's webhook, nor by a forged one", async () => {
    const other = await aJob()
    const { id, bills } = await postMarked('submit=504-after, webhook=lost', { provider: 'fal' })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    const replayed = bodyFor(other.requestId)
    expect(await post(id, replayed, await signed(other.requestId, replayed))).toBe(200)
    await untilJournaled(id, 1)
    // Even the true request is adopted only if fal says so.
    const guessed = bodyFor(bills()[0]?.taskId.split('/')[1] ?? '')
    expect(await post(id, guessed)).toBe(200)
    await untilVerdict(id)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' }, outputs: [] })
  })
})

it('a job at fal that is canceled in its queue costs nothing', async () => {
  const { id } = await aJob({ prompt: 'A paper boat' })
  expect((await api(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200)
  await untilJob(id, ({ cancellation }) => cancellation?.may_still_be_billed === false)
  expect(billsFor(id)).toMatchObject([{ billedUsd: 0 }])
})

/** As fal signs, but with a key that fal has not published. */
async function forgedSignature(requestId: string, body: string): Promise<Record<string, string>> {
  const headers = await signed(requestId, body)
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new Error('there is no pair')
  const lines = [
    requestId,
    headers['x-fal-webhook-user-id'],
    headers['x-fal-webhook-timestamp'],
    await sha256(body),
  ]
  const message = new TextEncoder().encode(lines.join('\n'))
  const bytes = await crypto.subtle.sign('Ed25519', pair.privateKey, message)
  return { ...headers, 'x-fal-webhook-signature': new Uint8Array(bytes).toHex() }
}
