/** `resubmit_unknown`: a caller who would rather risk a second bill than wait. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { passTimeUntil, post, timelineOf, untilJob } from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null
const allowed = { resubmit_unknown: true }

describe('a job that allows another submission', () => {
  it('takes the next provider after two minutes, and says that both may be billed', async () => {
    const { id, bills } = await postMarked('submit=504-after*1, log=never', {
      ...allowed,
      provider: ['aimlapi', 'crun'],
    })
    world.respondNext('https://simulator.test/crun', (request) => world.simulator.fetch(request))
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    await world.advance(100_000)
    expect(bills()).toHaveLength(1)
    const running = await passTimeUntil(id, ({ tasks }) => tasks.length === 2)
    expect(running).toMatchObject({ provider: 'crun', cost: null })
    const job = await passTimeUntil(id, isSettled)
    expect(job.tasks).toMatchObject([
      { provider: 'aimlapi', status: 'unknown', fault: { code: 'submit_unknown' } },
      { provider: 'crun' },
    ])
    expect(job.cost).toBeNull()
    expect(await timelineOf(id)).toContain('task.resubmitted')
    expect(bills().length).toBeLessThanOrEqual(2)
  })

  it('goes on where it is when no other provider is allowed, and numbers the outputs as ever', async () => {
    const { id, bills } = await postMarked('submit=500-before*1', { ...allowed, provider: 'crun', count: 2 })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ n: 0 }, { n: 1 }], cost: null })
    expect(job.tasks).toHaveLength(3)
    expect(bills()).toHaveLength(2)
  })

  it('waits when the second answer is lost too: once is all that was allowed', async () => {
    const { id, bills } = await postMarked('submit=504-after, webhook=lost', { ...allowed, provider: 'crun' })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' }, cost: null })
    expect(bills()).toHaveLength(2)
  })

  it('is not submitted under a new name where the provider makes the same name once', async () => {
    const { id, bills } = await postMarked('submit=504-after*1, webhook=lost, poll=500*12', {
      ...allowed,
      provider: 'runware',
    })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ status: 'succeeded' }] })
    expect(bills()).toHaveLength(1)
  })

  it.each(['402', '400'])('is not told to pay again when the second is refused: %s', async (status) => {
    const { id } = await postMarked('submit=504-after*1, log=never', { ...allowed, provider: 'aimlapi' })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    const refuse = () => Response.json({ message: 'No.' }, { status: Number(status) })
    world.respondNext('https://simulator.test/aimlapi/v2/video', refuse)
    const { fault, cost } = await passTimeUntil(id, isSettled)
    expect(fault).toMatchObject({ code: 'submit_unknown', retryable: false })
    expect(fault?.message).toContain(`AI/ML API refused: ${status}`)
    expect(cost).toBeNull()
  })

  it('tells on cancellation that the first may be billed', async () => {
    const { id } = await postMarked('submit=500-before*1, seconds=900', { ...allowed, provider: 'crun' })
    await passTimeUntil(id, ({ tasks }) => tasks.length === 2)
    await post(`/v1/jobs/${id}/cancel`, {})
    const { cancellation } = await untilJob(id, ({ status }) => status === 'canceled')
    expect(cancellation?.message).toContain('It is not known whether crun took the task')
  })

  it('may be retried, with the same permission', async () => {
    const { id } = await postMarked('submit=402', { ...allowed, provider: 'crun' })
    await passTimeUntil(id, isSettled)
    const retried = await (await post(`/v1/jobs/${id}/retry`, {})).json()
    expect(retried).toMatchObject({ request: { resubmit_unknown: true } })
  })
})
