/** A provider that Cloudflare cannot reach: a submission that was never sent is retried or fails over, and costs nothing. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { neverSent, perhapsSent, unreachable } from '../../support/platform/unreachable.ts'
import { passTimeUntil, timelineOf, untilJob } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null
const crunSubmissions = 'https://simulator.test/crun/api/v1/client/job/CreateTask'
const either = { provider: ['crun', 'runware'] }

/** The next submissions to Crun are not sent, and get these statuses. */
function cutOffCrun(...statuses: Parameters<typeof unreachable>[0][]): void {
  for (const status of statuses) world.respondNext(crunSubmissions, () => unreachable(status))
}

describe('a submission that was never sent', () => {
  it.each(neverSent)('is sent again after a %i, and is billed once', async (status) => {
    cutOffCrun(status)
    const { id, bills } = await postMarked('seconds=1', either, postWithoutWakeUp)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ provider: 'crun', status: 'succeeded' }] })
    expect(bills()).toHaveLength(1)
    const timeline = await timelineOf(id)
    expect(timeline).toContain('task.deferred')
    expect(timeline).not.toContain('task.unknown')
  })

  it('goes to the next provider if the first stays unreachable, and is billed once', async () => {
    cutOffCrun(521, 530, 525)
    const { id, bills } = await postMarked('seconds=1', either, postWithoutWakeUp)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({
      status: 'succeeded',
      tasks: [
        { provider: 'crun', status: 'rejected', fault: { code: 'unavailable' } },
        { provider: 'runware', status: 'succeeded' },
      ],
    })
    expect(bills()).toHaveLength(1)
  })
})

describe('a submission that was perhaps sent', () => {
  it.each(perhapsSent)('is unknown after a %i, and is not sent again', async (status) => {
    cutOffCrun(status)
    const { id, bills } = await postMarked('seconds=1', either, postWithoutWakeUp)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'submit_unknown' },
      tasks: [{ provider: 'crun' }],
    })
    expect(bills()).toHaveLength(0)
  })

  it.each(neverSent)('stays unknown if its repeat gets a %i', async (status) => {
    const unanswered = submitsToRunware(status)
    const { id, bills } = await postMarked('submit=504-after*1, webhook=lost, poll=404*2', {
      provider: ['runware', 'crun'],
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    unanswered.start()
    await passTimeUntil(id, () => unanswered.count() > 0)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ provider: 'runware' }] })
    expect(bills()).toHaveLength(1)
  })
})

/** From `start` on, the first submission to Runware gets the status; its status requests reach the simulator. */
function submitsToRunware(status: (typeof neverSent)[number]) {
  let count = 0
  const intercept = () =>
    world.respondNext('https://simulator.test/runware', async (request) => {
      const [task] = await request.clone().json<[{ taskType: string }]>()
      if (task.taskType !== 'getResponse') {
        count++
        return unreachable(status)
      }
      intercept()
      return world.simulator.fetch(request)
    })
  return { start: intercept, count: () => count }
}
