/** Static headers of a job's callbacks: sent to its callback URL, and shown nowhere. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { callbackSecret, isSignedWith } from '../support/caller.ts'
import { deliveriesOf, notifyOfFailure, untilDelivery, wakeDelivery } from '../support/deliveries.ts'
import { deleteEndpoint, makeEndpoint } from '../support/endpoints.ts'
import { aHost, ok } from '../support/hosts.ts'
import { erase, retried, retry } from '../support/job-calls.ts'
import { expectProblem, pathsOf } from '../support/problem.ts'
import { api, aRequest, getJob, post, sweep, untilNotified } from '../support/reelhook.ts'
import { allEvents, untilDelivered, untilErasureEvent } from '../support/retention.ts'
import { select } from '../support/storage.ts'
import { finish, makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

const token = 'Bearer very-private-token'
const callback_headers = { Authorization: token, 'x-tool': 'boats' }
const rotating = {
  SIGNING_SECRET: 'another signing secret of that length',
  SIGNING_SECRET_PREVIOUS: env.SIGNING_SECRET,
}
const rotated = { SIGNING_SECRET: rotating.SIGNING_SECRET }

async function headersOf(id: string, attempts = 1) {
  const received = (await untilNotified(id, attempts)).at(-1)
  if (received === undefined) throw new Error('the caller received nothing')
  expect(isSignedWith(callbackSecret, received)).toBe(true)
  return received.headers
}

describe('the headers of a callback', () => {
  it('are sent by the message that settles the job, beside the signature', async () => {
    const { id } = await makeVideo({ callback_headers })
    expect(await headersOf(id)).toMatchObject({
      authorization: token,
      'x-tool': 'boats',
      'content-type': 'application/json',
      'webhook-id': expect.stringMatching(/^evt_/),
    })
  })

  it('are sent at each attempt through the queue, and at a redelivery', async () => {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const id = await notifyOfFailure({ callback_headers })
    expect(await headersOf(id)).toMatchObject({ authorization: token })
    await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    await world.advance(5_000)
    await sweep()
    expect(await headersOf(id, 2)).toMatchObject({ authorization: token, 'x-tool': 'boats' })
    const delivery = await untilDelivery(id, ({ status }) => status === 'delivered')
    await post(`/v1/deliveries/${delivery.id}/redeliver`, {})
    expect(await headersOf(id, 3)).toMatchObject({ authorization: token })
  })

  it('are sent with the event of an erasure too, and then deleted with the job', async () => {
    const { id } = await makeVideo({ callback_headers, callback_events: allEvents })
    await untilDelivered(id)
    await erase(id)
    const [erasure] = await untilErasureEvent(id)
    expect(erasure?.received.headers).toMatchObject({ authorization: token })
  })

  it('are sent to no endpoint, and not by a job without them', async () => {
    const host = aHost()
    host.answer(ok)
    const endpoint = await makeEndpoint(host.url)
    const id = await notifyOfFailure({ callback_headers })
    const other = await notifyOfFailure()
    await expect.poll(() => host.called.calls).toBe(2)
    for (const { headers } of host.called.received) {
      expect(headers).not.toHaveProperty('authorization')
      expect(headers).not.toHaveProperty('x-tool')
    }
    expect(await headersOf(id)).toMatchObject({ authorization: token })
    expect(await headersOf(other)).not.toHaveProperty('authorization')
    await deleteEndpoint(endpoint)
  })

  it('are not sent to where the receiver redirects', async () => {
    const elsewhere = aHost()
    elsewhere.answer(ok)
    world.caller.respondNext(() => Response.redirect(elsewhere.url, 307))
    const id = await notifyOfFailure({ callback_headers })
    await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    expect(elsewhere.called.calls).toBe(0)
  })

  it('are shown by their names only, in the job and in the list, and not in an event', async () => {
    const posted = await post('/v1/jobs', aRequest({ prompt: 'A boat sim(submit=402)', callback_headers }))
    const { id, ...job } = await posted.json<JobView>()
    const names = ['authorization', 'x-tool']
    expect(job.callback_headers).toEqual(names)
    const [{ body = '' } = {}] = await untilNotified(id)
    expect((await getJob(id)).callback_headers).toEqual(names)
    const list = await api('/v1/jobs?limit=1')
    const { data } = await list.json<{ data: JobView[] }>()
    expect(data).toMatchObject([{ id, callback_headers: names }])
    expect(body).not.toMatch(/callback_headers|x-tool|private-token/)
    expect(await getJob(await notifyOfFailure())).not.toHaveProperty('callback_headers')
  })

  it('are not in the answer of a receiver that repeats them', async () => {
    const echo = JSON.stringify({ sent: callback_headers })
    world.caller.respondNext(() => new Response(echo, { headers: { 'x-echo': token } }))
    const id = await notifyOfFailure({ callback_headers })
    const { attempts } = await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    expect(attempts[0]?.response_headers).toMatchObject({ 'x-echo': '***' })
    expect(attempts[0]?.response_body).toBe('{"sent":{"Authorization":"***","x-tool":"boats"}}')
    const rows = await select('SELECT * FROM deliveries WHERE job_id = ?', id)
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('private-token')
  })

  it('are stored encrypted in one column, and are in no other row and no log line', async () => {
    const id = await notifyOfFailure({ callback_headers })
    await untilDelivery(id, ({ status }) => status === 'delivered')
    const [row] = await select<{ callback_headers: string }>('SELECT * FROM jobs WHERE id = ?', id)
    expect(row?.callback_headers).toMatch(/^authorization,x-tool [\w-]+\.[\w-]+\.[\w-]+$/)
    const rows = [
      row,
      ...(await select('SELECT * FROM deliveries WHERE job_id = ?', id)),
      ...(await select('SELECT * FROM events WHERE job_id = ?', id)),
    ]
    expect(JSON.stringify(rows)).not.toMatch(/private-token|boats/)
    expect(JSON.stringify(await deliveriesOf(id))).not.toMatch(/private-token|boats/)
    expect(JSON.stringify(world.logs)).not.toMatch(/private-token|boats/)
  })
})

describe('after a rotation of SIGNING_SECRET the headers', () => {
  async function aDueDelivery() {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const jobId = await notifyOfFailure({ callback_headers })
    const { id } = await untilDelivery(jobId, ({ attempts }) => attempts.length === 1)
    await world.advance(5_000)
    return { id, jobId }
  }

  it('are sent while the previous secret is set', async () => {
    const { id, jobId } = await aDueDelivery()
    await wakeDelivery(id, 1, rotating)
    expect(await headersOf(jobId, 2)).toMatchObject({ authorization: token })
  })

  it('cannot be read later, which the delivery reports as for the secret of the job', async () => {
    const { id, jobId } = await aDueDelivery()
    await wakeDelivery(id, 1, rotated)
    const [delivery] = await deliveriesOf(jobId)
    expect(delivery?.attempts[1]?.error).toMatch(/SIGNING_SECRET/)
    expect(world.caller.receivedFor(jobId)).toHaveLength(1)
  })

  it('alone unreadable fail the attempt too: nothing is sent without them', async () => {
    const { id, jobId } = await aDueDelivery()
    await select("UPDATE jobs SET callback_headers = 'authorization v1.AAAA.AAAA' WHERE id = ?", jobId)
    await wakeDelivery(id)
    const [delivery] = await deliveriesOf(jobId)
    expect(delivery?.attempts[1]?.error).toMatch(/SIGNING_SECRET/)
    expect(world.caller.receivedFor(jobId)).toHaveLength(1)
  })
})

describe('a retry', () => {
  it('carries the headers of the original job', async () => {
    const old = await notifyOfFailure({ callback_headers })
    const job = await retried(old)
    expect(job.callback_headers).toEqual(['authorization', 'x-tool'])
    await finish(job.id)
    expect(await headersOf(job.id)).toMatchObject({ authorization: token, 'x-tool': 'boats' })
  })

  it('is refused if they cannot be decrypted, with every such field named', async () => {
    const old = await notifyOfFailure({ callback_headers })
    await select("UPDATE jobs SET callback_headers = 'authorization v1.AAAA.AAAA' WHERE id = ?", old)
    expect(pathsOf(await expectProblem(await retry(old), 422, 'invalid_request'))).toEqual([
      'callback_headers',
    ])
    await select("UPDATE jobs SET callback_secret = 'v1.AAAA.AAAA' WHERE id = ?", old)
    expect(pathsOf(await expectProblem(await retry(old), 422, 'invalid_request'))).toEqual([
      'callback_headers',
      'callback_secret',
    ])
  })
})

it('a request with faulty headers is refused with every fault, and no value of them is repeated', async () => {
  const faulty = { 'webhook-id': 'private-token', 'x y': ' private-token' }
  const response = await post('/v1/jobs', aRequest({ callback_headers: faulty, count: 99 }))
  const problem = await expectProblem(response, 422, 'invalid_request')
  expect(pathsOf(problem)).toEqual(['callback_headers', 'callback_headers.x y', 'count'])
  expect(JSON.stringify(problem)).not.toContain('private-token')
})

it('a request with the same Idempotency-Key and other header values is a conflict that shows no value', async () => {
  const key = { 'idempotency-key': crypto.randomUUID() }
  await post('/v1/jobs', aRequest({ callback_headers }), key)
  const same = await post(
    '/v1/jobs',
    aRequest({ callback_headers: { 'X-Tool': 'boats', authorization: token } }),
    key,
  )
  expect(same.headers.get('idempotent-replayed')).toBe('true')
  const other = await post(
    '/v1/jobs',
    aRequest({ callback_headers: { ...callback_headers, 'x-tool': 'kites' } }),
    key,
  )
  const problem = await expectProblem(other, 409, 'idempotency_conflict')
  expect(JSON.stringify(problem)).not.toMatch(/boats|kites|private-token/)
})
