import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { sign, signingKey } from '../../src/core/crypto/derived-keys.ts'
import { ask, deadDatabase } from '../support/api-call.ts'
import {
  aJobWithoutWebhooks,
  callbackPathOf,
  postWebhook,
  postWebhookTo,
  untilWebhookResults,
} from '../support/provider-webhooks.ts'
import { api, rowsOf, timelineOf } from '../support/reelhook.ts'
import { deadQueue } from '../support/runtime.ts'
import { escaped, otherBits } from '../support/spellings.ts'
import { countRows } from '../support/storage.ts'
import { world } from '../support/world.ts'

const limit = 128 * 1024
const nothingWorks = { RESULTS: deadQueue, DB: deadDatabase }

let id: string
let otherId: string

beforeAll(async () => {
  id = await aJobWithoutWebhooks()
  otherId = await aJobWithoutWebhooks()
})

/** The true callback path with another token. */
async function doorWith(token: string): Promise<string> {
  return (await callbackPathOf(id)).replace(/[^/]+$/, token)
}

async function tokenOf(path: Promise<string>): Promise<string> {
  return (await path).split('/').at(-1) ?? ''
}

describe('a webhook', () => {
  it('gets the response 200 "ok"', async () => {
    const response = await postWebhook(id, '{}')
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
  })

  it('needs no API key and no content type', async () => {
    const body = new TextEncoder().encode('[]')
    const response = await api(await callbackPathOf(id), {
      method: 'POST',
      headers: { authorization: '' },
      body,
    })
    expect(response.status).toBe(200)
  })

  it('may be posted to the URL with a slash at its end, as some providers do', async () => {
    expect((await postWebhookTo(`${await callbackPathOf(id)}/`, '{"slash":1}')).status).toBe(200)
  })

  it('may have a body of 128 KiB', async () => {
    expect((await postWebhook(id, 'x'.repeat(limit))).status).toBe(200)
  })
})

describe('a webhook that is refused', () => {
  const forgeries: [string, () => Promise<string>][] = [
    ['no token', () => doorWith('')],
    ['a wrong token', () => doorWith('A'.repeat(43))],
    ["another job's token", async () => doorWith(await tokenOf(callbackPathOf(otherId)))],
    ["another provider's token", async () => doorWith(await tokenOf(callbackPathOf(id, 'crun')))],
    ['a token with an escaped letter', async () => escaped(await callbackPathOf(id))],
    ['a token with other unused bits at its end', async () => otherBits(await callbackPathOf(id))],
    ['two slashes at the end of its path', async () => `${await callbackPathOf(id)}//`],
    ['a token that is too short', async () => (await callbackPathOf(id)).slice(0, -1)],
    ['a token that is too long', async () => `${await callbackPathOf(id)}A`],
    ['a token in other letters', async () => doorWith((await tokenOf(callbackPathOf(id))).toUpperCase())],
    ['a token that is no base64', () => doorWith('%F0%9F%9B%B6')],
    ['a token with a NUL', async () => `${await callbackPathOf(id)}%00`],
    ['the signature of its video as the token', () => doorSignedFor('output links')],
    ['an unknown provider', async () => (await callbackPathOf(id)).replace('runware', 'sora')],
    ['an unknown provider and a token for it', () => doorOfNobody()],
  ]

  it.each(forgeries)('has %s: 404, and storage is neither read nor written', async (_, door) => {
    const before = await rowsOf(id)
    const journaled = await countRows('webhooks')
    const path = await door()
    const response = await postWebhookTo(path, '{"forged":true}')
    expect(response.status).toBe(404)
    expect(await rowsOf(id)).toEqual(before)
    expect(await countRows('webhooks')).toBe(journaled)
    // If storage or the queue were used, this would be a 503.
    expect((await ask(path, { method: 'POST', body: '{}' }, nothingWorks)).status).toBe(404)
  })

  it('declares too large a body: 413', async () => {
    const body = 'x'.repeat(limit + 1)
    const init = { method: 'POST', headers: { 'content-length': String(body.length) }, body }
    expect((await ask(await callbackPathOf(id), init, nothingWorks)).status).toBe(413)
  })

  it('has too large a body without a length: 413', async () => {
    const body = new Blob(['x'.repeat(limit + 1)]).stream()
    expect((await ask(await callbackPathOf(id), { method: 'POST', body }, nothingWorks)).status).toBe(413)
  })

  it('is not a POST: 404', async () => {
    const response = await api(await callbackPathOf(id), { headers: { authorization: '' } })
    expect(response.status).toBe(404)
  })
})

describe('a hostile webhook', () => {
  it('that announces an end does not end the job: the provider is polled, and shows no end', async () => {
    const silent = await aJobWithoutWebhooks()
    const [task] = world.simulator.tasks().filter(({ webhookUrl }) => webhookUrl?.includes(silent))
    const asked = () =>
      world.simulator.log().filter(({ what, taskId }) => what === 'status.polled' && taskId === task?.taskId)
    const before = asked().length
    const item = { taskType: 'videoInference', taskUUID: task?.taskId, status: 'success' }
    const lie = { data: [{ ...item, videoUUID: 'lie', videoURL: 'https://evil.test/boat.mp4', cost: 0 }] }
    expect((await postWebhook(silent, JSON.stringify(lie))).status).toBe(200)
    await untilWebhookResults(silent)
    await expect.poll(() => asked().length).toBeGreaterThan(before)
    expect(await timelineOf(silent)).toEqual(['job.accepted', 'task.submitted', 'webhook.received'])
    expect(JSON.stringify(await rowsOf(silent))).not.toContain('evil.test')
  })

  it('with a valid token for a job that does not exist gets a 200 and is dropped', async () => {
    const unknown = 'job_00000000000000000000000000'
    const response = await postWebhook(unknown, '{"taskUUID":"gone"}')
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(await untilWebhookResults(unknown)).toEqual(['unknown_job'])
    for (const table of ['webhooks', 'events']) {
      expect(await countRows(table, 'job_id = ?', unknown), table).toBe(0)
    }
  })
})

async function doorSignedFor(purpose: string): Promise<string> {
  return doorWith(await sign(await signingKey([env.SIGNING_SECRET], purpose), `runware/${id}`))
}

async function doorOfNobody(): Promise<string> {
  const token = await sign(await signingKey([env.SIGNING_SECRET], 'provider webhooks'), `sora/${id}`)
  return `/webhooks/sora/${id}/${token}`
}
