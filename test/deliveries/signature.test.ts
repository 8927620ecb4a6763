import { describe, expect, it } from 'vitest'
import { callbackSecret, isSignedWith } from '../support/caller.ts'
import { deliveriesOf, notifyOfFailure, untilDelivery } from '../support/deliveries.ts'
import { getJob, sweep, untilNotified } from '../support/reelhook.ts'
import { makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

async function receivedFor(id: string) {
  const [first] = await untilNotified(id)
  if (first === undefined) throw new Error('the caller received nothing')
  return first
}

describe('a signed delivery', () => {
  it('contains the event with the whole job as the API shows it', async () => {
    const id = await notifyOfFailure({ metadata: { order: '42' } })
    const { body } = await receivedFor(id)
    const event = JSON.parse(body)
    expect(Object.keys(event)).toEqual(['type', 'timestamp', 'data'])
    expect(event).toEqual({
      type: 'job.failed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: await getJob(id),
    })
  })

  it('reports a success as well as a failure', async () => {
    const { id } = await makeVideo()
    const received = await receivedFor(id)
    expect(JSON.parse(received.body).type).toBe('job.succeeded')
    expect(isSignedWith(callbackSecret, received)).toBe(true)
  })

  it('contains no secret', async () => {
    const { body } = await receivedFor(await notifyOfFailure())
    expect(body).not.toContain('whsec_')
  })

  it('has the same id and bytes on each attempt, with a new timestamp and signature', async () => {
    world.caller.respondNext(...[500, 404].map((status) => () => new Response('no', { status })))
    const id = await notifyOfFailure()
    for (const [attempts, waitMs] of [
      [1, 5_000],
      [2, 300_000],
    ] as const) {
      await untilDelivery(id, (delivery) => delivery.attempts.length === attempts)
      await world.advance(waitMs)
      await sweep()
    }
    const received = await untilNotified(id, 3)
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(new Set(received.map(({ body }) => body)).size).toBe(1)
    expect(new Set(received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3)
    expect(received.every((attempt) => isSignedWith(callbackSecret, attempt))).toBe(true)
    const [delivery] = await deliveriesOf(id)
    expect(received[0]?.headers['webhook-id']).toBe(delivery?.event_id)
  })
})
