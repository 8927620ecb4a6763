/** A late check that is interrupted anywhere, or whose job changes meanwhile. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/context.ts'
import { lateWindowMs, leaseMs, settleGraceMs } from '../../../src/core/schedule/jobs.ts'
import { checkLate } from '../../../src/engine/late/check.ts'
import { erase } from '../../../src/engine/upkeep/erase.ts'
import { type PausePoint, pauseWork } from '../../support/hold-step.ts'
import { canceled } from '../../support/job-calls.ts'
import { aJobOutOfTime, expectLateOutputs, openChecks, untilChecked } from '../../support/late.ts'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  rowsOf,
  sweep,
  untilNotified,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aContext } from '../../support/runtime.ts'
import { objectKeys, select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000
const leaseExpired = 61_000

/** Its video is made, and its provider was not asked since. */
async function aMadeJob(directives = ''): Promise<string> {
  const id = await aJobOutOfTime('runware', ['webhook=lost', directives].filter(Boolean).join(', '))
  await world.advance(60 * minutes)
  return id
}

async function checkUntilClosed(id: string): Promise<void> {
  for (let checks = 0; (await openChecks(id)).length > 0; checks += 1) {
    expect(checks).toBeLessThan(100)
    await checkLate(aContext(), id)
    await world.advance(1 * minutes)
  }
}

const check = (id: string) => (context: Context) => checkLate(context, id)

// The claim, what the provider says, the copy, and its header with the event.
const places: PausePoint[] = [
  ...[1, 2, 3, 4].flatMap((commit): PausePoint[] => [
    { commit, when: 'before' },
    { commit, when: 'after' },
  ]),
  ...(['before', 'after'] as const).map((when): PausePoint => ({ call: '/v1', when })),
  ...(['before', 'after', 'during'] as const).map((when): PausePoint => ({ call: '/media/', when })),
]

async function expectOneLateEvent(id: string): Promise<void> {
  await untilNotified(id, 2)
  await world.advance(1 * minutes)
  await sweep()
  const types = world.caller.receivedFor(id).map(({ body }) => JSON.parse(body).type)
  expect(types).toEqual(['job.failed', 'output.late'])
  expect(billsFor(id)).toHaveLength(1)
}

