/** A settled job reads the same in GET /v1/jobs/:id, in the event that its caller received, and on its timeline. */
import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/context.ts'
import { everyProject } from '../../../src/core/access.ts'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { deliver } from '../../../src/deliveries/deliver.ts'
import { advance } from '../../../src/engine/advance.ts'
import { cancel } from '../../../src/engine/settle/cancel.ts'
import { type PausedStep, tryPause } from '../../support/hold-step.ts'
import { canceled } from '../../support/job-calls.ts'
import { api, getJob } from '../../support/reelhook.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

/** Each reading of the clock is a millisecond later: two times that are taken apart differ. */
function tickingContext(bindings: Partial<Env> = {}): Context {
  let ticks = 0
  const now = () => world.edges.now() + ticks++
  return aContext({ now }, { ...alone, ...bindings })
}

const alone = { JOBS: deadQueue, RESULTS: deadQueue, DELIVERIES: deadQueue }

/** Throws whenever it is used. */
function broken<T extends object>(part: T): T {
  const fail = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  return new Proxy(part, { get: fail })
}

async function postQuiet(directives: string, overrides: Record<string, unknown> = {}): Promise<string> {
  const prompt = `A paper boat sim(${['webhook=lost', directives].filter(Boolean).join(', ')})`
  const { id } = await postWithoutWakeUp({ prompt, retention_days: 7, ...overrides })
  return id
}

/** Advances the job each time it falls due, until it has settled. */
async function advanceUntilSettled(id: string, context: Context): Promise<void> {
  for (let steps = 0; steps < 300; steps += 1) {
    await advance(context, id)
    const [row] = await select<{ due_at: number | null }>('SELECT due_at FROM jobs WHERE id = ?', id)
    const dueAt = row?.due_at ?? null
    if (dueAt === null) return
    await world.advance(Math.max(0, dueAt - world.edges.now()))
  }
  throw new Error('the job never settles')
}

async function advanceTimes(id: string, times: number, context = tickingContext()): Promise<void> {
  for (let step = 0; step < times; step += 1) {
    await advance(context, id)
    await world.advance(1 * minutes)
  }
}

/** Links are signed for each reader: only their paths agree, and whether there is one. */
function withoutSignatures(job: JobView) {
  const outputs = job.outputs.map(({ url, url_expires_at, ...output }) => ({
    ...output,
    path: url === null ? null : new URL(url).pathname,
    expires: url_expires_at !== null,
  }))
  return { ...job, outputs }
}

async function expectAgreement(id: string): Promise<JobView> {
  await world.advance(1 * minutes)
  const due = await select<{ id: string }>('SELECT id FROM deliveries WHERE job_id = ?', id)
  for (const { id: deliveryId } of due) await deliver(aContext(), deliveryId)
  const [delivery] = world.caller.receivedFor(id)
  const event = JSON.parse(delivery?.body ?? '')
  const shown = await getJob(id)
  expect(event.truncated).toBeUndefined()
  expect(event.type).toBe(`job.${shown.status}`)
  expect(withoutSignatures(event.data)).toEqual(withoutSignatures(shown))
  expect(shown.settled_at).not.toBeNull()
  expect(shown.erase_at).not.toBeNull()

  const response = await api(`/v1/jobs/${id}/events`)
  const { data } = await response.json<{ data: { type: string; data: Record<string, unknown> }[] }>()
  const last = data.find(({ type }) => type === event.type)
  if (shown.status === 'canceled') expect(last?.data).toEqual(shown.cancellation)
  else expect(last?.data.fault).toBe(shown.fault?.code ?? null)
  return shown
}

