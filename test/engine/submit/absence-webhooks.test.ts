/** Webhooks of BytePlus at the callback URL of a submission that its list may prove absent. */
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { callbackPathOf, postWebhookTo } from '../../support/provider-webhooks.ts'
import { billsFor, getJob, passTimeUntil, postJob, timelineOf, untilStatus } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { simulatorUrl, world } from '../../support/world.ts'

const seconds = 1_000
const tasksUrl = `${simulatorUrl}/byteplus/api/v3/contents/generations/tasks`
const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null

/** A list without an older task of ours proves nothing. */
async function olderTask(): Promise<string> {
  const { tasks } = await untilStatus((await postJob({ provider: 'byteplus' })).id, 'generating')
  await world.advance(1 * seconds)
  return tasks[0]?.provider_task_id ?? ''
}

/** Every list shows that task alone. */
function listOnly(id: string) {
  const created_at = Math.floor(world.edges.now() / seconds) - 3_600
  const task = { id, status: 'running', created_at, execution_expires_after: 7_204 }
  world.respondNext(`${tasksUrl}?`, () => {
    listOnly(id)
    return Response.json({ items: [task], total: 1 })
  })
}

/** A job whose submission counts as proven absent, and is about to be made again. */
async function postProvenAbsent(submit: string): Promise<string> {
  listOnly(await olderTask())
  const prompt = `A paper boat sim(submit=${submit}, webhook=lost)`
  const { id } = await postWithoutWakeUp({ provider: 'byteplus', prompt })
  const isDeferred = async () => (await getJob(id)).tasks[0]?.status === 'deferred'
  for (let passed = 0; passed < 600 && !(await isDeferred()); passed += 20) {
    await world.advance(20 * seconds)
    await advance(aContext(), id)
  }
  expect(await isDeferred()).toBe(true)
  return id
}

async function nameTask(id: string, taskId: string) {
  const body = JSON.stringify({ id: taskId, status: 'running' })
  expect((await postWebhookTo(await callbackPathOf(id, 'byteplus'), body)).status).toBe(200)
}

describe('a webhook of BytePlus at the callback URL of an unknown submission', () => {
  it('that arrives between the two looks keeps the task from being bought again', async () => {
    await olderTask()
    const prompt = 'A paper boat sim(submit=lost-after*1, webhook=late+last-lost, list=lagging)'
    const { id } = await postJob({ provider: 'byteplus', prompt })
    expect(await passTimeUntil(id, isSettled)).toMatchObject({ status: 'succeeded' })
    expect(billsFor(id)).toHaveLength(1)
  })

  it('that arrives after the proof, and before the next call, does so too', async () => {
    const id = await postProvenAbsent('lost-after*1')
    await nameTask(id, billsFor(id)[0]?.taskId ?? '')
    expect(await passTimeUntil(id, isSettled)).toMatchObject({ status: 'succeeded' })
    expect(billsFor(id)).toHaveLength(1)
    expect(await timelineOf(id)).toEqual(expect.arrayContaining(['task.deferred', 'task.submitted']))
  })

  it('and names the task of another submission then, is doubted once', async () => {
    const id = await postProvenAbsent('reset-before*1')
    const [bill] = world.simulator.tasks().filter(({ provider }) => provider === 'byteplus')
    await nameTask(id, bill?.taskId ?? '')
    expect(await passTimeUntil(id, isSettled)).toMatchObject({ status: 'succeeded' })
    expect(billsFor(id)).toHaveLength(1)
  })
})
