/** The tasks of a canceled job, at a provider that cancels: what is asked, how often, and what is shown. */
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { everyProject } from '../../../src/core/access.ts'
import { ok, type Result } from '../../../src/core/fault.ts'
import { cancelWaitsMs } from '../../../src/core/schedule/jobs.ts'
import { minutes } from '../../../src/core/schedule/units.ts'
import { advanceQueued } from '../../../src/engine/advance.ts'
import { cancel } from '../../../src/engine/settle/cancel.ts'
import { cancelTasks } from '../../../src/engine/settle/cancel-tasks.ts'
import { closeOverdueReservations } from '../../../src/engine/upkeep/reservations.ts'
import type { CancelOutcome } from '../../../src/providers/cancels.ts'
import { bearerHeader, type NewApiKey } from '../../support/api-keys.ts'
import { keyWithBudget, spentBy } from '../../support/budget.ts'
import { canceling, unreachable } from '../../support/canceling.ts'
import { expectOneEnd } from '../../support/expect-one-end.ts'
import { tryPause } from '../../support/hold-step.ts'
import { erase } from '../../support/job-calls.ts'
import { untilMonthStarts } from '../../support/minutes.ts'
import { recordingQueues } from '../../support/queues.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  rowsOf,
  timelineOf,
  untilLateWebhooks,
  untilNotified,
} from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

/** A job that a provider has. */
async function aJob(overrides: Record<string, unknown> = {}, key?: NewApiKey): Promise<string> {
  const headers = key === undefined ? {} : bearerHeader(key)
  const callback = key === undefined ? {} : { callback_secret: undefined }
  const { id } = await postWithoutWakeUp({ provider: 'crun', ...callback, ...overrides }, headers)
  await advanceQueued(aContext({}, recordingQueues().bindings), id)
  return id
}

/** A canceled job whose messages the test delivers itself. */
async function aCanceledJob(
  says: Result<CancelOutcome>[] = [],
  overrides: Record<string, unknown> = {},
  key?: NewApiKey,
) {
  const id = await aJob(overrides, key)
  const { bindings, jobs: sent } = recordingQueues()
  // Its events are delivered.
  const { context, asked } = canceling(aContext({}, { ...bindings, DELIVERIES: env.DELIVERIES }), says)
  const cancelIt = () => cancel(context, id, everyProject)
  await cancelIt()
  const ask = (attempt = 0) => cancelTasks(context, { jobId: id, attempt })
  return { id, asked, sent, ask, cancelIt }
}

const message = (jobId: string, attempt: number) => ({ cancel: { jobId, attempt } })

describe('the cancellation of a job', () => {
  it('asks no provider itself, and sends a message that does', async () => {
    const { id, asked, sent } = await aCanceledJob()
    expect([asked, sent]).toEqual([[], [message(id, 0)]])
    expect((await getJob(id)).cancellation).toEqual({
      may_still_be_billed: true,
      message: 'crun has the task: it may be made and billed.',
    })
  })

  it('sends none if no provider has a task, or if it cancels none', async () => {
    const { id } = await postWithoutWakeUp({ provider: 'crun' })
    const { bindings, jobs } = recordingQueues()
    await cancel(canceling(aContext({}, bindings)).context, id, everyProject)
    await cancel(aContext({}, bindings), await aJob(), everyProject)
    expect(jobs).toEqual([])
  })

  it('asks again when the job is canceled again', async () => {
    const { id, ask, sent, cancelIt } = await aCanceledJob()
    await cancelIt()
    expect(sent).toEqual([message(id, 0), message(id, 0)])
    await ask()
    await cancelIt()
    expect(sent).toHaveLength(2)
  })
})