describe('a job agrees with its event when it', () => {
  it.each<[end: string, directives: string, overrides: Record<string, unknown>, code: string | null]>([
    ['succeeds', '', {}, null],
    ['succeeds with two outputs', '', { count: 2 }, null],
    ['succeeds with two tasks', '', { provider: 'crun', count: 2 }, null],
    ['succeeds partly', 'fail=some', { count: 2 }, 'partial_failure'],
    ['is failed by its provider', 'fail=provider', {}, 'generation_failed'],
    ['is failed by its provider after progress', 'fail=provider, seconds=240', {}, 'generation_failed'],
    ['is moderated', 'fail=moderated', { provider: 'crun' }, 'moderated'],
    ['fails in one task of two', 'fail=provider', { provider: 'crun', count: 2 }, 'generation_failed'],
    ['is rejected', 'submit=402', {}, 'out_of_credit'],
    ['is deferred until its deadline', 'submit=429', { deadline_seconds: 60 }, 'rate_limited'],
    [
      'is not known to be submitted at its deadline',
      'submit=500-before',
      { provider: 'crun', deadline_seconds: 300 },
      'submit_unknown',
    ],
    [
      'is submitted a second time, and neither answer is known',
      'submit=504-after',
      { provider: 'crun', deadline_seconds: 600, resubmit_unknown: true },
      'submit_unknown',
    ],
    ['is not made by its deadline', 'seconds=7200', { deadline_seconds: 310 }, 'deadline_exceeded'],
    ['loses its task', 'poll=404', {}, 'task_lost'],
    ['gets a page in place of a video', 'body=html', {}, 'media_wrong_type'],
    ['gets a picture in place of a video', 'body=image', {}, 'media_wrong_type'],
    ['cannot reach its video', 'link=missing', {}, 'media_expired'],
  ])('%s', async (_, directives, overrides, code) => {
    const id = await postQuiet(directives, overrides)
    await advanceUntilSettled(id, tickingContext())
    expect((await expectAgreement(id)).fault?.code ?? null).toBe(code)
  })

  it('never gets a slot', async () => {
    const context = tickingContext({ RUNWARE_MAX_CONCURRENT: '1' })
    const first = await postQuiet('seconds=600')
    const second = await postQuiet('', { deadline_seconds: 60 })
    await advance(context, first)
    await advanceUntilSettled(second, context)
    expect((await expectAgreement(second)).fault?.code).toBe('no_free_slot')
    await advanceUntilSettled(first, context)
  })

  it('has a provider whose key was removed', async () => {
    const id = await postQuiet('')
    await advanceUntilSettled(id, { ...tickingContext(), providersWith: () => ({}) })
    expect((await expectAgreement(id)).fault?.code).toBe('auth')
  })

  it.each([0, 1])('is given up after steps that throw, with %i tasks at the provider', async (submitted) => {
    const id = await postQuiet('seconds=300', { deadline_seconds: 600 })
    await advanceTimes(id, submitted)
    const context = tickingContext()
    await advanceUntilSettled(id, { ...context, providersWith: () => broken(context.providers) })
    expect((await expectAgreement(id)).fault?.code).toBe('internal_error')
  })

  it('is given up while its video is stored', async () => {
    const id = await postQuiet('', { deadline_seconds: 600 })
    await advanceTimes(id, 1)
    const context = tickingContext()
    await advanceUntilSettled(id, { ...context, bucket: broken(context.bucket) })
    expect((await expectAgreement(id)).fault?.code).toBe('internal_error')
  })
})

describe('a canceled job agrees with its event when it was', () => {
  it.each<[state: string, directives: string, overrides: Record<string, unknown>, steps: number]>([
    ['accepted', '', {}, 0],
    ['deferred', 'submit=429', {}, 1],
    ['unknown', 'submit=500-before', { provider: 'crun' }, 1],
    ['submitted', 'seconds=600', {}, 1],
    ['in progress', 'seconds=600', {}, 5],
    ['storing', 'body=bad-gateway', {}, 2],
    ['storing the second of two', 'body=bad-gateway*1', { count: 2 }, 2],
  ])('%s', async (_, directives, overrides, steps) => {
    const id = await postQuiet(directives, overrides)
    await advanceTimes(id, steps)
    await canceled(id)
    await expectAgreement(id)
  })

  it('at the provider, and made progress between the read and the commit of the cancellation', async () => {
    const id = await postQuiet('seconds=600', { provider: 'scenario' })
    await advanceTimes(id, 2)
    const cancellation = await heldCancellation(id)
    await world.advance(5 * minutes)
    await advance(tickingContext(), id)
    await cancellation.resume()
    expect((await expectAgreement(id)).progress).toBeGreaterThan(50)
  })

  it('queued, and went to another provider between the read and the commit of the cancellation', async () => {
    const limits = { RUNWARE_MAX_CONCURRENT: '1' }
    const first = await postQuiet('seconds=600')
    await advance(tickingContext(limits), first)
    const id = await postQuiet('', { provider: ['runware', 'crun'] })
    const cancellation = await heldCancellation(id)
    // After the claim, the slot at Runware and the commit of Crun, before the task is written.
    const place = { commit: 4, when: 'before' } as const
    const step = await tryPause(place, (context) => advance(context, id), { ...alone, ...limits })
    await cancellation.resume()
    await step?.resume()
    expect((await expectAgreement(id)).provider).toBe('crun')
    await canceled(first)
  })
})

/** A cancellation that has read the job, and has not committed. */
async function heldCancellation(id: string): Promise<PausedStep> {
  const place = { commit: 2, when: 'before' } as const
  const held = await tryPause(place, async (context) => void (await cancel(context, id, everyProject)), alone)
  if (held === null) throw new Error('the cancellation was not held')
  return held
}
