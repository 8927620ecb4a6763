/** One trace per job: the calls to providers and the deliveries carry the context that the caller sent. */

import { describe, expect, it } from 'vitest'
import { sellerNames } from '../src/core/request/choices.ts'
import { readTraceparent } from '../src/core/trace.ts'
import { callbackSecret } from './support/caller.ts'
import { untilDelivery } from './support/deliveries.ts'
import { api, getJob, passTimeUntil, postJob, untilNotified } from './support/reelhook.ts'
import { postVideo } from './support/videos-dialect.ts'
import { callerUrl, simulatorUrl, world } from './support/world.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
const callback = { callback_url: `${callerUrl}/hook`, callback_secret: callbackSecret }

const aJob = { model: 'seedance-2.0-mini', prompt: 'A paper boat drifts down a rainy gutter', ...callback }

async function postTraced(path: string, body?: unknown, header = traceparent) {
  const headers = { 'content-type': 'application/json', traceparent: header }
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await api(path, { method: 'POST', headers, ...init })
  return response.json<{ id: string; trace_id: string }>()
}

const untilSettled = (id: string) => passTimeUntil(id, ({ settled_at }) => settled_at !== null)

/** The headers of the calls to providers that `run` causes. */
async function sentToProviders(run: () => Promise<unknown>): Promise<unknown[]> {
  const before = world.calls.length
  await run()
  // A price is asked before there is a job, the file of a finished video is no part of a provider's API, and the public keys
  // of webhooks are fetched for all jobs.
  const isAboutJob = ({ url }: { url: string }) =>
    url.startsWith(simulatorUrl) && !/\/media\/|pricing|estimate|jwks/.test(url)
  const calls = world.calls.slice(before).filter(isAboutJob)
  return [...new Set(calls.map((call) => call.traceparent ?? call.url))]
}

describe('the context of a request', () => {
  it.each(sellerNames)('is in each call to %s, and in the webhook', async (provider) => {
    const sent = await sentToProviders(async () => {
      const { id, trace_id } = await postTraced('/v1/jobs', { ...aJob, provider })
      expect(trace_id).toBe(traceId)
      expect(await untilSettled(id)).toMatchObject({ status: 'succeeded', trace_id: traceId })
      const [delivery] = await untilNotified(id)
      expect(delivery?.headers.traceparent).toBe(traceparent)
      expect(JSON.parse(delivery?.body ?? '')).toMatchObject({ data: { trace_id: traceId } })
      // A webhook is accepted before its job is read.
      const isOfJob = ({ event, fields }: (typeof world.logs)[number]) =>
        fields.job_id === id && event !== 'webhook.received'
      const lines = world.logs.filter(isOfJob)
      expect(lines.map(({ event }) => event)).toEqual(
        expect.arrayContaining(['job.accepted', 'delivery.attempted']),
      )
      expect(new Set(lines.map(({ fields }) => fields.trace_id))).toEqual(new Set([traceId]))
    })
    expect(sent).toEqual([traceparent])
  })

  it('is in a delivery that is sent again', async () => {
    world.caller.respondNext(() => new Response('gone', { status: 410 }))
    const { id } = await postTraced('/v1/jobs', aJob)
    await untilSettled(id)
    await untilNotified(id)
    const failed = await untilDelivery(id, ({ status }) => status === 'failed')
    await api(`/v1/deliveries/${failed.id}/redeliver`, { method: 'POST' })
    const received = await untilNotified(id, 2)
    expect(received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, traceparent])
  })

  it('is that of the retry, for the job that a retry makes', async () => {
    const { id } = await postTraced('/v1/jobs', { ...aJob, prompt: 'A boat sim(fail=moderated)' })
    await untilSettled(id)
    const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
    const retry = await postTraced(`/v1/jobs/${id}/retry`, undefined, own)
    expect(retry.trace_id).toBe('0af7651916cd43dd8448eb211c80319c')
    await untilSettled(retry.id)
  })

  it('is passed on by a face', async () => {
    const response = await postVideo({}, { traceparent })
    const { id } = await response.json<{ id: string }>()
    expect(await getJob(id)).toMatchObject({ trace_id: traceId })
    await untilSettled(id)
  })
})

it('a job without a context has a trace of its own', async () => {
  const job = await postJob(callback)
  const sent = await sentToProviders(async () => {
    await untilSettled(job.id)
    const [delivery] = await untilNotified(job.id)
    expect(delivery?.headers.traceparent).toContain(`00-${job.trace_id}-`)
  })
  expect(sent).toHaveLength(1)
  expect(sent[0]).toBe(readTraceparent(String(sent[0])))
  expect(sent[0]).toContain(job.trace_id)
})

it('an invalid context is ignored', async () => {
  const { trace_id } = await postTraced('/v1/jobs', aJob, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`)
  expect(trace_id).not.toBe('0'.repeat(32))
})
