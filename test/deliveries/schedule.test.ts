import { describe, expect, it } from 'vitest'
import { deliveryWaitsMs } from '../../src/core/schedule/deliveries.ts'
import { notifyOfFailure, untilDelivery } from '../support/deliveries.ts'
import { api, sweep } from '../support/reelhook.ts'
import { world } from '../support/world.ts'

/** Sweeps, and returns how many deliveries were overdue. */
async function sweptDeliveries(): Promise<unknown> {
  const seen = world.logs.length
  await sweep()
  return world.logs.slice(seen).find(({ event }) => event === 'sweep.finished')?.fields.deliveries
}

async function eventsOf(id: string): Promise<{ type: string; data: unknown }[]> {
  return (await (await api(`/v1/jobs/${id}/events`)).json<{ data: { type: string; data: unknown }[] }>()).data
}

describe('a delivery that fails every time', () => {
  it('is attempted ten times over three days, never early, and then has failed', async () => {
    world.caller.respondNext(...deliveryWaitsMs.map(() => () => new Response('no', { status: 500 })))
    const id = await notifyOfFailure()
    for (const [made, waitMs] of deliveryWaitsMs.entries()) {
      if (made === 0) continue
      const pending = await untilDelivery(id, ({ attempts }) => attempts.length === made)
      expect(pending.status).toBe('pending')
      expect(Date.parse(pending.next_attempt_at ?? '') - world.edges.now(), `attempt ${made + 1}`).toBe(
        waitMs,
      )
      await world.advance(waitMs - 1)
      expect(await sweptDeliveries()).toBe(0)
      await world.advance(1)
      expect(await sweptDeliveries()).toBe(1)
    }

    const failed = await untilDelivery(id, ({ status }) => status === 'failed')
    expect(failed.attempts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(failed.next_attempt_at).toBeNull()
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'delivery.failed',
      data: { delivery_id: failed.id, attempts: 10 },
    })

    await world.advance(48 * 60 * 60 * 1_000)
    expect(await sweptDeliveries()).toBe(0)
    expect(world.caller.receivedFor(id)).toHaveLength(10)
  })
})

describe('a delivery that is accepted after failures', () => {
  it('has ended, without an event on the timeline', async () => {
    world.caller.respondNext(() => new Response('no', { status: 500 }))
    const id = await notifyOfFailure()
    await untilDelivery(id, ({ attempts }) => attempts.length === 1)
    await world.advance(5_000)
    await sweep()
    const delivered = await untilDelivery(id, ({ status }) => status === 'delivered')
    expect(delivered.next_attempt_at).toBeNull()
    expect((await eventsOf(id)).map(({ type }) => type)).not.toContain('delivery.failed')
    await world.advance(24 * 60 * 60 * 1_000)
    expect(await sweptDeliveries()).toBe(0)
    expect(world.caller.receivedFor(id)).toHaveLength(2)
  })
})
