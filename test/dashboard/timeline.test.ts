/** The time axis of jobs that ran against the simulated providers. */
import { expect, it } from 'vitest'
import type { JobHistory } from '../../src/dashboard/timeline/history.ts'
import { JobTimeline } from '../../src/dashboard/timeline/timeline.tsx'
import { rowsOf, segmentsOf } from '../support/histories.ts'
import { canceled } from '../support/job-calls.ts'
import { aJobOutOfTime } from '../support/late.ts'
import { api, getJob, passTimeUntil, postJob, untilNotified, untilSubmitted } from '../support/reelhook.ts'
import { world } from '../support/world.ts'

async function historyOf(id: string): Promise<JobHistory> {
  const list = async <Item>(path: string) => (await (await api(path)).json<{ data: Item[] }>()).data
  return {
    job: await getJob(id),
    events: await list<JobHistory['events'][number]>(`/v1/jobs/${id}/events`),
    deliveries: (await list<JobHistory['deliveries'][number]>(`/v1/deliveries?job_id=${id}`)).toReversed(),
    nowMs: world.edges.now(),
  }
}

async function ended(overrides: Record<string, unknown>): Promise<JobHistory> {
  const { id } = await postJob(overrides)
  await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  await untilNotified(id)
  return historyOf(id)
}

const sim = (directives: string) => `A paper boat sim(${directives})`

it('a running job, and then its end', async () => {
  const { id } = await postJob()
  await untilSubmitted(id)
  const running = await historyOf(id)
  expect(rowsOf(running)).toEqual([
    'From acceptance to end: generating',
    'Submission to runware: accepted',
    'Generation at runware: running',
  ])
  expect(segmentsOf(running, 'Generation at runware')[0]).toContain('open')
  await world.advance(10_000)
  await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  await untilNotified(id)
  expect(rowsOf(await historyOf(id)).slice(0, 5)).toEqual([
    'From acceptance to end: succeeded',
    'Submission to runware: accepted',
    expect.stringMatching(/^Generation at runware: succeeded \((learned by its webhook|found by a poll)\)$/),
    expect.stringMatching(/^Webhooks of runware: /),
    'Copy of the video: stored, 27.1 KB',
  ])
})

it('a failover after a refusal', async () => {
  world.respondNext('https://simulator.test/aimlapi/v2/video', () =>
    Response.json({ message: 'No.' }, { status: 402 }),
  )
  const history = await ended({ provider: ['aimlapi', 'runware'], prompt: sim('webhook=lost') })
  expect(rowsOf(history).slice(1, 5)).toEqual([
    'Submission to aimlapi: refused: out_of_credit; next: runware',
    'Submission to runware: accepted',
    'Generation at runware: succeeded (found by a poll)',
    'Copy of the video: stored, 27.1 KB',
  ])
})

it('a submission whose response was lost', async () => {
  const rows = rowsOf(await ended({ prompt: sim('submit=500-before*1') }))
  expect(rows.slice(1, 3)).toEqual([
    'Submission to runware: response lost: it may have been bought',
    'Submission to runware, attempt 2: accepted',
  ])
})

it('a copy that succeeds at the third attempt, and a generation that fails', async () => {
  const history = await ended({ prompt: sim('body=bad-gateway*2') })
  expect(rowsOf(history)).toContain('Copy of the video: stored at attempt 3, 27.1 KB')
  const failed = await ended({ prompt: sim('fail=moderated') })
  expect(rowsOf(failed)).toContainEqual(expect.stringMatching(/^Generation at runware: failed: moderated /))
})

it('a canceled job, and one that failed at its deadline', async () => {
  const { id } = await postJob()
  await untilSubmitted(id)
  await world.advance(2_000)
  await canceled(id)
  expect(rowsOf(await historyOf(id))).toContain('Generation at runware: abandoned: the job was canceled')
  const late = await historyOf(await aJobOutOfTime('runware'))
  expect(rowsOf(late)).toContain('Generation at runware: failed: deadline_exceeded (found by a poll)')
  expect(String(JobTimeline({ history: late }))).toContain('From acceptance to end')
})
