/** Late results that come otherwise than by one webhook of a known task. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { checkLate } from '../../../src/engine/late/check.ts'
import { pruneEnded } from '../../../src/engine/upkeep/prune.ts'
import { openDatabase } from '../../../src/store/database.ts'
import { aVideo } from '../../media/a-copy.ts'
import { aJobOutOfTime, openChecks, untilChecked } from '../../support/late.ts'
import { api, getJob, passTimeUntil, postJob, sweep, timelineOf } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'
import { objectKeys, select } from '../../support/storage.ts'
import { directly, putAt, receivedOf, uploadPathOf } from '../../support/uploads.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000
const days = 24 * 60 * minutes

async function sweepAfter(ms: number): Promise<void> {
  await world.advance(ms)
  await sweep()
}

describe('a video that its provider uploads after the deadline', () => {
  it('is stored as late', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost', directly)
    await world.advance(11 * minutes)
    await expect.poll(() => receivedOf(id)).toEqual(['late'])
    await untilReleased(id)
    await sweepAfter(1 * minutes)
    await expectLateOutputsByUpload(id)
  })

  it('beside a forged one is told apart by the status of the provider', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost', directly)
    expect((await putAt(await uploadPathOf(id), aVideo(1_000))).status).toBe(200)
    await expect.poll(() => receivedOf(id)).toEqual(['late'])
    await world.advance(11 * minutes)
    await expect.poll(() => receivedOf(id)).toEqual(['late', 'late'])
    await untilReleased(id)
    await sweepAfter(1 * minutes)
    const job = await untilChecked(id)
    await expectStoredBytes(id, job)
    expect(job.outputs[0]?.bytes).toBeGreaterThan(1_000)
  })

  it('is refused once the check is closed', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost, put=never, seconds=200000', directly)
    await sweepAfter(1 * days)
    await expect.poll(() => openChecks(id)).toEqual([])
    expect((await putAt(await uploadPathOf(id), aVideo(1_000))).status).toBe(410)
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })
})

describe('a submission that is unknown at the deadline', () => {
  it.each([
    ['crun', 'submit=lost-after, seconds=600'],
    ['aimlapi', 'submit=lost-after, log=late, seconds=600'],
  ])('is found when its video is made: %s', async (provider, directives) => {
    const prompt = `A paper boat sim(${directives})`
    const { id } = await postJob({ provider, prompt, deadline_seconds: 60 })
    const before = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(before.fault?.code).toBe('submit_unknown')
    await world.advance(11 * minutes)
    await sweepAfter(60 * minutes)
    const job = await untilChecked(id)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'submit_unknown' },
      tasks: [{ status: 'succeeded', fault: null }],
      outputs: [{ status: 'stored', late: true }],
    })
    expect(await timelineOf(id)).toEqual(
      expect.arrayContaining([
        'task.unknown',
        'task.failed',
        'job.failed',
        'task.submitted',
        'task.succeeded',
        'output.late',
      ]),
    )
  })
})

describe('a job of four outputs of which two were made in time', () => {
  it('gets the others late, and each has its own number', async () => {
    const overrides = { count: 4, deadline_seconds: 60 }
    const id = (
      await postJob({
        prompt: 'A paper boat sim(seconds=20, apart=30, webhook=lost)',
        callback_events: ['job.failed', 'output.late'],
        ...overrides,
      })
    ).id
    const before = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(before.fault?.code).toBe('partial_failure')
    const inTime = before.outputs.filter(({ status }) => status === 'stored')
    expect(inTime.length).toBeLessThan(4)
    await sweepAfter(10 * minutes)
    const job = await untilChecked(id, 4)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'partial_failure' } })
    expect(job.outputs.map(({ n }) => n)).toEqual([0, 1, 2, 3])
    expect(job.outputs.slice(0, inTime.length)).toMatchObject(
      inTime.map(({ sha256 }) => ({ sha256, late: false })),
    )
    expect(job.outputs.filter(({ late }) => late)).toHaveLength(4 - inTime.length)
    expect(new Set(job.outputs.map(({ sha256 }) => sha256)).size).toBe(4)
  })
})

describe('a job that waits for late results', () => {
  it('is not pruned until its check is closed', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost, seconds=90000000')
    await world.advance(400 * days)
    const prune = () => pruneEnded(aContext(), openDatabase(env.DB))
    const isPruned = async () => (await getJob(id)).pruned_at !== null
    await select("UPDATE deliveries SET status = 'delivered', due_at = NULL WHERE job_id = ?", id)
    await prune()
    expect(await isPruned()).toBe(false)
    await checkLate(aContext(), id)
    await checkLate(aContext(), id)
    expect(await openChecks(id)).toEqual([])
    await prune()
    expect(await isPruned()).toBe(true)
  })

  it('that fails for another reason has no check', async () => {
    const { id } = await postJob({ prompt: 'A paper boat sim(fail=moderated, webhook=lost)' })
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(await openChecks(id)).toEqual([])
  })

  it('ends, whatever goes wrong: a check that keeps throwing is given up', async () => {
    const id = await aJobOutOfTime('runware', 'webhook=lost')
    const broken = () => {
      const context = aContext()
      const providers = new Proxy(context.providers, {
        get() {
          throw new RangeError('Maximum call stack size exceeded')
        },
      })
      return { ...context, providers, providersWith: () => providers }
    }
    await world.advance(5 * minutes)
    for (let checks = 0; (await openChecks(id)).length > 0; checks += 1) {
      expect(checks).toBeLessThan(400)
      await checkLate(broken(), id)
      await world.advance(10 * minutes)
    }
    expect(await getJob(id)).toMatchObject({ status: 'failed', outputs: [] })
  })
})

/** Until the check has asked and waits for the upload of the end. */
async function untilReleased(id: string): Promise<void> {
  const asked = async () =>
    (await openChecks(id)).some(({ lease, due_at }) => lease === null && Number(due_at) > world.edges.now())
  await expect.poll(asked, { timeout: 60_000 }).toBe(true)
}

async function expectLateOutputsByUpload(id: string): Promise<void> {
  const job = await untilChecked(id)
  await expectStoredBytes(id, job)
  expect(receivedOf(id)).toEqual(['late'])
  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: { via?: string } }[] }>()
  expect(data.find(({ type }) => type === 'output.late')?.data.via).toBe('upload')
}

async function expectStoredBytes(id: string, job: Awaited<ReturnType<typeof getJob>>): Promise<void> {
  expect(job).toMatchObject({ status: 'failed', outputs: [{ late: true, status: 'stored' }] })
  const [row] = await select<{ key: string }>('SELECT key FROM outputs WHERE job_id = ?', id)
  await expect.poll(() => objectKeys(`jobs/${id}/`)).toEqual([row?.key])
}