describe('a late check', () => {
  it.each(places)('that dies at %j is repeated: the video is stored once', async (place) => {
    const id = await aMadeJob('megabytes=2')
    await pauseWork(place, check(id))
    await world.advance(leaseExpired)
    await sweep()
    await expect.poll(() => openChecks(id), { timeout: 60_000 }).toEqual([])
    const job = await getJob(id)
    expect(job.outputs).toMatchObject([{ status: 'stored', late: true }])
    await expectLateOutputs(id, job)
    await expectOneLateEvent(id)
  })

  it.each(places)('that continues at %j after another has taken over changes nothing', async (place) => {
    const id = await aMadeJob('megabytes=2')
    const { resume } = await pauseWork(place, check(id))
    await world.advance(leaseExpired)
    await checkLate(aContext(), id)
    await resume()
    await expect.poll(() => openChecks(id), { timeout: 60_000 }).toEqual([])
    await expectLateOutputs(id, await getJob(id))
    await expectOneLateEvent(id)
  })

  it.each(places.filter((place) => !('commit' in place && place.commit === 4 && place.when === 'after')))(
    'that is paused at %j leaves nothing if its job is erased meanwhile',
    async (place) => {
      const id = await aMadeJob('megabytes=2')
      await untilNotified(id)
      const { resume } = await pauseWork(place, check(id))
      const order = { reason: 'request', pendingDeliveries: 'discard', project: null } as const
      expect(await erase(aContext(), id, order)).toBe('erased')
      await resume()
      expect(await leftOf(id)).toEqual(nothing)
    },
  )

  it('runs once if several workers begin it at the same time', async () => {
    const id = await aMadeJob()
    await Promise.all([1, 2, 3].map(() => checkLate(aContext(), id)))
    await expectLateOutputs(id, await untilChecked(id))
    await expectOneLateEvent(id)
  })

  it('that the provider does not answer asks again', async () => {
    const id = await aMadeJob('poll=500*99')
    await sweep()
    await expect.poll(async () => (await openChecks(id))[0]?.due_at).toBeGreaterThan(world.edges.now())
    expect(await getJob(id)).toMatchObject({ tasks: [{ fault: { code: 'deadline_exceeded' } }], outputs: [] })
  })

  it('copies a video whose link has expired from a new link', async () => {
    const id = await aMadeJob('link=expired')
    await sweep()
    await expectLateOutputs(id, await untilChecked(id))
  })

  it('repeats a copy that fails, as in time', async () => {
    const id = await aMadeJob('body=bad-gateway*2')
    await checkUntilClosed(id)
    await expectLateOutputs(id, await getJob(id))
    await expectOneLateEvent(id)
  })

  it('shows a video that cannot be copied as failed, and leaves no object', async () => {
    const id = await aMadeJob('body=html')
    await checkUntilClosed(id)
    expect((await getJob(id)).outputs).toMatchObject([{ status: 'failed', late: true }])
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

/** Runs until the commit that closes the check, which comes with the header of its video. */
const beforeItsEnd: PausePoint = { commit: 4, when: 'before' }

describe('the end of a late check', () => {
  it('waits if its provider sent something meanwhile: an upload is not deleted before it is read', async () => {
    const id = await aMadeJob()
    const { resume } = await pauseWork(beforeItsEnd, check(id))
    const upload = `jobs/${id}/upload`
    await env.BUCKET.put(upload, 'a video')
    await select('UPDATE late_checks SET woken_at = ? WHERE job_id = ?', world.edges.now(), id)
    // The wake-up of the pausing check is not processed.
    await resume()
    expect(await objectKeys(`jobs/${id}/`)).toContain(upload)
    expect(await openChecks(id)).toMatchObject([{ lease: null, due_at: world.edges.now() }])
    await checkUntilClosed(id)
    await expectLateOutputs(id, await getJob(id))
    await expectOneLateEvent(id)
  })

  it('reports a stored video even if the step that reads its header dies and the time for late results is over', async () => {
    const id = await aMadeJob()
    await pauseWork(beforeItsEnd, check(id))
    await world.advance(lateWindowMs + settleGraceMs)
    await checkUntilClosed(id)
    expect((await getJob(id)).outputs).toMatchObject([{ status: 'stored', late: true }])
    await expectOneLateEvent(id)
  })

  it('keeps its lease while it looks for unknown submissions and asks for tasks', async () => {
    const prompt = 'A paper boat sim(submit=lost-after, log=late, seconds=600)'
    const { id } = await postJob({ provider: 'aimlapi', prompt, deadline_seconds: 60 })
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    await world.advance(71 * minutes)
    const left: number[] = []
    // Each answer takes most of a lease.
    const fetch = async (request: Request) => {
      const [row] = await select<{ leased_until: number }>('SELECT * FROM late_checks WHERE job_id = ?', id)
      left.push((row?.leased_until ?? 0) - world.edges.now())
      await world.advance(45_000)
      return world.edges.fetch(request)
    }
    await checkLate(aContext({ fetch }), id)
    // The list of submissions, the status of the one that it names, and its video.
    expect(left).toEqual([leaseMs, leaseMs, leaseMs])
  })
})

describe('a canceled job', () => {
  it('gets no late output: its caller no longer wants it', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(seconds=600)', deadline_seconds: 60 })
    await untilSubmitted(id)
    await canceled(id)
    const before = await rowsOf(id)
    await world.advance(24 * 60 * minutes)
    await sweep()
    expect(await openChecks(id)).toEqual([])
    expect(await rowsOf(id)).toEqual(before)
  })
})
