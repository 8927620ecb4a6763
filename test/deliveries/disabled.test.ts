/** A receiver that accepts nothing for five days is disabled, until one API call enables it again. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { disableAfterMs, ownFailuresToDisable } from '../../src/core/schedule/deliveries.ts'
import { bearerHeader, createApiKey, postJobWith } from '../support/api-keys.ts'
import { deliveriesOf, notifyOfFailure } from '../support/deliveries.ts'
import { enableEndpoint, makeEndpoint, showEndpoint } from '../support/endpoints.ts'
import { aHost, down, type Host, ok } from '../support/hosts.ts'
import { expectProblem } from '../support/problem.ts'
import { api, sweep, timelineOf } from '../support/reelhook.ts'
import { countRows, select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const hours = 60 * 60 * 1_000
const prompt = 'A paper boat sim(submit=402)'
const uncalled = { callback_url: undefined, callback_secret: undefined }

let host: Host

beforeEach(async () => {
  for (const table of ['endpoints', 'deliveries', 'hosts', 'disabled_callbacks'])
    await select(`DELETE FROM ${table}`)
  host = aHost()
  host.answer(down)
})

/** Advances the clock in steps, with a sweep after each, so that the host is tried in between. */
async function passTime(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 6 * hours) {
    await world.advance(Math.min(6 * hours, ms - passed))
    await sweep()
    const owed = () => countRows('deliveries', 'lease IS NOT NULL OR due_at <= ?', world.edges.now())
    await vi.waitUntil(async () => (await owed()) === 0, { timeout: 60_000 })
  }
}

async function untilOver(jobId: string) {
  await vi.waitUntil(async () => (await deliveriesOf(jobId)).every(({ status }) => status !== 'pending'), {
    timeout: 60_000,
  })
  return deliveriesOf(jobId)
}

