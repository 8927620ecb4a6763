/** A billable call whose answer was lost: never repeated blindly, never billed twice. */
import { describe, expect, it } from 'vitest'
import {
  billsFor,
  passTimeUntil,
  postJob,
  sweep,
  timelineOf,
  untilJob,
  untilNotified,
  untilStatus,
} from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds

async function postUnknown(provider: string, submit: string, overrides: Record<string, unknown> = {}) {
  const { id } = await postJob({ provider, prompt: `A paper boat sim(submit=${submit})`, ...overrides })
  await untilJob(id, ({ tasks, status }) => status !== 'queued' || tasks[0]?.status === 'unknown')
  return id
}

describe('Runware is asked by our own taskUUID', () => {
  it.each(['500-after', 'lost-after'])('%s: it was accepted, and is not sent again', async (submit) => {
    const id = await postUnknown('runware', submit)
    await world.advance(1 * minutes)
    await sweep()
    await untilStatus(id, 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
    await untilNotified(id)
  })

  it.each(['500-before*1', 'reset-before*1'])(
    '%s: it never arrived, and the same UUID is sent',
    async (submit) => {
      const id = await postUnknown('runware', submit)
      await world.advance(5 * seconds)
      await sweep()
      await untilStatus(id, 'generating')
      await world.advance(10 * seconds)
      await untilStatus(id, 'succeeded')
      expect(billsFor(id)).toHaveLength(1)
      expect(await timelineOf(id)).toContain('task.unknown')
    },
  )
})

describe('Crun cannot be asked', () => {
  it.each(['500-after', 'lost-after'])('%s: the webhook names the task', async (submit) => {
    const id = await postUnknown('crun', submit)
    await world.advance(10 * seconds)
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks).toHaveLength(1)
    expect(billsFor(id)).toHaveLength(1)
    await untilNotified(id)
  })

  it.each(['404*2', '500*3'])(
    'the webhook names the task, which the provider confirms only later: %s',
    async (poll) => {
      const id = await postUnknown('crun', `lost-after, poll=${poll}`)
      await world.advance(10 * seconds)
      await passTimeUntil(id, ({ status }) => status === 'succeeded')
      expect(billsFor(id)).toHaveLength(1)
      await untilNotified(id)
    },
  )

  it.each(['500-before', 'reset-before'])(
    '%s: it fails at the deadline and says that it may be billed',
    async (submit) => {
      const id = await postUnknown('crun', submit, { provider: ['crun', 'runware'] })
      await world.advance(10 * minutes)
      await sweep()
      expect((await untilJob(id, () => true)).status).toBe('queued')
      await world.advance(21 * minutes)
      await sweep()
      const job = await untilStatus(id, 'failed')
      expect(job.fault).toMatchObject({ code: 'submit_unknown', retryable: false })
      expect(job.fault?.remedy).toContain('may have been billed')
      expect(billsFor(id)).toHaveLength(0)
      await untilNotified(id)
    },
  )

  it('a lost answer and a lost webhook end in submit_unknown, with one bill and no second submit', async () => {
    const { id } = await postJob({
      provider: 'crun',
      prompt: 'A paper boat sim(submit=lost-after, webhook=lost)',
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    await world.advance(31 * minutes)
    await sweep()
    const job = await untilStatus(id, 'failed')
    expect(job.fault?.code).toBe('submit_unknown')
    expect(billsFor(id)).toHaveLength(1)
  })
})
