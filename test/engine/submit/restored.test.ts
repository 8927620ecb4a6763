/** A database that is restored to an older copy while the providers know of newer purchases. */
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { postMarked } from '../../support/bills.ts'
import { olderCopy } from '../../support/older-copy.ts'
import { getJob, passTimeUntil, sweep, untilNotified, untilStatus } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000
const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

// The mark and its copy in R2 exist before the older copy is taken.
beforeEach(async () => {
  await world.advance(1 * minutes)
  await sweep()
  world.logs.length = 0
})

/** Posts a job that is still queued in the copy, lets time pass as `meanwhile` says, and restores the copy. */
async function restoreAfter(
  meanwhile: (id: string) => Promise<unknown>,
  { directives = 'seconds=30', ...overrides }: Record<string, unknown> & { directives?: string },
) {
  const { id, bills } = await postMarked(directives, overrides, postWithoutWakeUp)
  const restore = await olderCopy()
  await meanwhile(id)
  for (let passed = 0; passed < 5; passed++) {
    await world.advance(1 * minutes)
    await sweep()
  }
  await restore()
  return { id, bills }
}

const submitted = async (id: string) => {
  await advance(aContext(), id)
  expect(await getJob(id)).toMatchObject({ status: 'generating', fault: null })
}

/** Crun's webhook is received before the restoration, or never. */
const lost = 'seconds=30, webhook=lost'

const made = async (id: string) => {
  await submitted(id)
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  await untilNotified(id)
}

describe('a job that was bought after the copy', () => {
  it.each(['runware', 'aimlapi', 'scenario'])('is found at %s, and is not bought again', async (provider) => {
    const { id, bills } = await restoreAfter(submitted, { provider })
    expect((await getJob(id)).status).toBe('queued')
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ status: 'stored' }] })
    expect(bills()).toHaveLength(1)
    await untilNotified(id)
  })

  it('is found even if its video was stored and its caller was notified', async () => {
    const { id, bills } = await restoreAfter(made, { provider: 'runware' })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ status: 'stored' }] })
    expect(bills()).toHaveLength(1)
    const notified = await untilNotified(id, 2)
    expect(notified.map(({ body }) => JSON.parse(body).type)).toEqual(['job.succeeded', 'job.succeeded'])
  })

  it('fails at its deadline at Crun, which has no search, and says that it may be billed', async () => {
    const { id, bills } = await restoreAfter(submitted, {
      provider: 'crun',
      directives: lost,
      deadline_seconds: 900,
    })
    const job = await passTimeUntil(id, isSettled)
    expect(job.fault).toMatchObject({ code: 'submit_unknown' })
    expect(job.fault?.message).toContain('restored to an older copy')
    expect(job.fault?.remedy).toContain('may have been billed')
    expect(bills()).toHaveLength(1)
    await untilNotified(id)
  })

  it('is not bought at another provider, even if the caller allows to submit it again', async () => {
    const { id, bills } = await restoreAfter(submitted, {
      provider: ['crun', 'runware'],
      directives: lost,
      resubmit_unknown: true,
      deadline_seconds: 900,
    })
    expect(await passTimeUntil(id, isSettled)).toMatchObject({ fault: { code: 'submit_unknown' } })
    expect(bills()).toHaveLength(1)
  })

  it.each(['runware', 'aimlapi', 'crun'])(
    'is not bought again if its first outputs are in the copy: %s',
    async (provider) => {
      const { id, bills } = await postMarked('seconds=30', { provider, count: 3 }, postWithoutWakeUp)
      const restores = [await olderCopy()]
      await advance(aContext(), id)
      restores.push(await olderCopy())
      await passTimeUntil(id, isSettled)
      for (const restore of restores.toReversed()) {
        const before = bills().length
        for (let passed = 0; passed < 5; passed++) {
          await world.advance(1 * minutes)
          await sweep()
        }
        await restore()
        await passTimeUntil(id, isSettled)
        expect(bills()).toHaveLength(before)
      }
    },
  )

  it('is looked for even if its deadline has passed', async () => {
    const { id, bills } = await restoreAfter(
      async (job) => {
        await made(job)
        await world.advance(60 * minutes)
      },
      { provider: 'runware' },
    )
    const job = await passTimeUntil(id, isSettled)
    expect(bills()).toHaveLength(1)
    expect(job.tasks).toMatchObject([{ provider: 'runware', provider_task_id: expect.any(String) }])
  })
})

describe('a job that was not bought', () => {
  it('is bought once at Runware, which makes a repeat harmless', async () => {
    const { id, bills } = await restoreAfter(async () => undefined, { provider: 'runware' })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(bills()).toHaveLength(1)
  })

  it('is bought as usual if it was accepted after the restoration', async () => {
    await restoreAfter(submitted, { provider: 'crun' })
    await world.advance(1 * minutes)
    const { id, bills } = await postMarked('seconds=30', { provider: 'crun' })
    await untilStatus(id, 'generating')
    expect(bills()).toHaveLength(1)
  })

  it('is bought as usual if the cron was late and nothing was restored', async () => {
    const { id, bills } = await postMarked('seconds=30', { provider: 'crun' }, postWithoutWakeUp)
    await world.advance(20 * minutes)
    await advance(aContext(), id)
    expect(await getJob(id)).toMatchObject({ status: 'generating' })
    expect(bills()).toHaveLength(1)
    expect(world.logs.filter(({ event }) => event === 'database.restored')).toEqual([])
  })
})

describe('a restored database', () => {
  it('is noticed once, by the first step that would buy', async () => {
    const { id } = await restoreAfter(submitted, { provider: 'crun' })
    await advance(aContext(), id)
    await sweep()
    await sweep()
    expect(world.logs.filter(({ event }) => event === 'database.restored')).toHaveLength(1)
    expect((await getJob(id)).tasks).toMatchObject([{ status: 'unknown' }])
  })

  it('buys nothing while R2 does not answer', async () => {
    const { id, bills } = await restoreAfter(submitted, { provider: 'crun' })
    const down = new Proxy(env.BUCKET, { get: () => () => Promise.reject(new Error('R2 is down')) })
    await advance(aContext({}, { BUCKET: down }), id)
    expect((await getJob(id)).tasks).toEqual([])
    expect(bills()).toHaveLength(1)
  })
})
