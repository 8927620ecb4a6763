/** Odd status responses about a task that is paid for, and the kinds of failures. */

import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { passTimeUntil, postJob, untilNotified, untilSubmitted } from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

function pollsOf(prompt: string): number {
  const ids = world.simulator
    .tasks()
    .filter(({ request }) => JSON.stringify(request).includes(prompt))
    .map(({ taskId }) => taskId)
  return world.simulator
    .log()
    .filter(({ what, taskId }) => what === 'status.polled' && ids.includes(taskId ?? '')).length
}

describe.each(sellerNames)('a task at %s', (provider) => {
  async function endOf(directive: string, more: Record<string, unknown> = {}) {
    const prompt = `Odd ${provider} ${directive}`
    const { id } = await postJob({ provider, prompt: `${prompt} sim(${directive})`, ...more })
    await untilSubmitted(id)
    return { job: await passTimeUntil(id, ({ settled_at }) => settled_at !== null), prompt }
  }

  it.each(['400', '401', '402', '403', '404', '408', '409', '422', '429', '455', '500', '502', '503'])(
    'is not given up because of one status response with HTTP status %s',
    async (status) => {
      const { job } = await endOf(`webhook=lost, poll=${status}*1`)
      expect(job).toMatchObject({ status: 'succeeded', tasks: [{ status: 'succeeded', fault: null }] })
    },
  )

  it.each(['failed', 'empty', 'odd'])('is not given up because of one status response (%s)', async (poll) => {
    const { job } = await endOf(`webhook=lost, poll=${poll}*1`)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ status: 'succeeded', fault: null }] })
  })

  it.each(['422', 'failed'])(
    'is not given up because of one status response (%s) right at the deadline',
    async (poll) => {
      const { job } = await endOf(`webhook=lost, poll=${poll}*1, seconds=20`, { deadline_seconds: 60 })
      expect(job.status).toBe('succeeded')
    },
  )

  it.each([
    ['provider', 'generation_failed', false],
    ['timeout', 'provider_timeout', true],
    ['canceled', 'provider_canceled', true],
    ['moderated', 'moderated', false],
  ])('that fails (%s) fails the job with %s, after another poll', async (fail, code, retryable) => {
    const { job, prompt } = await endOf(`webhook=lost, fail=${fail}, seconds=1`)
    expect(job).toMatchObject({ status: 'failed', fault: { code, retryable } })
    expect(pollsOf(prompt)).toBeGreaterThanOrEqual(2)
    const [notified] = await untilNotified(job.id)
    expect(JSON.parse(notified?.body ?? '')).toMatchObject({ type: 'job.failed', data: { fault: { code } } })
  })
})

describe('a result that is named twice', () => {
  it.each(['lost', 'doubled', 'array', 'wrapped'])(
    'does not end the task while another result is rendering (webhook=%s)',
    async (webhook) => {
      const prompt = `A paper boat sim(named=twice, apart=600, webhook=${webhook})`
      const { id } = await postJob({ count: 2, prompt })
      await untilSubmitted(id)
      const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
      expect(job).toMatchObject({ status: 'succeeded', outputs: [{ n: 0 }, { n: 1 }] })
      expect(new Set(job.outputs.map(({ sha256 }) => sha256)).size).toBe(2)
      const [bill] = world.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(id))
      expect(job.cost?.amount_usd).toBeCloseTo(bill?.billedUsd ?? 0)
    },
  )

  it.each(sellerNames)('is one output at %s, and is paid once', async (provider) => {
    const prompt = `Named twice at ${provider}`
    const { id } = await postJob({ provider, prompt: `${prompt} sim(named=twice)` })
    await untilSubmitted(id)
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ n: 0 }] })
    const [bill] = world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
    if (provider === 'runware') expect(job.cost?.amount_usd).toBeCloseTo(bill?.billedUsd ?? 0)
  })
})
