/** A billable call whose response was lost: never repeated blindly, never billed twice. */
import { describe, expect, it } from 'vitest'
import {
  billsFor,
  passTimeUntil,
  postJob,
  sweep,
  timelineOf,
  untilJob,
  untilStatus,
  untilTold,
} from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds

async function postUnknown(provider: string, submit: string, overrides: Record<string, unknown> = {}) {
  const { id } = await postJob({ provider, prompt: `A paper boat sim(submit=${submit})`, ...overrides })
  await untilJob(id, ({ tasks, status }) => status !== 'queued' || tasks[0]?.status === 'unknown')
  return id
}

describe('a lost response of Runware, which knows our taskUUID', () => {
  it.each(['500-after', 'lost-after'])(
    'is looked up, and an accepted task is not sent again: %s',
    async (submit) => {
      const id = await postUnknown('runware', submit)
      await world.advance(1 * minutes)
      await sweep()
      await untilStatus(id, 'succeeded')
      expect(billsFor(id)).toHaveLength(1)
      await untilTold(id)
    },
  )

  it.each(['500-before*1', 'reset-before*1'])(
    'leads to a repeat under the same UUID if the task never arrived: %s',
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

describe('a lost response of Crun, which has no lookup', () => {
  it.each(['500-after', 'lost-after'])(
    'is resolved by the webhook that names the task: %s',
    async (submit) => {
      const id = await postUnknown('crun', submit)
      await world.advance(10 * seconds)
      const job = await untilStatus(id, 'succeeded')
      expect(job.tasks).toHaveLength(1)
      expect(billsFor(id)).toHaveLength(1)
      await untilTold(id)
    },
  )

  it.each(['404*2', '500*3'])(
    'is resolved even if the provider confirms the named task only later: %s',
    async (poll) => {
      const id = await postUnknown('crun', `lost-after, poll=${poll}`)
      await world.advance(10 * seconds)
      await passTimeUntil(id, ({ status }) => status === 'succeeded')
      expect(billsFor(id)).toHaveLength(1)
      await untilTold(id)
    },
  )

  it.each(['500-before', 'reset-before'])(
    'fails at the deadline, and says that it may be billed: %s',
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
      await untilTold(id)
    },
  )

  it('ends in submit_unknown if the webhook is lost too, with one bill and no second submission', async () => {
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
