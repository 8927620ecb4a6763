import { describe, expect, it } from 'vitest'
import { ask, deadDatabase } from '../support/api-call.ts'
import { aJobWithoutWebhooks, callbackPathOf, postWebhook } from '../support/provider-webhooks.ts'
import { sweep, timelineOf, untilJournaled, untilStatus } from '../support/reelhook.ts'
import { deadQueue } from '../support/runtime.ts'
import { countRows, select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const limit = 128 * 1024

async function ringWith(bindings: Record<string, unknown>, id: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return ask(await callbackPathOf(id), { method: 'POST', headers, body: '{"n":1}' }, bindings)
}

function eventsLogged(id: string): string[] {
  return world.logs.filter(({ fields }) => fields.job_id === id).map(({ event }) => event)
}

describe('a webhook that got a 200 response', () => {
  it('is journaled soon', async () => {
    const id = await aJobWithoutWebhooks()
    await postWebhook(id, '{"n":1}')
    await untilJournaled(id, 1)
    expect(await select('SELECT provider, body FROM webhooks WHERE job_id = ?', id)).toEqual([
      { provider: 'runware', body: '{"n":1}' },
    ])
  })

  it('did not wait for a stalled database', async () => {
    const { promise: never } = Promise.withResolvers<never>()
    const stalled = { prepare: () => ({ bind: () => ({}) }), batch: () => never }
    const id = await aJobWithoutWebhooks()
    const response = await ringWith({ DB: stalled }, id)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    await untilJournaled(id, 1)
  })

  it('is journaled at once when the queue is down', async () => {
    const id = await aJobWithoutWebhooks()
    const response = await ringWith({ RESULTS: deadQueue }, id)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(1)
    expect(await timelineOf(id)).toContain('webhook.received')
  })

  it('advances its job by the sweep when the queue was down', async () => {
    const id = await aJobWithoutWebhooks()
    await world.advance(10_000)
    await ringWith({ RESULTS: deadQueue }, id)
    await sweep()
    await untilStatus(id, 'succeeded')
  })
})

describe('a webhook that neither the queue nor the journal accepts', () => {
  it('is refused with 503 and Retry-After', async () => {
    const id = await aJobWithoutWebhooks()
    const response = await ringWith({ RESULTS: deadQueue, DB: deadDatabase }, id)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await countRows('webhooks', 'job_id = ?', id)).toBe(0)
  })

  it('logs the reason, and neither the token nor the body', async () => {
    const id = await aJobWithoutWebhooks()
    await ringWith({ RESULTS: deadQueue, DB: deadDatabase }, id)
    expect(eventsLogged(id)).toContain('webhook.rejected')
    const lines = world.logs.filter(({ fields }) => fields.job_id === id)
    const token = (await callbackPathOf(id)).split('/').at(-1) ?? ''
    expect(JSON.stringify(lines)).not.toContain(token)
    expect(JSON.stringify(lines)).not.toContain('{\\"n\\":1}')
  })
})

describe('a hostile body', () => {
  it.each([
    ['quotes', '"', limit],
    ['line feeds', '\n', limit],
    ['control characters', '\u0001', limit],
    ['backslashes', '\\', limit],
    ['emoji', '🛶', limit / 4],
    ['plain letters', 'x', limit],
  ])('of 128 KiB of %s, more than a queue message holds, is stored whole', async (_, character, count) => {
    const id = await aJobWithoutWebhooks()
    const body = character.repeat(count)
    const response = await postWebhook(id, body)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(eventsLogged(id)).toContain('webhook.not_queued')
    await untilJournaled(id, 1)
    const [row] = await select<{ body: string }>('SELECT body FROM webhooks WHERE job_id = ?', id)
    expect(row?.body === body).toBe(true)
  })
})
