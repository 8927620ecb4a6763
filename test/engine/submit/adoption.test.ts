/** A provider's task belongs to one task of one job, whatever names it. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { callbackPathOf, postWebhookTo } from '../../support/provider-webhooks.ts'
import {
  billsFor,
  getJob,
  passTimeUntil,
  postJob,
  sweep,
  untilJob,
  untilJournaled,
  untilStatus,
} from '../../support/reelhook.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const minutes = 60_000
const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

describe('a webhook that names the provider task of another job', () => {
  it('does not resolve an unknown submission', async () => {
    const { id: other } = await postJob({ provider: 'crun' })
    await untilStatus(other, 'generating')
    await world.advance(10_000)
    const { tasks } = await untilStatus(other, 'succeeded')
    const { id } = await postJob({
      provider: 'crun',
      prompt: 'A boat sim(submit=500-before)',
      deadline_seconds: 900,
    })
    await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    const said = { task_id: tasks[0]?.provider_task_id, status: 'success', result: { media_urls: [] } }
    await postWebhookTo(await callbackPathOf(id, 'crun'), JSON.stringify(said))
    await untilJournaled(id, 1)
    await world.advance(5 * minutes)
    await sweep()
    expect((await getJob(id)).tasks).toMatchObject([{ status: 'unknown', provider_task_id: null }])
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' }, outputs: [] })
    expect(billsFor(id)).toEqual([])
  })

  it('does not resolve it either if the response to the other submission was lost too', async () => {
    const lost = {
      provider: 'crun',
      prompt: 'A boat sim(submit=504-after, webhook=lost)',
      deadline_seconds: 900,
    }
    const [first, other] = [await postJob(lost), await postJob(lost)]
    for (const { id } of [first, other]) await untilJob(id, ({ tasks }) => tasks[0]?.status === 'unknown')
    const said = { task_id: billsFor(other.id)[0]?.taskId, status: 'success', result: { media_urls: [] } }
    await postWebhookTo(await callbackPathOf(first.id, 'crun'), JSON.stringify(said))
    await untilJournaled(first.id, 1)
    await world.advance(1 * minutes)
    await sweep()
    // The same webhook at the callback URL of the right job is accepted.
    await postWebhookTo(await callbackPathOf(other.id, 'crun'), JSON.stringify(said))
    await passTimeUntil(other.id, ({ status }) => status === 'succeeded')
    const job = await passTimeUntil(first.id, isSettled)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' }, outputs: [] })
  })
})

describe('two unknown submissions of equal requests, and one provider task', () => {
  it('resolve only one of the two', async () => {
    const { prompt } = { prompt: `A paper boat ${crypto.randomUUID()} sim(submit=504-after*1, seconds=60)` }
    const overrides = { provider: 'scenario', prompt, deadline_seconds: 600 }
    const first = await postJob(overrides)
    await untilJob(first.id, ({ tasks }) => tasks[0]?.status === 'unknown')
    world.respondNext('https://simulator.test/scenario/v1/generate', () => new Response('', { status: 504 }))
    const second = await postJob(overrides)
    await untilJob(second.id, ({ tasks }) => tasks[0]?.status === 'unknown')
    await passTimeUntil(first.id, isSettled)
    await passTimeUntil(second.id, isSettled)
    const jobs = [await getJob(first.id), await getJob(second.id)]
    const named = jobs.flatMap(({ tasks }) => tasks.flatMap((task) => task.provider_task_id ?? []))
    expect(named).toHaveLength(1)
    expect(jobs.map(({ status }) => status).sort()).toEqual(['failed', 'succeeded'])
  })

  it('abort the commit that would give the task to both, and leave the other unknown', async () => {
    const { id: other, bills } = await postMarked('submit=504-after*1, seconds=60', {
      provider: 'scenario',
      deadline_seconds: 600,
    })
    await untilJob(other, ({ tasks }) => tasks[0]?.status === 'unknown')
    const [bill] = bills()
    const { id } = await postMarked('seconds=60', { provider: 'crun' })
    await untilStatus(id, 'generating')
    // Between the check and the commit of the first job, another task gets the provider's id.
    world.respondNext('https://simulator.test/scenario/v1/jobs', async (request) => {
      const answer = await world.simulator.fetch(request)
      const answered = new Response(await answer.text(), answer)
      await env.DB.prepare("UPDATE tasks SET provider = 'scenario', provider_task_id = ? WHERE job_id = ?")
        .bind(bill?.taskId, id)
        .run()
      return answered
    })
    await world.advance(1 * minutes)
    await sweep()
    const job = await passTimeUntil(other, isSettled)
    expect(job).toMatchObject({ fault: { code: 'submit_unknown' }, tasks: [{ provider_task_id: null }] })
    expect(bills()).toHaveLength(1)
  })
})

describe('a provider whose log names the task of another job', () => {
  it('does not resolve the submission: the job ends at its deadline', async () => {
    const { id: other } = await postJob({ provider: 'aimlapi' })
    const { tasks } = await passTimeUntil(other, isSettled)
    const taken = tasks[0]?.provider_task_id
    let reference: string | null = null
    world.respondNext(`${simulatorUrl}/aimlapi/v2/video`, (request) => {
      reference = request.headers.get('x-client-request-id')
      return Response.json({ id: taken, status: 'queued' }, { status: 201 })
    })
    const answerLog = () => {
      const row = { client_request_id: reference, inference_id: taken }
      world.respondNext(`${simulatorUrl}/aimlapi/v2/logs`, () => {
        answerLog()
        return Response.json({ data: [row], pagination: { has_more: false } })
      })
    }
    answerLog()
    const { id } = await postJob({ provider: 'aimlapi', deadline_seconds: 600 })
    const job = await passTimeUntil(id, isSettled)
    expect(job).toMatchObject({
      status: 'failed',
      fault: { code: 'submit_unknown' },
      outputs: [],
      cost: null,
    })
  })
})
