import { describe, expect, it } from 'vitest'
import {
  aJobWithoutWebhooks,
  callbackPathOf,
  postWebhook,
  postWebhookTo,
  untilWebhookResults,
} from '../support/provider-webhooks.ts'
import {
  getJob,
  postJob,
  rowsOf,
  timelineOf,
  untilJournaled,
  untilStatus,
  untilSubmitted,
} from '../support/reelhook.ts'
import { countRows, select } from '../support/storage.ts'
import { finish, makeVideo } from '../support/videos.ts'
import { world } from '../support/world.ts'

async function bodiesOf(id: string): Promise<string[]> {
  const rows = await select<{ body: string }>('SELECT body FROM webhooks WHERE job_id = ?', id)
  return rows.map(({ body }) => body)
}

describe('the journal of webhooks', () => {
  it('has each different body once', async () => {
    const id = await aJobWithoutWebhooks()
    await postWebhook(id, '{"n":1}')
    await postWebhook(id, '{"n":2}')
    await untilJournaled(id, 2)
    expect((await bodiesOf(id)).sort()).toEqual(['{"n":1}', '{"n":2}'])
  })

  it('and the timeline have a body once, even if it is posted twice', async () => {
    const id = await aJobWithoutWebhooks()
    const responses = [await postWebhook(id, '{"n":1}'), await postWebhook(id, '{"n":1}')]
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    expect((await untilWebhookResults(id, 2)).sort()).toEqual(['received', 'repeated'])
    expect(await bodiesOf(id)).toEqual(['{"n":1}'])
    expect((await timelineOf(id)).filter((type) => type === 'webhook.received')).toHaveLength(1)
  })

  it('has a body once, even if it is posted many times at the same time', async () => {
    const id = await aJobWithoutWebhooks()
    await Promise.all(Array.from({ length: 8 }, () => postWebhook(id, '{"n":1}')))
    const results = await untilWebhookResults(id, 8)
    expect(results.filter((result) => result === 'received')).toHaveLength(1)
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(1)
    expect((await timelineOf(id)).filter((type) => type === 'webhook.received')).toHaveLength(1)
  })

  it('has the same body for each of two jobs', async () => {
    const [one, two] = [await aJobWithoutWebhooks(), await aJobWithoutWebhooks()]
    await Promise.all([postWebhook(one, '{"n":1}'), postWebhook(two, '{"n":1}')])
    await Promise.all([untilJournaled(one, 1), untilJournaled(two, 1)])
  })
})

describe('a webhook with a useless body', () => {
  it.each([
    ['an empty body', ''],
    ['text that is not JSON', 'success!'],
    ['truncated JSON', '{"data":[{"taskUUID":'],
    ['null', 'null'],
    ['a list of nulls', '[null,null]'],
    ['an odd shape', '{"data":{"data":{"data":"success"}}}'],
    ['a NUL', '{"a":"\u0000"}\u0000end'],
    [
      "another job's task",
      '{"data":[{"taskUUID":"00000000-0000-4000-8000-000000000000","status":"success"}]}',
    ],
  ])('(%s) is journaled unchanged, and its job still succeeds', async (_, body) => {
    const id = await aJobWithoutWebhooks()
    expect((await postWebhook(id, body)).status).toBe(200)
    await untilJournaled(id, 1)
    expect(await bodiesOf(id)).toEqual([body])
    expect((await getJob(id)).status).toBe('generating')

    await world.advance(10_000)
    await postWebhook(id, `${body} again`)
    const job = await untilStatus(id, 'succeeded')
    expect(job.fault).toBeNull()
  })
})

describe('a webhook for a settled job', () => {
  it('is counted, and changes nothing else', async () => {
    const { id } = await makeVideo()
    const before = await rowsOf(id)
    expect((await postWebhook(id, '{"late":true}')).status).toBe(200)
    expect(await untilWebhookResults(id, 2)).toEqual(['received', 'late'])
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(1)
    expect(await rowsOf(id)).toEqual(before)
  })
})

describe('the token of a callback URL', () => {
  it('is not in the journal, although Crun repeats the callback URL', async () => {
    const { id } = await postJob({ provider: 'crun' })
    await untilSubmitted(id)
    await finish(id)
    await untilStatus(id, 'succeeded')
    const token = (await callbackPathOf(id, 'crun')).split('/').at(-1) ?? ''
    const [body = ''] = await bodiesOf(id)
    expect(body).toContain(`/webhooks/crun/${id}/`)
    expect(body).not.toContain(token)
    expect(JSON.stringify(await rowsOf(id))).not.toContain(token)
  })

  it('is not in the log', async () => {
    const id = await aJobWithoutWebhooks()
    const path = await callbackPathOf(id)
    const token = path.split('/').at(-1) ?? ''
    await postWebhookTo(path, JSON.stringify({ echoed: path, twice: token }))
    await untilWebhookResults(id)
    expect(JSON.stringify(await bodiesOf(id))).not.toContain(token)
    expect(JSON.stringify(world.logs)).not.toContain(token)
  })
})
