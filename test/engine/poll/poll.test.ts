import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  sweep,
  untilJob,
  untilNotified,
  untilStatus,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const seconds = 1_000
const minutes = 60 * seconds

describe.each(['runware', 'crun'])('a task at %s', (provider) => {
  it.each([
    ['moderated', 'moderated'],
    ['provider', 'generation_failed'],
    ['timeout', 'provider_timeout'],
    ['canceled', 'provider_canceled'],
  ])('that fails (%s) fails the job with %s, and the caller is notified', async (fail, code) => {
    const { id } = await postJob({ provider, prompt: `A paper boat sim(fail=${fail})` })
    await untilSubmitted(id)
    await world.advance(10 * seconds)
    const job = await untilStatus(id, 'failed')
    expect(job.fault?.code).toBe(code)
    expect(job.outputs).toEqual([])
    const [notified] = await untilNotified(id)
    expect(JSON.parse(notified?.body ?? '')).toMatchObject({ type: 'job.failed', data: { fault: { code } } })
  })

  it.each(['500*2', '404*1', 'odd*2'])('is polled again after a bad status response (%s)', async (poll) => {
    const { id } = await postJob({ provider, prompt: `A paper boat sim(poll=${poll})` })
    await untilSubmitted(id)
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  })

  it('that ended in time succeeds, even if the provider does not respond right at the deadline', async () => {
    const { id } = await postJob({
      provider,
      prompt: 'A paper boat sim(webhook=lost, poll=500*2)',
      deadline_seconds: 60,
    })
    await untilSubmitted(id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect((await getJob(id)).status).toBe('succeeded')
  })

  it('that ended in time succeeds, even if it is polled late and the provider does not respond then', async () => {
    const { id } = await postJob({
      provider,
      prompt: 'A paper boat sim(webhook=lost, poll=500*2)',
      deadline_seconds: 60,
    })
    await untilSubmitted(id)
    await world.advance(20 * minutes)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect((await getJob(id)).status).toBe('succeeded')
  })

  it('that can never be polled fails soon after the deadline', async () => {
    const { id } = await postJob({
      provider,
      prompt: 'A paper boat sim(webhook=lost, poll=500)',
      deadline_seconds: 60,
    })
    await untilSubmitted(id)
    const job = await passTimeUntil(id, ({ status }) => status === 'failed')
    expect(job.fault?.code).toBe('deadline_exceeded')
    const lateMs = Date.parse(job.settled_at ?? '') - Date.parse(job.deadline_at)
    expect(lateMs).toBeLessThanOrEqual(6 * minutes)
    await untilNotified(id)
  })

  it('that never ends fails at the deadline, and the caller is notified', async () => {
    const { id } = await postJob({
      provider,
      prompt: 'A paper boat sim(seconds=7200)',
      deadline_seconds: 600,
    })
    await untilSubmitted(id)
    await world.advance(11 * minutes)
    await sweep()
    const job = await untilStatus(id, 'failed')
    expect(job.fault?.code).toBe('deadline_exceeded')
    await untilNotified(id)
  })
})

it('a job keeps and delivers its finished outputs when others failed', async () => {
  const { id } = await postJob({ prompt: 'A paper boat sim(fail=some)', count: 3 })
  await untilSubmitted(id)
  await world.advance(10 * seconds)
  const job = await untilStatus(id, 'failed')
  expect(job.fault).toMatchObject({
    code: 'partial_failure',
    message: '2 of 3 outputs were made and stored.',
  })
  expect(job.outputs.map(({ status }) => status)).toEqual(['stored', 'stored'])
  const [notified] = await untilNotified(id)
  expect(JSON.parse(notified?.body ?? '').data.outputs).toHaveLength(2)
})

it('the progress of a job does not count a provider that refused it', async () => {
  const { id } = await postJob({ prompt: 'A paper boat sim(webhook=progress-first, seconds=30)' })
  await untilSubmitted(id)
  await env.DB.prepare(
    `INSERT INTO tasks (job_id, n, provider, client_reference, wanted, status, attempts, intended_at, ended_at)
     VALUES (?1, 1, 'crun', 'r', 1, 'rejected', 1, ?2, ?2)`,
  )
    .bind(id, world.edges.now())
    .run()
  await world.advance(16 * seconds)
  const { progress } = await untilJob(id, (job) => job.progress !== null)
  expect(progress).toBe(50)
})

it('the progress of a job never falls', async () => {
  const { id } = await postJob({ prompt: 'A paper boat sim(webhook=progress-first, seconds=30)' })
  await untilSubmitted(id)
  await world.advance(16 * seconds)
  await untilJob(id, ({ progress }) => progress === 50)
  const now = world.edges.now()
  await env.DB.prepare('UPDATE jobs SET progress = 97, due_at = ?2 WHERE id = ?1').bind(id, now).run()
  await sweep()
  await vi.waitFor(
    async () => expect(await countRows('jobs', 'id = ? AND due_at > ?', id, now)).toBe(1),
    60_000,
  )
  expect((await untilStatus(id, 'generating')).progress).toBe(97)
})