describe('a task that its provider canceled', () => {
  it('is shown as such: it makes no video and costs nothing', async () => {
    const { id, ask, asked } = await aCanceledJob()
    const [notified] = await untilNotified(id)
    await ask()
    const bills = billsFor(id)
    expect(bills.map(({ taskId, billedUsd }) => [taskId, billedUsd])).toEqual([[asked[0], 0]])
    expect(await getJob(id)).toMatchObject({
      status: 'canceled',
      cost: { amount_usd: 0, source: 'provider' },
      tasks: [{ status: 'failed', fault: { code: 'canceled' }, cost: { amount_usd: 0 } }],
      cancellation: { may_still_be_billed: false, message: 'crun canceled the task and does not bill it.' },
    })
    expect(await timelineOf(id)).toEqual(['job.accepted', 'task.submitted', 'job.canceled', 'task.canceled'])
    // What was notified stays as it was.
    expect((await untilNotified(id)).map(({ body }) => body)).toEqual([notified?.body])
    await expectOneEnd(id, 'canceled')
  })

  it('stays as it is, however often the message comes', async () => {
    const { id, ask, asked } = await aCanceledJob()
    await Promise.all([ask(), ask()])
    const rows = await rowsOf(id)
    await ask()
    expect(await rowsOf(id)).toEqual(rows)
    expect(asked.length).toBeLessThanOrEqual(2)
  })

  it('is not changed by a webhook of its provider', async () => {
    const { id, ask } = await aCanceledJob()
    await untilNotified(id)
    await ask()
    const rows = await rowsOf(id)
    await world.advance(5 * minutes)
    await untilLateWebhooks(id, 1)
    expect(await rowsOf(id)).toEqual(rows)
    await expectOneEnd(id, 'canceled')
  })

  it('may be one of several', async () => {
    const { id, ask, asked } = await aCanceledJob([ok('running')], { count: 2 })
    await ask()
    expect(asked).toHaveLength(2)
    const { cancellation, tasks } = await getJob(id)
    expect(tasks.map(({ status }) => status).sort()).toEqual(['failed', 'submitted'])
    expect(cancellation).toEqual({
      may_still_be_billed: true,
      message: 'crun has the task: it may be made and billed. crun canceled the task and does not bill it.',
    })
  })
})

describe('a task that its provider has not canceled', () => {
  it.each([
    ['does not respond', unreachable, 'did not say whether it canceled the task'],
    [
      'has not confirmed it',
      ok('requested' as const),
      'was asked to cancel the task and has not confirmed it',
    ],
  ])('is asked about a few times more if the provider %s', async (_, answer, words) => {
    const { id, sent, ask, asked } = await aCanceledJob(Array(cancelWaitsMs.length + 1).fill(answer))
    for (const attempt of cancelWaitsMs.keys()) {
      await ask(attempt)
      expect(sent.at(-1)).toEqual(message(id, attempt + 1))
    }
    await ask(cancelWaitsMs.length)
    expect(asked).toHaveLength(cancelWaitsMs.length + 1)
    expect(sent).toHaveLength(cancelWaitsMs.length + 1)
    expect(await getJob(id)).toMatchObject({ cost: null, cancellation: { may_still_be_billed: true } })
    expect((await eventsOf(id)).at(-1)).toMatchObject({
      type: 'task.not_canceled',
      data: { message: `crun ${words}.` },
    })
  })

  it('is not asked about again if it is too late', async () => {
    const { id, ask, sent } = await aCanceledJob([ok('running')])
    await ask()
    expect(sent).toHaveLength(1)
    expect(await timelineOf(id)).toContain('task.not_canceled')
    expect((await getJob(id)).cancellation?.may_still_be_billed).toBe(true)
  })

  it('has the end and the cost that its provider reports, if it ended before', async () => {
    const { id, ask, sent } = await aCanceledJob([], { prompt: 'A paper boat sim(webhook=lost)' })
    await world.advance(5 * minutes)
    await ask()
    expect(await getJob(id)).toMatchObject({
      status: 'canceled',
      outputs: [],
      tasks: [{ status: 'succeeded', completed_via: 'poll' }],
      cancellation: { may_still_be_billed: true, message: 'crun has made it and bills it.' },
    })
    expect(sent).toHaveLength(1)
    await expectOneEnd(id, 'canceled')
  })

  it('is not billed if it had failed before', async () => {
    const { id, ask } = await aCanceledJob([], { prompt: 'A paper boat sim(webhook=lost, fail=moderated)' })
    await world.advance(5 * minutes)
    await ask()
    expect(await getJob(id)).toMatchObject({
      tasks: [{ status: 'failed', fault: { code: 'moderated' } }],
      cancellation: { may_still_be_billed: false },
    })
  })
})

