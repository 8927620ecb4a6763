/** `resubmit_unknown`: a caller prefers the risk of a second bill to a long wait. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { passTimeUntil, post, timelineOf, untilJob } from '../../support/reelhook.ts'
import { world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null
const allowed = { resubmit_unknown: true }

describe('a job with resubmit_unknown', () => {
  it('goes to the next provider after two minutes, and shows that both may be billed', async () => {
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

  it('is submitted again to the same provider if it allows no other, with the outputs numbered from 0', async () => {
    const { id, bills } = await postMarked('submit=500-before*1', { ...allowed, provider: 'crun', count: 2 })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', outputs: [{ n: 0 }, { n: 1 }], cost: null })
    expect(job.tasks).toHaveLength(3)
    expect(bills()).toHaveLength(2)
  })

  it('is submitted a second time only once, even if the second response is lost too', async () => {
    const { id, bills } = await postMarked('submit=504-after, webhook=lost', {
      ...allowed,
      provider: 'crun',
      deadline_seconds: 600,
    })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' }, cost: null })
    expect(bills()).toHaveLength(2)
  })

  it('is not submitted under a new reference if the provider makes one reference only once', async () => {
    const { id, bills } = await postMarked('submit=504-after*1, webhook=lost, poll=500*12', {
      ...allowed,
      provider: 'runware',
    })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ status: 'succeeded' }] })
    expect(bills()).toHaveLength(1)
  })

  it.each(['402', '400'])(
    'does not suggest paying again when the second submission is refused with %s',
    async (status) => {
      const { id } = await postMarked('submit=504-after*1, log=never', { ...allowed, provider: 'aimlapi' })
      await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
      const refuse = () => Response.json({ message: 'No.' }, { status: Number(status) })
      world.respondNext('https://simulator.test/aimlapi/v2/video', refuse)
      const { fault, cost } = await passTimeUntil(id, isSettled)
      expect(fault).toMatchObject({ code: 'submit_unknown', retryable: false })
      expect(fault?.message).toContain(`AI/ML API refused: ${status}`)
      expect(cost).toBeNull()
    },
  )

  it('shows on cancellation that the first submission may be billed', async () => {
    const { id } = await postMarked('submit=500-before*1, seconds=900', { ...allowed, provider: 'crun' })
    await passTimeUntil(id, ({ tasks }) => tasks.length === 2)
    await post(`/v1/jobs/${id}/cancel`, {})
    const { cancellation } = await untilJob(id, ({ status }) => status === 'canceled')
    expect(cancellation?.message).toContain('It is not known whether crun took the task')
  })

  it('keeps resubmit_unknown when it is retried', async () => {
    const { id } = await postMarked('submit=402', { ...allowed, provider: 'crun' })
    await passTimeUntil(id, isSettled)
    const retried = await (await post(`/v1/jobs/${id}/retry`, {})).json()
    expect(retried).toMatchObject({ request: { resubmit_unknown: true } })
  })
})
