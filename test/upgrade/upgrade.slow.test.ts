/**
 * The last release and today's code on the same database, bucket and queues, with work under way: as `npm run deploy`, a
 * rollback and a gradual deployment replace one by the other.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import manifest from '../../package.json'
import { released } from './released.ts'
import { openStage, type Stage } from './stage.ts'
import { beginWork, expectOneEndEach, postWork, type Work } from './work.ts'

const timeoutMs = 120_000
const works: Work[] = []
let stage: Stage

// The tests follow each other on one deployment.
beforeAll(async () => {
  stage = await openStage('.wrangler/upgrade-test')
}, timeoutMs)

afterAll(() => stage.close())

it(
  `an upgrade from ${released.version} in mid-work: each job ends once, and nothing is bought twice`,
  async () => {
    works.push(await beginWork(stage))
    // A deployment migrates first. Until it has uploaded the new code, the old one works on the new tables.
    await stage.migrate()
    const { id } = await stage.post({ provider: 'runware', prompt: 'sim(seconds=1)' })
    works.push({ [id]: 'generating' })
    await stage.until('a job is accepted and ended', async () => (await stage.job(id)).status === 'succeeded')

    await stage.serve('current')
    await expectOneEndEach(stage, works)
  },
  timeoutMs,
)

it(
  `a rollback to ${released.version} in mid-work: its code ends the jobs that today's code accepted`,
  async () => {
    works.push(await beginWork(stage))
    // What 0.1.0 does not know: a model, whose video it fetches all the same, and what follows.
    const { id } = await stage.post({
      model: 'seedance-2.5',
      provider: 'aimlapi',
      duration: 30,
      prompt: 'sim(seconds=900)',
    })
    await stage.until('the other model is bought', async () => (await stage.job(id)).status === 'generating')
    works.push({ [id]: 'generating' })
    await stage.batch([
      "UPDATE jobs SET traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'",
      "INSERT INTO alerts (name, is_raised, changed_at) VALUES ('jobs_stuck', 1, 0)",
    ])
    await stage.serve('released')
    await expectOneEndEach(stage, works)
  },
  timeoutMs,
)

it(
  'a gradual deployment: both serve requests, messages and the cron trigger by turns',
  async () => {
    const before = await stage.serve('released', 'current')
    works.push(await postWork(stage))
    await expectOneEndEach(stage, works)
    const after = await stage.serve('current')
    for (const version of ['released', 'current'] as const) {
      for (const entrance of ['fetch', 'queue', 'scheduled'] as const) {
        expect(after[version][entrance]).toBeGreaterThan(before[version][entrance])
      }
    }
  },
  timeoutMs,
)

it('the health call says which version responds', async () => {
  const health = await stage.client.get('/healthz')
  expect(await health.json()).toMatchObject({ version: manifest.version })
})