describe('a submission whose response comes after the cancellation', () => {
  it('is canceled too', async () => {
    const { id } = await postWithoutWakeUp({ provider: 'crun' })
    const { bindings, jobs: sent } = recordingQueues()
    const place = { call: '/CreateTask', when: 'after' } as const
    const step = await tryPause(place, (context) => advanceQueued(canceling(context).context, id), bindings)
    const { context, asked } = canceling(aContext({}, bindings))
    await cancel(context, id, everyProject)
    expect(sent).toEqual([])
    await step?.resume()
    expect(sent).toEqual([message(id, 0)])
    await cancelTasks(context, { jobId: id, attempt: 0 })
    expect(asked).toEqual(billsFor(id).map(({ taskId }) => taskId))
    expect(await getJob(id)).toMatchObject({
      cost: { amount_usd: 0 },
      cancellation: { may_still_be_billed: false },
    })
  })

  it('is not looked for if it was lost: it is not known whether the provider has it', async () => {
    const { id, sent } = await aCanceledJob([], { prompt: 'A paper boat sim(submit=lost-after)' })
    expect(sent).toEqual([])
    expect((await getJob(id)).cancellation?.message).toContain('It is not known whether crun took the task')
  })
})

describe('no task is canceled', () => {
  it('of a job that is not canceled: a step that lost its lease to another sends the message too', async () => {
    const id = await aJob()
    const { context, asked } = canceling(aContext())
    await cancelTasks(context, { jobId: id, attempt: 0 })
    expect((await getJob(id)).status).toBe('generating')
    expect(asked).toEqual([])
  })

  it('of a job that failed at its deadline: its video may still come', async () => {
    const id = await aJob({ deadline_seconds: 60, prompt: 'A paper boat sim(webhook=lost, seconds=7200)' })
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    const { context, asked } = canceling(aContext())
    await cancelTasks(context, { jobId: id, attempt: 0 })
    expect((await getJob(id)).status).toBe('failed')
    expect(asked).toEqual([])
  })

  it('of a job that was erased meanwhile: nothing is known of it any more', async () => {
    const { id, ask, asked } = await aCanceledJob()
    expect((await erase(id, '?force=true')).status).toBe(204)
    await ask()
    expect(asked).toEqual([])
  })
})

describe('the budget of a canceled job', () => {
  // Its price is known.
  const atRunware = { provider: 'runware' }
  const open = (key: NewApiKey) => countRows('reservations', 'api_key_id = ?', key.id)

  it('is given back when its provider confirms', async () => {
    const key = await keyWithBudget(1)
    const { ask } = await aCanceledJob([], atRunware, key)
    expect(await spentBy(key)).toBeGreaterThan(0)
    await ask()
    expect([await spentBy(key), await open(key)]).toEqual([0, 0])
  })

  it('is used up to its estimate once the provider was asked for the last time', async () => {
    const key = await keyWithBudget(1)
    const { ask } = await aCanceledJob([unreachable, unreachable], atRunware, key)
    await ask()
    expect(await open(key)).toBe(1)
    await ask(cancelWaitsMs.length)
    expect(await open(key)).toBe(0)
    expect(await spentBy(key)).toBeGreaterThan(0)
  })

  it('is settled by the sweep if the message was lost', async () => {
    await untilMonthStarts()
    const key = await keyWithBudget(1)
    const id = await aJob(atRunware, key)
    const context = canceling(aContext({}, { JOBS: deadQueue })).context
    expect((await cancel(context, id, everyProject))?.status).toBe('canceled')
    expect(await open(key)).toBe(1)
    await world.advance(20 * minutes - (world.edges.now() % (10 * minutes)))
    await closeOverdueReservations(aContext())
    expect(await open(key)).toBe(0)
    expect(await spentBy(key)).toBeGreaterThan(0)
  })

  it('is settled by the message itself if the provider is not there any more', async () => {
    const key = await keyWithBudget(1)
    const id = await aJob(atRunware, key)
    await cancel(canceling(aContext()).context, id, everyProject)
    // The real queue, whose consumer has a provider that cancels no task.
    await vi.waitUntil(async () => (await open(key)) === 0, { timeout: 60_000, interval: 10 })
    expect(await spentBy(key)).toBeGreaterThan(0)
  })
})

async function eventsOf(id: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const response = await api(`/v1/jobs/${id}/events`)
  return (await response.json<{ data: { type: string; data: Record<string, unknown> }[] }>()).data
}
