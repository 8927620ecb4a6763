/** Submissions of one batch on the platform, where six calls of an invocation may wait for an answer at once. */
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { processQuickly, sleep } from '../../support/quick-time.ts'
import { billsFor, getJob } from '../../support/reelhook.ts'
import { postWithoutWakeUp } from '../../support/runtime.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const seconds = 1_000
const createTaskUrl = `${simulatorUrl}/crun/api/v1/client/job/CreateTask`

/** Jobs for Crun, which cannot be asked whether it has a lost submission. */
function postJobs(count: number, overrides: Record<string, unknown> = {}): Promise<string[]> {
  const prompt = 'A paper boat sim(seconds=3600, webhook=lost)'
  return Promise.all(
    Array.from({ length: count }, async () => {
      return (await postWithoutWakeUp({ provider: 'crun', prompt, ...overrides })).id
    }),
  )
}

/** Processes the wake-ups of these jobs in one invocation. */
function processBatch(ids: string[]): Promise<number> {
  return processQuickly(
    'reelhook-jobs',
    ids.map((job) => ({ job })),
  )
}

/** The provider has the request at once, and acknowledges it after this time. */
function acknowledgeLate(urlPrefix: string, count: number, ms: number): void {
  for (let n = 0; n < count; n++) {
    world.respondNext(urlPrefix, async (request) => {
      const response = await world.simulator.fetch(request)
      await sleep(ms, request)
      return response
    })
  }
}

function tasksOf(ids: string[]): Promise<(JobView['tasks'][number]['status'] | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await getJob(id)).tasks[0]?.status))
}

describe('a batch of submissions', () => {
  it('is submitted whole if each is acknowledged after 18 seconds', async () => {
    const ids = await postJobs(10)
    acknowledgeLate(createTaskUrl, 10, 18 * seconds)
    const passedMs = await processBatch(ids)
    expect(await tasksOf(ids)).toEqual(ids.map(() => 'submitted'))
    expect(ids.flatMap(billsFor)).toHaveLength(10)
    expect(passedMs).toBeGreaterThan(36 * seconds)
  })

  it('is submitted whole if other jobs hold six connections for 31 seconds', async () => {
    const slow = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const picture = `https://pictures-${n}.test/boat.png`
        world.serve(new URL(picture).origin, () => new Response(png))
        return (await postWithoutWakeUp({ provider: 'scenario', first_frame: picture })).id
      }),
    )
    const ids = await postJobs(4)
    acknowledgeLate(storageUrl, 6, 31 * seconds)
    await processBatch([...slow, ...ids])
    expect(await tasksOf(ids)).toEqual(ids.map(() => 'submitted'))
    expect(ids.flatMap(billsFor)).toHaveLength(4)
  })
})

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
const storageUrl = `${simulatorUrl}/scenario/parts`
