/**
 * Random sequences of events after a deadline: checks, checks that pause or crash anywhere, webhooks that are true, doubled or
 * forged, time, an erasure. On failure fast-check prints the seed and the path that repeat it.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { advance, advanceWithWebhook } from '../../../src/engine/advance.ts'
import { checkLate } from '../../../src/engine/late/check.ts'
import { erase } from '../../../src/engine/upkeep/erase.ts'
import { type PausedStep, type PausePoint, tryPause } from '../../support/hold-step.ts'
import { openChecks } from '../../support/late.ts'
import { billsFor, getJob } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { aContext, deadQueue, postWithoutWakeUp } from '../../support/runtime.ts'
import { objectKeys, select } from '../../support/storage.ts'
import { sha256Of } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const alone = { JOBS: deadQueue, RESULTS: deadQueue, DELIVERIES: deadQueue }
const minutes = 60_000

type LateJob = Awaited<ReturnType<typeof aLateJob>>

/** Failed at its deadline, after a minute; its provider ends ten minutes after the submission. */
async function aLateJob(provider: 'runware' | 'crun', directives: string) {
  const prompt = `A paper boat sim(${['webhook=lost, seconds=600, megabytes=1', directives].filter(Boolean).join(', ')})`
  const callback_events = ['job.failed', 'output.late']
  const { id } = await postWithoutWakeUp({ provider, prompt, deadline_seconds: 60, callback_events })
  await advance(aContext({}, alone), id)
  for (let n = 0; n < 20 && (await openChecks(id)).length === 0; n += 1) {
    await world.advance(1 * minutes)
    await advance(aContext({}, alone), id)
  }
  expect(await openChecks(id)).toHaveLength(1)
  const [before] = await select('SELECT status, fault, settled_at, due_at, lease FROM jobs WHERE id = ?', id)
  const paused: PausedStep[] = []
  let erased = false
  return {
    id,
    before,
    isErased: () => erased,
    check: () => checkLate(aContext({}, alone), id),
    async webhook(body: object) {
      const text = JSON.stringify(body)
      const hash = await sha256Of(new TextEncoder().encode(text))
      const webhook = { jobId: id, provider, hash, body: text, receivedAt: world.edges.now() }
      await advanceWithWebhook(aContext({}, alone), webhook)
    },
    trueWebhook() {
      const [taskId] = billsFor(id).map((bill) => bill.taskId)
      return provider === 'runware'
        ? {
            taskType: 'videoInference',
            taskUUID: taskId,
            status: 'success',
            videoUUID: 'v',
            videoURL: 'https://simulator.test/v.mp4',
          }
        : { task_id: taskId, status: 'success', result: { media_urls: ['https://simulator.test/v.mp4'] } }
    },
    async pause(place: PausePoint) {
      const step = await tryPause(place, (context) => checkLate(context, id), alone)
      if (step !== null) paused.push(step)
    },
    resume: async () => paused.shift()?.resume(),
    async erase() {
      await erase(aContext({}, alone), id, { reason: 'request', pendingDeliveries: 'discard', project: null })
      erased = true
    },
  }
}

/** The laws hold after every event. */
async function expectLaws({ id, before, isErased }: LateJob) {
  expect(billsFor(id)).toHaveLength(1)
  if (isErased()) return
  expect(await select('SELECT status, fault, settled_at, due_at, lease FROM jobs WHERE id = ?', id)).toEqual([
    before,
  ])
  const deliveries = await select<{ event_type: string }>(
    'SELECT event_type FROM deliveries WHERE job_id = ?',
    id,
  )
  const { outputs } = await getJob(id)
  expect(outputs.length).toBeLessThanOrEqual(1)
  expect(outputs.every(({ late }) => late)).toBe(true)
  const late = deliveries.filter(({ event_type }) => event_type === 'output.late').length
  expect(late).toBeLessThanOrEqual(outputs.filter(({ status }) => status === 'stored').length)
  expect(deliveries).toHaveLength(1 + late)
}

/** In the end the check is closed, the video is attached once, and R2 has nothing else. */
async function expectEnd(job: LateJob, isMade: boolean) {
  const { id } = job
  for (let checks = 0; (await openChecks(id)).length > 0; checks += 1) {
    expect(checks).toBeLessThan(60)
    await world.advance(30 * minutes)
    await job.check()
  }
  await expectLaws(job)
  if (job.isErased()) {
    await job.resume()
    return expect(await leftOf(id)).toEqual({ ...nothing, attempts: expect.anything() })
  }
  const { outputs } = await getJob(id)
  expect(outputs.map(({ status }) => status)).toEqual(isMade ? ['stored'] : [])
  expect(await objectKeys(`jobs/${id}/`)).toEqual(isMade ? [`jobs/${id}/0.mp4`] : [])
  const events = await select("SELECT id FROM deliveries WHERE job_id = ? AND event_type = 'output.late'", id)
  expect(events).toHaveLength(isMade ? 1 : 0)
}

const places: PausePoint[] = [
  ...[1, 2, 3, 4].flatMap((commit): PausePoint[] => [
    { commit, when: 'before' },
    { commit, when: 'after' },
  ]),
  { call: '/v1', when: 'after' },
  { call: '/media/', when: 'during' },
]

const lateEvents: [name: string, event: (job: LateJob) => Promise<unknown>][] = [
  ['check', (job) => job.check()],
  ['checks at once', (job) => Promise.all([job.check(), job.check(), job.check()])],
  ...places.map((place): [string, (job: LateJob) => Promise<unknown>] => [
    `stall ${JSON.stringify(place)}`,
    (job) => job.pause(place),
  ]),
  ['go on', (job) => job.resume()],
  ['webhook', (job) => job.webhook(job.trueWebhook())],
  [
    'webhook, doubled',
    (job) => Promise.all([job.webhook(job.trueWebhook()), job.webhook(job.trueWebhook())]),
  ],
  ['forged webhook', (job) => job.webhook({ forged: world.edges.now() })],
  ...[1, 6, 60, 400].map((count): [string, () => Promise<unknown>] => [
    `${count} min`,
    () => world.advance(count * minutes),
  ]),
]

const command = fc.oneof(
  ...lateEvents.map(([name, event]) =>
    fc.constant({
      check: () => true,
      run: async (_model: object, job: LateJob) => {
        await event(job)
        await expectLaws(job)
      },
      toString: () => name,
    }),
  ),
)

it('a late video is attached once, whatever happens in whatever order', async () => {
  const property = fc.asyncProperty(
    fc.constantFrom('runware' as const, 'crun' as const),
    fc.constantFrom('', '', 'fail=provider'),
    fc.commands([command], { maxCommands: 15, size: 'max' }),
    fc.constantFrom('kept', 'kept', 'erased'),
    async (provider, directives, commands, end) => {
      const job = await aLateJob(provider, directives)
      await fc.asyncModelRun(() => ({ model: {}, real: job }), commands)
      if (end === 'erased') await job.erase()
      await expectEnd(job, directives === '')
    },
  )
  await fc.assert(property, { numRuns: 40, interruptAfterTimeLimit: 20_000 })
}, 60_000)
