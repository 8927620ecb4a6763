/** Submissions in an invocation whose connections are all in use: nothing was sent, so nothing is unknown. */
import { expect, it } from 'vitest'
import type { Context } from '../../../src/context.ts'
import { leaseMs } from '../../../src/core/schedule/jobs.ts'
import { advance } from '../../../src/engine/advance.ts'
import { raiseMarks } from '../../../src/engine/high-water-mark.ts'
import { inQuickTime, sleep } from '../../support/quick-time.ts'
import { billsFor, getJob, timelineOf } from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const seconds = 1_000
const prompt = 'A paper boat sim(seconds=3600, webhook=lost)'
const withoutQueues = { JOBS: deadQueue, DELIVERIES: deadQueue }

let hosts = 0

/** Makes this many calls at once to a host that responds after this time. */
async function occupy({ fetch }: Context, count: number, ms: number): Promise<void> {
  const origin = `https://busy-${hosts++}.test`
  world.serve(origin, async (request) => {
    await sleep(ms, request)
    return new Response('busy')
  })
  const call = () => fetch(new Request(origin), () => undefined)
  await Promise.all(Array.from({ length: count }, call))
}

it.each([['crun'], ['crun', 'runware']])(
  'retries submissions that got no connection for 31 seconds, and buys each once: %j',
  async (...provider) => {
    // As the cron does each minute: otherwise the step would wait for R2, too.
    await raiseMarks(aContext())
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async () => (await postWithoutWakeUp({ provider, prompt })).id),
    )
    await inQuickTime(async (DB) => {
      const context = aContext({}, { ...withoutQueues, DB })
      await Promise.all([occupy(context, 4, 31 * seconds), ...ids.map((id) => advance(context, id))])
    })
    expect(ids.flatMap(billsFor)).toEqual([])
    for (const id of ids) {
      expect(await getJob(id)).toMatchObject({
        tasks: [{ status: 'deferred', fault: { code: 'unavailable' } }],
      })
    }
    // The jam was ours, so it is no reason to try the provider last.
    expect(await countRows('reconciliations', "name LIKE 'refusals %'")).toBe(0)
    await Promise.all(ids.map((id) => advance(aContext({}, withoutQueues), id)))
    expect(ids.flatMap(billsFor)).toHaveLength(4)
    for (const id of ids) {
      expect(await getJob(id)).toMatchObject({
        status: 'generating',
        tasks: [{ status: 'submitted', provider: 'crun' }],
      })
      expect(await timelineOf(id)).not.toContain('task.unknown')
    }
  },
)

it('commits a step of two slow calls that both wait for a connection, before its lease expires', async () => {
  const { id } = await postWithoutWakeUp({
    prompt: 'A paper boat sim(seconds=3600, webhook=lost, submit=reset-before*1)',
  })
  await advance(aContext({}, withoutQueues), id)
  expect(await getJob(id)).toMatchObject({ tasks: [{ status: 'unknown' }] })
  await world.advance(5 * seconds)
  // Runware is asked for the task, does not know it, and gets it again.
  for (const ms of [14.5 * seconds, 29.5 * seconds]) {
    world.respondNext(`${simulatorUrl}/runware`, async (request) => {
      await sleep(ms, request)
      return world.simulator.fetch(request)
    })
  }
  const passedMs = await inQuickTime(async (DB) => {
    const context = aContext({}, { ...withoutQueues, DB })
    const state = { isOver: false }
    const keepBusy = async () => {
      while (!state.isOver) await occupy(context, 1, 4.5 * seconds)
    }
    const others = Array.from({ length: 5 }, keepBusy)
    await advance(context, id)
    state.isOver = true
    await Promise.all(others)
  })
  expect(passedMs).toBeGreaterThan(44 * seconds)
  expect(passedMs).toBeLessThan(leaseMs)
  expect(await getJob(id)).toMatchObject({ status: 'generating', tasks: [{ status: 'submitted' }] })
  expect(billsFor(id)).toHaveLength(1)
})
