import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { deliveriesOf, notifyOfFailure, notifyOnce, untilDelivery } from '../support/deliveries.ts'
import { sweep, timelineOf, untilNotified } from '../support/reelhook.ts'
import { makeVideo } from '../support/videos.ts'
import { callerUrl, world } from '../support/world.ts'

describe('the caller receives an event', () => {
  it('of every end by default', async () => {
    const failed = await notifyOfFailure()
    const { id: succeeded } = await makeVideo()
    expect(JSON.parse((await untilNotified(failed))[0]?.body ?? '').type).toBe('job.failed')
    expect(JSON.parse((await untilNotified(succeeded))[0]?.body ?? '').type).toBe('job.succeeded')
  })

  it('of each type it subscribed to', async () => {
    const id = await notifyOfFailure({ callback_events: ['job.failed'] })
    expect(JSON.parse((await untilNotified(id))[0]?.body ?? '').type).toBe('job.failed')
  })

  it('at exactly the URL it gave', async () => {
    const callback_url = `${callerUrl}/hook/%C3%A9?tenant=7&next=https%3A%2F%2Fa.test`
    const id = await notifyOfFailure({ callback_url })
    expect((await untilNotified(id))[0]?.url).toBe(callback_url)
  })
})

describe('the caller receives nothing', () => {
  it('of types it did not subscribe to', async () => {
    const failed = await notifyOfFailure({ callback_events: ['job.succeeded', 'job.canceled'] })
    const { id: succeeded } = await makeVideo({ callback_events: ['job.failed'] })
    expect(await deliveriesOf(failed)).toEqual([])
    expect(await deliveriesOf(succeeded)).toEqual([])
  })

  it('without a callback URL', async () => {
    const id = await notifyOfFailure({ callback_url: undefined, callback_secret: undefined })
    expect(await deliveriesOf(id)).toEqual([])
    expect(await timelineOf(id)).toContain('job.failed')
  })
})

describe('a hostile target', () => {
  it.each([
    'http://caller.test/hook',
    'https://localhost/hook',
    'https://169.254.169.254/hook',
    'https://[::1]/hook',
    'https://2130706433/hook',
    'https://8.8.8.8/hook',
    'https://somebody:hunter2@caller.test/hook',
  ])('is not called, though the URL was accepted before it became %s', async (url) => {
    const { id, job_id } = await notifyOnce(() => new Response('no', { status: 500 }))
    await env.DB.prepare('UPDATE deliveries SET url = ? WHERE id = ?').bind(url, id).run()
    await world.advance(5_000)
    await sweep()
    const delivery = await untilDelivery(job_id, ({ attempts }) => attempts.length === 2)
    expect(delivery.status).toBe('pending')
    expect(delivery.attempts[1]).toMatchObject({
      status: null,
      error: expect.stringMatching(/^the URL must/),
      response_body: null,
    })
    expect(delivery.attempts[1]?.error).not.toContain('hunter2')
    expect(world.caller.receivedFor(job_id)).toHaveLength(1)
  })
})

describe('a secret that cannot be decrypted', () => {
  it('is a failed attempt, and is recorded like any other', async () => {
    const { id, job_id } = await notifyOnce(() => new Response('no', { status: 500 }))
    const sealedElsewhere = 'v1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    await env.DB.prepare('UPDATE jobs SET callback_secret = ? WHERE id = ?')
      .bind(sealedElsewhere, job_id)
      .run()
    await world.advance(5_000)
    await sweep()
    const delivery = await untilDelivery(job_id, ({ attempts }) => attempts.length === 2)
    expect(delivery).toMatchObject({ id, status: 'pending' })
    expect(delivery.attempts[1]).toMatchObject({ status: null, error: expect.stringMatching(/secret/) })
    expect(world.caller.receivedFor(job_id)).toHaveLength(1)
  })
})
