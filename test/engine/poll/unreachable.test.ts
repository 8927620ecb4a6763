/** A provider that cannot be polled, or that no longer seems to know the task. */
import { describe, expect, it } from 'vitest'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  sweep,
  untilJournaled,
  untilNotified,
  untilSubmitted,
} from '../../support/reelhook.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const minutes = 60_000

async function postWith(provider: string, directive: string, deadlineSeconds = 900) {
  const { id } = await postJob({
    provider,
    prompt: `A paper boat sim(${directive})`,
    deadline_seconds: deadlineSeconds,
  })
  await untilSubmitted(id)
  return id
}

describe.each(['runware', 'crun'])('a task at %s', (provider) => {
  it('is not given up because the provider does not know it for a moment', async () => {
    const id = await postWith(provider, 'webhook=lost, poll=404*3')
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(await getJob(id)).toMatchObject({ status: 'succeeded', tasks: [{ fault: null }] })
    expect(billsFor(id)).toHaveLength(1)
  })

  it('is given up when the provider still does not know it after a minute', async () => {
    const id = await postWith(provider, 'webhook=lost, poll=404')
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'task_lost' } })
    expect(job.fault?.remedy).toContain('may have been billed')
    await untilNotified(id)
  })

  it.each(['poll=404', 'poll=500'])(
    'ends as its webhook announces when it can no longer be polled (%s)',
    async (poll) => {
      const id = await postWith(provider, poll)
      await world.advance(10_000)
      await untilJournaled(id, 1)
      const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
      expect(job).toMatchObject({ status: 'succeeded', tasks: [{ completed_via: 'webhook' }] })
      expect(billsFor(id)).toHaveLength(1)
    },
  )
})

it('an old webhook is not accepted because of one bad status response', async () => {
  const id = await postWith('runware', 'webhook=lost, seconds=900', 1_800)
  const [bill] = billsFor(id)
  const lie = {
    taskUUID: bill?.taskId,
    status: 'success',
    videoUUID: 'lie',
    videoURL: 'https://liar.test/lie.mp4',
  }
  await world.edges.fetch(new Request(bill?.webhookUrl ?? '', { method: 'POST', body: JSON.stringify(lie) }))
  await untilJournaled(id, 1)
  for (let passed = 0; passed < 6; passed++) {
    await world.advance(1 * minutes)
    await sweep()
  }
  const badResponses = () =>
    world.logs.filter(({ event, fields }) => event === 'task.polled' && fields.job_id === id && fields.fault)
  world.respondNext(`${simulatorUrl}/runware`, () => new Response('', { status: 500 }))
  await passTimeUntil(id, () => badResponses().length > 0)
  const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
  expect(job.status).toBe('succeeded')
})
