/** An R2 that does not answer: neither the cron nor a step waits for it for long. */
import { createExecutionContext, createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { postMarked } from '../support/bills.ts'
import { inQuickTime } from '../support/quick-time.ts'
import { getJob, sweep, untilSubmitted } from '../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import worker from '../support/worker.ts'
import { world } from '../support/world.ts'

const minutes = 60_000
const silent = new Proxy(env.BUCKET, { get: () => () => new Promise(() => undefined) })

it('does not keep the cron from its other work, and leaves connections for it', async () => {
  const { id } = await postMarked('seconds=30', { provider: 'crun' }, postWithoutWakeUp)
  await world.advance(5 * minutes)
  const passedMs = await inQuickTime(async (DB) => {
    const bindings = { ...env, DB, BUCKET: silent }
    await worker.scheduled?.(createScheduledController(), bindings, createExecutionContext())
  })
  expect(passedMs).toBeLessThan(15_000)
  const failed = world.logs.filter(({ event }) => event === 'cron.failed')
  expect(failed).toMatchObject([{ fields: { work: 'raiseMarks' } }])
  await untilSubmitted(id)
})

it('ends a step that would buy within its lease, and the job is bought later', async () => {
  const { id, bills } = await postMarked('seconds=30', { provider: 'crun' }, postWithoutWakeUp)
  await world.advance(5 * minutes)
  const passedMs = await inQuickTime((DB) => advance(aContext({}, { DB, BUCKET: silent }), id))
  expect(passedMs).toBeLessThan(15_000)
  expect(bills()).toEqual([])
  expect(await getJob(id)).toMatchObject({ status: 'queued', tasks: [] })
  await world.advance(5 * minutes)
  await sweep()
  await untilSubmitted(id)
  expect(bills()).toHaveLength(1)
})
