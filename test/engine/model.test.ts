/**
 * Random sequences of events in the life of a job: steps, steps that pause or crash anywhere, webhooks that are true,
 * doubled or forged, time, cancellations. On failure fast-check prints the seed and the path that repeat it.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canBecome, isSettled, type JobStatus, jobStatuses } from '../../src/core/job/job.ts'
import type { PausePoint } from '../support/hold-step.ts'
import { type LoneJob, postLoneJob } from '../support/lone-job.ts'
import { getJob } from '../support/reelhook.ts'
import { objectKeys } from '../support/storage.ts'
import { simulatorUrl, world } from '../support/world.ts'

/** The part of a job that decides what it may become. */
interface Model {
  status: JobStatus
  isCanceled: boolean
}

/** The laws hold after every event. */
async function expectLaws(model: Model, job: LoneJob) {
  const seen = await job.state()
  const isEnded = isSettled(seen.status)
  expect(mayBecome(model.status, seen.status), `${model.status} → ${seen.status}`).toBe(true)
  expect(seen.status === 'canceled').toBe(model.isCanceled)
  expect(seen.bills).toBeLessThanOrEqual(1)
  expect(seen.ends).toEqual(isEnded ? [`job.${seen.status}`] : [])
  expect(seen.deliveries).toHaveLength(isEnded ? 1 : 0)
  expect(seen.notified.length).toBeLessThanOrEqual(1)
  // A step that dies between a request to the caller and its record sends the same notification again.
  expect(seen.received).toBeLessThanOrEqual(1 + seen.pauses)
  expect(seen.isDue).toBe(!isEnded)
  expect(isEnded && seen.isHeld).toBe(false)
  model.status = seen.status
}

/** In the end the job is settled, its caller is notified, and R2 has exactly the stored outputs. */
async function expectEnd(model: Model, job: LoneJob) {
  // A step that dies in its delivery leaves it leased.
  const isOver = ({ status, deliveries }: Awaited<ReturnType<LoneJob['state']>>) =>
    isSettled(status) && deliveries.every((delivery) => delivery !== 'pending')
  await job.sweep()
  for (let minutes = 0; !isOver(await job.state()); minutes++) {
    expect(minutes).toBeLessThan(90)
    await world.advance(60_000)
    await job.sweep()
  }
  await expectLaws(model, job)
  const seen = await job.state()
  expect(seen.deliveries).toEqual(['delivered'])
  expect(seen.notified).toEqual([`job.${seen.status}`])
  const { outputs, cancellation, fault } = await getJob(job.id)
  const stored = outputs.filter(({ status }) => status === 'stored').map(({ n }) => `jobs/${job.id}/${n}.mp4`)
  expect(await objectKeys(`jobs/${job.id}/`)).toEqual(stored)
  // A cancellation may come between the commit of a stored video and the end of the job: it keeps the video.
  if (seen.status !== 'canceled') expect(stored).toHaveLength(seen.status === 'succeeded' ? 1 : 0)
  const mayBeBilled = cancellation?.may_still_be_billed ?? (fault === null || /bill/.test(fault.remedy))
  if (seen.isCharged) expect(mayBeBilled).toBe(true)
}

function mayBecome(from: JobStatus, to: JobStatus): boolean {
  return from === to || jobStatuses.some((next) => canBecome(from, next) && mayBecome(next, to))
}

async function cancel(job: LoneJob, model: Model) {
  const before = model.status
  const { status } = await job.cancel()
  expect(isSettled(before) ? [before === 'canceled' ? 200 : 409] : [200, 409]).toContain(status)
  model.isCanceled = status === 200
}

/** Cancels while a step is paused at the place, if a step has something to do. */
async function cancelAt(place: PausePoint, job: LoneJob, model: Model) {
  await job.postWebhook('true')
  await job.pauseStep(place)
  await cancel(job, model)
}

const places: PausePoint[] = [
  ...[1, 2, 3, 4].flatMap((commit): PausePoint[] => [
    { commit, when: 'before' },
    { commit, when: 'after' },
  ]),
  ...(['before', 'after'] as const).map((when): PausePoint => ({ call: simulatorUrl, when })),
  ...(['before', 'after', 'during'] as const).map((when): PausePoint => ({ call: '/media/', when })),
]

type JobEvent = (job: LoneJob, model: Model) => Promise<unknown>

/** The possible events, each with its relative frequency. */
const jobEvents: [weight: number, name: string, event: JobEvent][] = [
  [2, 'step', (job) => job.step()],
  [1, 'sweep', (job) => job.sweep()],
  [1, 'steps at once', (job) => Promise.all([job.step(), job.step(), job.sweep()])],
  [1, 'crash', (job) => job.crash()],
  ...places.flatMap((place): [number, string, JobEvent][] => [
    [0.4, `stall ${JSON.stringify(place)}`, (job) => job.pauseStep(place)],
    [0.3, `cancel ${JSON.stringify(place)}`, (job, model) => cancelAt(place, job, model)],
  ]),
  [3, 'go on', (job) => job.resume()],
  [1, 'true webhook', async (job) => expect((await job.postWebhook('true')).status).toBe(200)],
  [1, 'true webhook, doubled', (job) => Promise.all([job.postWebhook('true'), job.postWebhook('true')])],
  [1, 'lying webhook', (job) => job.postWebhook('false')],
  [1, 'strange webhook', (job) => job.postWebhook('foreign')],
  [1, 'forged webhook', async (job) => expect((await job.postForgedWebhook()).status).toBe(404)],
  ...[1, 5, 20, 61, 300].map((seconds): [number, string, JobEvent] => [
    1,
    `${seconds} s`,
    () => world.advance(seconds * 1_000),
  ]),
  [0.4, 'cancel', cancel],
  [
    0.4,
    'cancel amid steps',
    (job, model) => Promise.all([job.step(), cancel(job, model), job.step(), job.postWebhook('true')]),
  ],
]

const command = fc.oneof(
  ...jobEvents.map(([weight, name, event]) => ({
    weight: weight * 10,
    arbitrary: fc.constant({
      check: () => true,
      run: async (model: Model, job: LoneJob) => {
        await event(job, model)
        await expectLaws(model, job)
      },
      toString: () => name,
    }),
  })),
)

it('a job ends once, is billed at most once, and notifies its caller once, in any order of events', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom('runware', 'crun'),
    fc.constantFrom('', 'submit=lost-after', 'submit=reset-before*1', 'submit=429*1', 'fail=provider'),
    fc.constantFrom('new', 'made'),
    fc.commands([command], { maxCommands: 20, size: 'max' }),
    fc.constantFrom('stalled steps die', 'stalled steps go on'),
    async (provider, directives, begin, commands, end) => {
      const job = await postLoneJob(provider, directives)
      if (begin === 'made') await job.step()
      if (begin === 'made') await world.advance(10_000)
      const model: Model = { status: (await job.state()).status, isCanceled: false }
      await fc.asyncModelRun(() => ({ model, real: job }), commands)
      if (end === 'stalled steps go on') await job.resumeAll()
      await expectEnd(model, job)
    },
  )
  await fc.assert(property, { numRuns: 50, interruptAfterTimeLimit: 20_000 })
}, 60_000)
