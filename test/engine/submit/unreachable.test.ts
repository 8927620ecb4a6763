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
    const overrides = { ...either, deadline_seconds: 600 }
    const { id, bills } = await postMarked('seconds=1', overrides, postWithoutWakeUp)
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'submit_unknown' },
      tasks: [{ provider: 'crun' }],
    })
    expect(bills()).toHaveLength(0)
  })

  it.each(neverSent)('stays unknown if each of its repeats gets a %i', async (status) => {
    const repeats = cutOffRepeats(status)
    const { id, bills } = await postMarked('submit=504-after*1, webhook=lost, poll=404*4', {
      provider: ['runware', 'crun'],
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    repeats.start()
    const job = await passTimeUntil(id, isSettled)
    repeats.stop()
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ provider: 'runware', status: 'succeeded' }] })
    expect(job.tasks).toHaveLength(1)
    expect(repeats.count()).toBe(4)
    expect(bills()).toHaveLength(1)
  })
})

/** Between `start` and `stop`, each submission to Runware gets the status. Its status requests reach the simulator. */
function cutOffRepeats(status: (typeof neverSent)[number]) {
  let count = 0
  let isStopped = false
  const intercept = () =>
    world.respondNext('https://simulator.test/runware', async (request) => {
      if (isStopped) return world.simulator.fetch(request)
      intercept()
      const [task] = await request.clone().json<[{ taskType: string }]>()
      if (task.taskType === 'getResponse') return world.simulator.fetch(request)
      count++
      return unreachable(status)
    })
  const stop = () => {
    isStopped = true
  }
  return { start: intercept, stop, count: () => count }
}
