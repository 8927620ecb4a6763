/** A provider never bills more than the job requested, whatever responses are lost. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import {
  billsFor,
  getJob,
  passTimeUntil,
  timelineOf,
  untilJob,
  untilNotified,
} from '../../support/reelhook.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

describe('a submission that is accepted, and whose response is always lost', () => {
  it.each([
    ['aimlapi', 'submit=504-after, log=never'],
    ['aimlapi', 'submit=lost-after, log=never'],
    ['aimlapi', 'submit=garbage-after, log=late, seconds=3000'],
    ['scenario', 'submit=504-after, list=lagging, seconds=60'],
    ['crun', 'submit=504-after, webhook=lost'],
  ])('%s, %s: is bought once', async (provider, directives) => {
    const { id, bills } = await postMarked(directives, { provider, deadline_seconds: 600 })
    await passTimeUntil(id, isSettled)
    expect(bills()).toHaveLength(1)
    expect((await getJob(id)).tasks).toHaveLength(1)
  })

  it.each([
    ['aimlapi', 'submit=504-after, log=never'],
    ['crun', 'submit=504-after, webhook=lost'],
  ])('%s: the job says that it may have been billed', async (provider, directives) => {
    const { id } = await postMarked(directives, { provider, deadline_seconds: 600 })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'submit_unknown', retryable: false },
      tasks: [{ status: 'failed', fault: { code: 'submit_unknown' } }],
      cost: null,
    })
    await untilNotified(id)
  })

  it('is found in a request log that shows it only after a generation of 25 minutes', async () => {
    const { id, bills } = await postMarked('submit=504-after, log=late, seconds=1500', {
      provider: 'aimlapi',
      deadline_seconds: 7_200,
    })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', cost: { amount_usd: 0.06, source: 'provider' } })
    expect(bills()).toHaveLength(1)
  })

  it('is found in a job list that lags by minutes', async () => {
    const { id, bills } = await postMarked('submit=504-after, list=lagging', { provider: 'scenario' })
    expect((await passTimeUntil(id, isSettled)).status).toBe('succeeded')
    expect(bills()).toHaveLength(1)
  })
})

it('a 502 before the submission and a 504 after it buy at most one video', async () => {
  const { id, bills } = await postMarked('submit=504-after*1, log=late, seconds=150', {
    provider: 'aimlapi',
    deadline_seconds: 600,
  })
  world.respondNext(`${simulatorUrl}/aimlapi/v2/video`, () => new Response('', { status: 502 }))
  await passTimeUntil(id, isSettled)
  expect(bills().length).toBeLessThanOrEqual(1)
})

describe('a response of Runware that accepts and reads like a refusal', () => {
  it.each([
    ['408', null, 408],
    ['an error beside the acknowledgement', 'modelUnavailable', 200],
    ['an error beside the acknowledgement, under 402', 'insufficientCredits', 402],
  ])('(%s) causes no second submission to another provider', async (_, code, status) => {
    // Three refusals in a row would lead to the next provider; after the first, only questions follow.
    for (let call = 0; call < (code === null ? 3 : 1); call++) {
      world.respondNext(`${simulatorUrl}/runware`, async (request) => {
        const [{ taskType, taskUUID } = {}] = await request
          .clone()
          .json<{ taskType?: string; taskUUID?: string }[]>()
        const answer = await world.simulator.fetch(request)
        if (taskType !== 'videoInference') return answer
        const body = { data: [{ taskType, taskUUID }], errors: [{ code, message: 'No.', taskUUID }] }
        return code === null ? new Response('', { status }) : Response.json(body, { status })
      })
    }
    const { id, bills } = await postMarked('seconds=60', { provider: ['runware', 'crun'] })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'succeeded', tasks: [{ provider: 'runware' }] })
    expect(bills()).toHaveLength(1)
  })
})

describe('a submission that is repeated at Runware', () => {
  it.each(['500-before', 'reset-before'])(
    'ends as submit_unknown if every response is lost: %s',
    async (submit) => {
      const { id } = await postMarked(`submit=${submit}`, { deadline_seconds: 600 })
      const job = await passTimeUntil(id, isSettled)
      expect(job).toMatchObject({ fault: { code: 'submit_unknown' }, tasks: [{ status: 'failed' }] })
      expect(billsFor(id)).toEqual([])
    },
  )

  it.each(['402', '403', '429', '400'])(
    'stays unknown when a repeat is refused with %s: that proves nothing about the first call',
    async (refusal) => {
      const { id } = await postMarked('submit=reset-before*1', { deadline_seconds: 600 })
      // The first question finds nothing, and the repeat is refused.
      const refuse = () =>
        Response.json({ errors: [{ code: 'refused', message: 'No.' }] }, { status: Number(refusal) })
      await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
      let repeats = 0
      let isRefusing = true
      const answer = async (request: Request): Promise<Response> => {
        if (!isRefusing) return world.simulator.fetch(request)
        world.respondNext(`${simulatorUrl}/runware`, answer)
        const isSubmit = (await request.clone().text()).includes('videoInference')
        if (isSubmit) repeats += 1
        return isSubmit ? refuse() : world.simulator.fetch(request)
      }
      world.respondNext(`${simulatorUrl}/runware`, answer)
      const job = await passTimeUntil(id, isSettled)
      isRefusing = false
      expect(job).toMatchObject({ fault: { code: 'submit_unknown' }, tasks: [{ status: 'failed' }] })
      expect(repeats).toBeGreaterThan(1)
      expect(await timelineOf(id)).not.toContain('task.rejected')
    },
  )
})