describe('an endpoint whose host was down for five days', () => {
  it('is disabled, as the log, the timeline and the endpoint show, and its parked deliveries fail', async () => {
    const endpoint = await makeEndpoint(host.url)
    const jobs = [await notifyOfFailure(uncalled)]
    await passTime(2 * 24 * hours)
    jobs.push(await notifyOfFailure(uncalled), await notifyOfFailure(uncalled))
    await passTime(2 * 24 * hours)
    expect(await showEndpoint(endpoint)).toMatchObject({ disabled: false })
    await passTime(1.5 * 24 * hours)

    expect(await showEndpoint(endpoint)).toMatchObject({ disabled: true, disabled_by: 'failure' })
    // Each fails when it would be due again.
    await passTime(1 * 24 * hours)
    const over = (await Promise.all(jobs.map(untilOver))).flat()
    expect(over.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
    expect(over.map(({ reason }) => reason)).toContain('disabled')
    const timelines = (await Promise.all(jobs.map(timelineOf))).flat()
    expect(timelines.filter((type) => type === 'endpoint.disabled')).toHaveLength(1)
    expect(timelines.filter((type) => type === 'delivery.failed')).toHaveLength(3)

    const later = await notifyOfFailure(uncalled)
    expect(await deliveriesOf(later)).toEqual([])
  })

  it('is enabled again by one call, and receives the events that follow', async () => {
    const endpoint = await makeEndpoint(host.url)
    await select("UPDATE endpoints SET disabled_at = 1, disabled_by = 'failure'")
    await select(
      "INSERT INTO hosts (host, owner_id, failures, failing_since, failed_at, consecutive_outages, failing_paths, due_at) VALUES (?, ?, 40, ?, ?, 40, '[]', ?)",
      host.name,
      endpoint.id,
      world.edges.now() - disableAfterMs,
      world.edges.now(),
      world.edges.now() + hours,
    )
    expect(await (await enableEndpoint(endpoint)).json()).toMatchObject({
      disabled: false,
      disabled_by: null,
    })
    // One more failure does not disable it for the failures before.
    await untilTried(await notifyOfFailure(uncalled))
    expect(await showEndpoint(endpoint)).toMatchObject({ disabled: false })
    host.answer(ok)
    expect(await untilOver(await notifyOfFailure(uncalled))).toMatchObject([{ status: 'delivered' }])
  })
})

async function untilTried(jobId: string): Promise<void> {
  await vi.waitUntil(async () => (await deliveriesOf(jobId)).every(({ attempts }) => attempts.length > 0), {
    timeout: 60_000,
  })
}

describe('an endpoint that refuses every delivery for five days', () => {
  it('is disabled, although its host is up', async () => {
    host.answer(() => new Response('who are you?', { status: 401 }))
    const endpoint = await makeEndpoint(host.url)
    await notifyOfFailure(uncalled)
    await passTime(3 * 24 * hours)
    await notifyOfFailure(uncalled)
    await passTime(2.5 * 24 * hours)
    expect(await showEndpoint(endpoint)).toMatchObject({ disabled: true, disabled_by: 'failure' })
  })

  it('is not disabled if it accepted one delivery in between', async () => {
    const endpoint = await makeEndpoint(host.url)
    await notifyOfFailure(uncalled)
    await passTime(3 * 24 * hours)
    host.answer(ok)
    await notifyOfFailure(uncalled)
    await passTime(12 * hours)
    host.answer(down)
    await notifyOfFailure(uncalled)
    await passTime(2 * 24 * hours)
    expect(await showEndpoint(endpoint)).toMatchObject({ disabled: false })
  })
})

describe('the callbacks of an API key', () => {
  /** The key's callbacks to this host have failed for this long. */
  async function failFor({ id }: { id: string }, ms: number): Promise<void> {
    await select(
      "INSERT INTO hosts (host, owner_id, failures, failing_since, failed_at, consecutive_outages, failing_paths) VALUES (?, ?, 40, ?, ?, 0, '[]')",
      host.name,
      id,
      world.edges.now() - ms,
      world.edges.now(),
    )
  }

  async function jobOf(apiKey: Awaited<ReturnType<typeof createApiKey>>, url = host.url): Promise<string> {
    const response = await postJobWith(apiKey, { prompt, callback_url: url })
    const { id } = await response.json<{ id: string }>()
    await vi.waitUntil(async () => (await timelineOf(id)).includes('job.failed'), { timeout: 60_000 })
    return id
  }

  const disabledOf = async (apiKey: { id: string; key: string }) =>
    (await api(`/v1/api-keys/${apiKey.id}/disabled-callbacks`, { headers: bearerHeader(apiKey) })).json<{
      data: { host: string }[]
    }>()

  /** Attempts the delivery of this job as often as a decision needs. */
  async function tryAgain(jobId: string): Promise<void> {
    for (let tries = 1; tries < ownFailuresToDisable; tries++) {
      await vi.waitUntil(async () => (await deliveriesOf(jobId))[0]?.attempt_count === tries, {
        timeout: 60_000,
      })
      await select('UPDATE deliveries SET due_at = ? WHERE job_id = ?', world.edges.now(), jobId)
      await sweep()
    }
  }

  it('to a host that accepted nothing for five days are disabled, for this key and host only', async () => {
    const [apiKey, other] = [await createApiKey(), await createApiKey('another')]
    await failFor(apiKey, disableAfterMs)
    const jobId = await jobOf(apiKey)
    await tryAgain(jobId)
    const [first] = await untilOver(jobId)
    expect(first).toMatchObject({ status: 'failed', reason: 'disabled', attempt_count: ownFailuresToDisable })
    expect(await timelineOf(jobId)).toEqual(expect.arrayContaining(['callbacks.disabled', 'delivery.failed']))
    expect(await disabledOf(apiKey)).toMatchObject({ data: [{ host: host.name }] })

    const [second] = await untilOver(await jobOf(apiKey))
    expect(second).toMatchObject({ status: 'failed', reason: 'disabled', attempt_count: 0, attempts: [] })
    expect(host.called.calls).toBe(ownFailuresToDisable)

    const elsewhere = aHost()
    elsewhere.answer(ok)
    expect(await untilOver(await jobOf(apiKey, elsewhere.url))).toMatchObject([{ status: 'delivered' }])
    host.answer(ok)
    expect(await untilOver(await jobOf(other))).toMatchObject([{ status: 'delivered' }])
  })

  it('are not disabled a minute earlier', async () => {
    const apiKey = await createApiKey()
    await failFor(apiKey, disableAfterMs - 60_000)
    await tryAgain(await jobOf(apiKey))
    expect(await disabledOf(apiKey)).toEqual({ data: [] })
  })

  it('are not disabled by one failure of a delivery, though others of the key have failed for long', async () => {
    const apiKey = await createApiKey()
    await failFor(apiKey, 2 * disableAfterMs)
    const jobId = await jobOf(apiKey)
    await untilTried(jobId)
    expect(await deliveriesOf(jobId)).toMatchObject([{ status: 'pending', attempt_count: 1 }])
    expect(await disabledOf(apiKey)).toEqual({ data: [] })
  })

  it('are enabled again by one call of the key itself', async () => {
    const apiKey = await createApiKey()
    await failFor(apiKey, disableAfterMs)
    const jobId = await jobOf(apiKey)
    await tryAgain(jobId)
    await untilOver(jobId)
    host.answer(ok)
    const enabled = await api(`/v1/api-keys/${apiKey.id}/enable-callbacks`, {
      method: 'POST',
      headers: bearerHeader(apiKey),
    })
    expect(await enabled.json()).toMatchObject({ data: [{ host: host.name }] })
    expect(await untilOver(await jobOf(apiKey))).toMatchObject([{ status: 'delivered' }])
    expect(await disabledOf(apiKey)).toEqual({ data: [] })
  })

  it('cannot be enabled by another key, but by the admin', async () => {
    const [apiKey, other] = [await createApiKey(), await createApiKey('another')]
    const path = `/v1/api-keys/${apiKey.id}/enable-callbacks`
    await expectProblem(await api(path, { method: 'POST', headers: bearerHeader(other) }), 403, 'forbidden')
    expect((await api(path, { method: 'POST' })).status).toBe(200)
  })
})
