import { describe, expect, it } from 'vitest'
import { untilWebhookResults } from '../../support/provider-webhooks.ts'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  rowsOf,
  timelineOf,
  untilJob,
  untilJournaled,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000

/** Posts a job with this behavior of its webhooks, and lets the provider finish. */
async function liveWith(provider: string, directive: string, overrides: Record<string, unknown> = {}) {
  const { id } = await postJob({ provider, prompt: `A paper boat sim(${directive})`, ...overrides })
  await untilSubmitted(id)
  await world.advance(20_000)
  return id
}

async function toldOnce(id: string) {
  const notified = await untilNotified(id)
  expect(new Set(notified.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(notified).toHaveLength(1)
  expect(billsFor(id)).toHaveLength((await getJob(id)).tasks.length)
}

describe.each(['runware', 'crun'])('a webhook of %s', (provider) => {
  it('notifies the caller once even if it arrives twice', async () => {
    const id = await liveWith(provider, 'webhook=doubled')
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks[0]?.completed_via).toBe('webhook')
    await toldOnce(id)
    expect((await timelineOf(id)).filter((type) => type === 'job.succeeded')).toHaveLength(1)
  })

  it('notifies the caller once even if it arrives before the response to the submission', async () => {
    const id = await liveWith(provider, 'webhook=early')
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks[0]?.completed_via).toBe('webhook')
    await toldOnce(id)
  })

  it('notifies the caller once even if it is lost: polling finds the end', async () => {
    const id = await liveWith(provider, 'webhook=lost')
    expect((await getJob(id)).status).toBe('generating')
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(job.tasks[0]?.completed_via).toBe('poll')
    await toldOnce(id)
  })

  it('changes nothing if it arrives after the end of the job', async () => {
    const id = await liveWith(provider, 'webhook=late')
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    await toldOnce(id)
    const before = await rowsOf(id)
    await world.advance(15 * minutes)
    expect(await untilWebhookResults(id)).toEqual(['late'])
    expect(await rowsOf(id)).toEqual(before)
    await toldOnce(id)
  })

  it('that reports progress does not end the job', async () => {
    const { id } = await postJob({ provider, prompt: 'A paper boat sim(webhook=progress-first, seconds=30)' })
    await untilSubmitted(id)
    await world.advance(18_000)
    await untilJournaled(id, 1)
    expect((await getJob(id)).status).toBe('generating')
    await world.advance(30_000)
    await untilStatus(id, 'succeeded')
    await toldOnce(id)
  })

  it('is understood in an envelope', async () => {
    const id = await liveWith(provider, 'webhook=wrapped')
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks[0]?.completed_via).toBe('webhook')
  })

  it('that announces the end before the status shows it makes the job poll within seconds', async () => {
    const id = await liveWith(provider, 'webhook=announced, seconds=1')
    const job = await untilStatus(id, 'succeeded')
    expect(job.tasks[0]?.completed_via).toBe('webhook')
    await toldOnce(id)
  })
})

it('a job shows the progress that Runware reports', async () => {
  const { id } = await postJob({ prompt: 'A paper boat sim(webhook=progress-first, seconds=30)' })
  await untilSubmitted(id)
  await world.advance(16_000)
  const job = await untilJob(id, ({ progress }) => progress !== null)
  expect(job).toMatchObject({ status: 'generating', progress: 50 })
  await world.advance(30_000)
  await untilStatus(id, 'succeeded')
})

it('a job with several outputs gets one Runware webhook for each result', async () => {
  const id = await liveWith('runware', 'webhook=array', { count: 3 })
  const job = await untilStatus(id, 'succeeded')
  expect(job.outputs.map(({ n, status }) => ({ n, status }))).toEqual([
    { n: 0, status: 'stored' },
    { n: 1, status: 'stored' },
    { n: 2, status: 'stored' },
  ])
  expect(new Set(job.outputs.map(({ sha256 }) => sha256)).size).toBe(3)
  expect(billsFor(id)).toHaveLength(1)
  await toldOnce(id)
})

it('a job with several outputs submits one Crun task for each', async () => {
  const id = await liveWith('crun', 'seconds=2', { count: 3 })
  const job = await untilStatus(id, 'succeeded')
  expect(job.tasks).toHaveLength(3)
  expect(job.outputs).toHaveLength(3)
  expect(billsFor(id)).toHaveLength(3)
  await toldOnce(id)
})
