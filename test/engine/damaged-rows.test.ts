/** Rows damaged in the database: lists and sweeps still work, and the damaged job ends. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { advance } from '../../src/engine/advance.ts'
import { bearerHeader, createApiKey } from '../support/api-keys.ts'
import { notifyOfFailure } from '../support/deliveries.ts'
import { erase, retry } from '../support/job-calls.ts'
import {
  api,
  billsFor,
  getJob,
  passTimeUntil,
  post,
  postJob,
  rowsOf,
  untilNotified,
} from '../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { callerUrl, world } from '../support/world.ts'

const deep = `{"model":"seedance-2.0-mini","callback_url":"${callerUrl}/hook","provider_options":{"crun":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}}`

const damages: [column: string, what: string, value: string][] = [
  ['request', 'not JSON', 'not JSON'],
  ['request', 'empty', '{}'],
  ['request', 'of other types', '{"model":7,"metadata":[]}'],
  ['request', 'nested 20,000 levels deep', deep],
  ['providers', 'cut short', '{'],
  ['warnings', 'of other types', '[1]'],
  ['estimates', 'null', 'null'],
  ['fault', 'of another version', '{"code":"of another version"}'],
]

async function damage(table: string, column: string, value: string, id: string): Promise<void> {
  const key = table === 'jobs' || table === 'endpoints' || table === 'api_keys' ? 'id' : 'job_id'
  await env.DB.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${key} = ?`).bind(value, id).run()
}

const lists = ['/v1/jobs', '/v1/jobs?metadata[order]=42', '/v1/deliveries', '/v1/endpoints', '/v1/stats']

async function expectListsToAnswer(): Promise<void> {
  for (const path of lists) {
    const response = await api(path)
    expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200)
  }
}

describe.each(damages)('a job whose %s is %s', (column, _, value) => {
  it('is shown with a warning, and every list answers', async () => {
    const { id } = await postWithoutWakeUp({ metadata: { order: '42' } })
    await damage('jobs', column, value, id)
    await expectListsToAnswer()
    const job = await getJob(id)
    expect(job.warnings).toContainEqual({ path: column, message: expect.stringContaining('damaged') })
    expect((await api(`/v1/jobs/${id}/events`)).status).toBe(200)
    expect((await api(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200)
    expect((await erase(id, '?force=true')).status).toBe(204)
  })

  it('ends, and buys nothing if the request cannot be read', async () => {
    const isNeeded = column === 'request' || column === 'providers'
    const { id } = await postWithoutWakeUp({ deadline_seconds: isNeeded ? 60 : 1_800 })
    await damage('jobs', column, value, id)
    await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(billsFor(id)).toHaveLength(isNeeded ? 0 : 1)
    if (value === deep) expect(await untilNotified(id)).toHaveLength(1)
  })
})

it.each(['cost', 'fault', 'inputs', 'received_video'])(
  'the video of a task whose %s is damaged is still stored',
  async (column) => {
    const { id } = await postWithoutWakeUp({ prompt: 'A boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await damage('tasks', column, 'not JSON', id)
    await expectListsToAnswer()
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  },
)

it.each(['provider_task_id', 'submitted_at'])(
  'a submitted task without %s ends its job, which may be billed and buys nothing more',
  async (column) => {
    const { id } = await postWithoutWakeUp({ prompt: 'A boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await env.DB.prepare(`UPDATE tasks SET ${column} = NULL WHERE job_id = ?`).bind(id).run()
    await expectListsToAnswer()
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'internal_error' }, cost: null })
    expect(job.tasks).toMatchObject([{ status: 'failed', fault: { code: 'internal_error' } }])
    expect(billsFor(id)).toHaveLength(1)
    expect(await untilNotified(id)).toHaveLength(1)
  },
)

it('a settled job that is marked as due is not claimed', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A boat sim(submit=402)' })
  await advance(aContext(), id)
  await damage('jobs', 'due_at', '0', id)
  const before = await rowsOf(id)
  await advance(aContext(), id)
  expect(await rowsOf(id)).toEqual(before)
})

describe('a damaged endpoint', () => {
  let endpointId: string

  beforeAll(async () => {
    const body = { url: `${callerUrl}/all`, event_types: ['job.succeeded'], metadata: { tenant: '7' } }
    endpointId = (await (await post('/v1/endpoints', body)).json<{ id: string }>()).id
  })

  it.each([
    ['event_types', '{'],
    ['metadata', 'null'],
  ])('(%s) receives nothing, and jobs continue', async (column, value) => {
    await damage('endpoints', column, value, endpointId)
    await expectListsToAnswer()
    const { id } = await postJob()
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    const notified = await untilNotified(id)
    expect(notified.map(({ url }) => new URL(url).pathname)).toEqual(['/hook'])
  })
})

it('a damaged event is marked on the timeline', async () => {
  const id = await notifyOfFailure()
  expect((await retry(id)).status).toBe(202)
  await damage('events', 'data', '{', id)
  const response = await api(`/v1/jobs/${id}/events`)
  expect(await response.json()).toMatchObject({
    data: [
      { type: 'job.accepted' },
      { type: 'task.rejected' },
      { type: 'job.failed' },
      { type: 'job.retried', data: { damaged: true } },
    ],
  })
})

it('an API key whose retired secrets are damaged still signs with its current secret', async () => {
  const key = await createApiKey('damaged')
  await damage('api_keys', 'retired_secrets', '{', key.id)
  const response = await post(
    '/v1/jobs',
    { model: 'seedance-2.0-mini', prompt: 'A boat', provider: 'runware', callback_url: `${callerUrl}/hook` },
    bearerHeader(key),
  )
  const { id } = await response.json<{ id: string }>()
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  expect(await untilNotified(id)).toHaveLength(1)
  expect(world.logs.some(({ event }) => event === 'delivery.failed')).toBe(false)
})
