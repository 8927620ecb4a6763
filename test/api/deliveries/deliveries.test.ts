import { describe, expect, it, vi } from 'vitest'
import { type DeliveryView, deliveriesOf, untilDelivery } from '../../support/deliveries.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, sweep, untilNotified } from '../../support/reelhook.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

describe('the deliveries of a job', () => {
  it('show the event, the URL and the response', async () => {
    const { id } = await makeVideo()
    const delivery = await untilDelivery(id, ({ status }) => status === 'delivered')
    expect(delivery).toEqual<DeliveryView>({
      id: expect.stringMatching(/^dlv_[0-9a-z]{26}$/),
      job_id: id,
      endpoint_id: null,
      event_id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
      format: 'reelhook',
      event_type: 'job.succeeded',
      url: 'https://caller.test/hook',
      status: 'delivered',
      reason: null,
      next_attempt_at: null,
      created_at: expect.any(String),
      attempt_count: 1,
      attempts: [
        {
          n: 1,
          started_at: expect.any(String),
          duration_ms: expect.any(Number),
          status: 200,
          error: null,
          response_headers: { 'content-type': 'text/plain;charset=UTF-8' },
          response_body: 'thank you',
        },
      ],
    })
    const [received] = await untilNotified(id)
    expect(received?.headers['webhook-id']).toBe(delivery.event_id)
  })

  it('show every attempt and the time of the next one', async () => {
    const headers = { 'x-request-id': '42', 'set-cookie': 'session=secret' }
    world.caller.respondNext(() => new Response('not today', { status: 500, headers }))
    const { id } = await failVideo()
    const pending = await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    expect(pending).toMatchObject({
      event_type: 'job.failed',
      status: 'pending',
      attempts: [{ n: 1, status: 500, error: 'the caller answered 500', response_body: 'not today' }],
    })
    expect(Date.parse(pending.next_attempt_at ?? '') - world.edges.now()).toBe(5_000)

    await world.advance(5_000)
    await sweep()
    const delivered = await untilDelivery(id, ({ status }) => status === 'delivered')
    expect(
      delivered.attempts.map(({ n, status, response_headers }) => [n, status, response_headers]),
    ).toEqual([
      [1, 500, { 'content-type': 'text/plain;charset=UTF-8', 'x-request-id': '42' }],
      [2, 200, { 'content-type': 'text/plain;charset=UTF-8' }],
    ])
  })

  it('are an empty list for an unknown job', async () => {
    expect(await deliveriesOf('job_none')).toEqual([])
  })
})

describe('one delivery', () => {
  it('is shown with its body', async () => {
    const { id } = await makeVideo()
    const [listed] = await deliveriesOf(id)
    const [received] = await untilNotified(id)
    const shown = await (await api(`/v1/deliveries/${listed?.id}`)).json<{ id: string; body: string }>()
    expect(shown).toMatchObject({ id: listed?.id, job_id: id, body: received?.body })
  })

  it('is not found under an unknown id', async () => {
    await expectProblem(await api('/v1/deliveries/dlv_none'), 404, 'not_found')
  })
})

describe('a hostile reader of the deliveries', () => {
  it('finds no secret and no signature in them', async () => {
    const { id } = await makeVideo()
    await vi.waitFor(async () => expect(await deliveriesOf(id)).toHaveLength(1), { timeout: 60_000 })
    expect(JSON.stringify(await deliveriesOf(id))).not.toMatch(/whsec_|signature|v1,/)
  })
})
