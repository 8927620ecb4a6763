import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { createApiKey, postJobWith } from '../../support/api-keys.ts'
import { anAsset } from '../../support/assets.ts'
import { callbackSecret, isSignedWith } from '../../support/caller.ts'
import { canceled, retried, retry } from '../../support/job-calls.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import {
  api,
  aRequest,
  billsFor,
  getJob,
  post,
  postJob,
  timelineOf,
  untilNotified,
} from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { failVideo, finish, makeVideo } from '../../support/videos.ts'

const aKey = () => ({ 'idempotency-key': crypto.randomUUID() })

describe('a retry', () => {
  it('is a new job with the same request, and both jobs name each other', async () => {
    const old = await failVideo({ metadata: { order: '42' } })
    const response = await retry(old.id)
    expect(response.status).toBe(202)
    const job = await response.json<JobView>()
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
    expect(job).toMatchObject({ status: 'queued', retry_of: old.id, metadata: { order: '42' }, fault: null })
    expect(job.id).not.toBe(old.id)
    expect(job.request).toEqual(old.request)
    expect(old.retry_of).toBeNull()

    expect(await eventOf(job.id, 'job.accepted')).toMatchObject({ retry_of: old.id })
    expect(await eventOf(old.id, 'job.retried')).toEqual({ job_id: job.id })
    expect(await getJob(old.id)).toEqual(old)
  })

  it('of a canceled job runs, is billed and notifies its caller separately', async () => {
    const old = await postJob()
    await canceled(old.id)
    await untilNotified(old.id)
    const { id } = await retried(old.id)
    await finish(id)
    const [received] = await untilNotified(id)
    expect(JSON.parse(received?.body ?? '')).toMatchObject({
      type: 'job.succeeded',
      data: { retry_of: old.id },
    })
    expect(billsFor(id)).toHaveLength(1)
    expect(await untilNotified(old.id)).toHaveLength(1)
  })

  it('is signed with the secret of the original job', async () => {
    const old = await failVideo()
    const { id } = await retried(old.id)
    await finish(id)
    const [received] = await untilNotified(id)
    expect(received !== undefined && isSignedWith(callbackSecret, received)).toBe(true)
  })

  it('is signed with the same secret if another API key requests it', async () => {
    const apiKey = await createApiKey()
    const posted = await postJobWith(apiKey, { prompt: 'A paper boat sim(fail=provider)' })
    const old = await posted.json<JobView>()
    await finish(old.id)
    await untilNotified(old.id)
    const { id } = await retried(old.id)
    await finish(id)
    const [received] = await untilNotified(id)
    expect(received !== undefined && isSignedWith(apiKey.callback_secret, received)).toBe(true)
  })

  it('is one job for one Idempotency-Key, however often it is requested', async () => {
    const old = await failVideo()
    const key = aKey()
    const responses = await Promise.all(Array.from({ length: 4 }, () => retry(old.id, key)))
    expect(responses.map(({ status }) => status)).toEqual(Array(4).fill(202))
    const views = await Promise.all(responses.map((response) => response.json<JobView>()))
    expect(new Set(views.map(({ id }) => id)).size).toBe(1)
    expect(await countRows('jobs', 'retry_of = ?', old.id)).toBe(1)
    expect((await timelineOf(old.id)).filter((type) => type === 'job.retried')).toHaveLength(1)
  })

  it('returns the same job for its Idempotency-Key after the original job was erased', async () => {
    const old = await failVideo()
    const key = aKey()
    const { id } = await retried(old.id, key)
    await api(`/v1/jobs/${old.id}?force=true`, { method: 'DELETE' })
    const again = await retry(old.id, key)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await again.json()).toMatchObject({ id, retry_of: old.id })
  })

  it('can be retried too', async () => {
    const first = await failVideo()
    const second = await retried(first.id)
    await canceled(second.id)
    expect(await retried(second.id)).toMatchObject({ retry_of: second.id })
  })
})

describe('a retry is refused', () => {
  it('before the job has ended, and after it has succeeded', async () => {
    const { id } = await postJob()
    await expectProblem(await retry(id), 409, 'not_settled')
    const made = await makeVideo()
    await expectProblem(await retry(made.id), 409, 'already_settled')
    expect(await countRows('jobs', 'retry_of IN (?, ?)', id, made.id)).toBe(0)
  })

  it('for an unknown job', async () => {
    await expectProblem(await retry('job_00000000000000000000000000'), 404, 'not_found')
  })

  it('with an Idempotency-Key of a different request', async () => {
    const [one, other] = [await failVideo(), await failVideo()]
    const key = aKey()
    const { id } = await retried(one.id, key)
    const { detail } = await expectProblem(await retry(other.id, key), 409, 'idempotency_conflict')
    expect(detail).toMatch(new RegExp(`${id} .*, a retry of ${one.id}\\. Nothing was bought now`))
    const posted = aKey()
    await post('/v1/jobs', aRequest(), posted)
    await expectProblem(await retry(one.id, posted), 409, 'idempotency_conflict')
  })

  it('if the same request would be refused now', async () => {
    const old = await failVideo()
    const request = JSON.stringify({ ...old.request, first_frame: 'https://10.0.0.1/boat.png' })
    await env.DB.prepare('UPDATE jobs SET request = ? WHERE id = ?').bind(request, old.id).run()
    const problem = await expectProblem(await retry(old.id), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['first_frame'])
    const tooExpensive = JSON.stringify({ ...old.request, max_cost_usd: 0.001 })
    await env.DB.prepare('UPDATE jobs SET request = ? WHERE id = ?').bind(tooExpensive, old.id).run()
    await expectProblem(await retry(old.id), 422, 'no_provider')
    expect(await countRows('jobs', 'retry_of = ?', old.id)).toBe(0)
  })

  it.each(['not JSON', '{}', '{"model":"seedance-2.0-mini","metadata":[]}'])(
    'if its request is damaged in the database: %s',
    async (damaged) => {
      const old = await failVideo()
      await env.DB.prepare('UPDATE jobs SET request = ? WHERE id = ?').bind(damaged, old.id).run()
      const problem = await expectProblem(await retry(old.id), 422, 'invalid_request')
      expect(pathsOf(problem)).toEqual(['request'])
      expect(await countRows('jobs', 'retry_of = ?', old.id)).toBe(0)
    },
  )

  it('if an asset of its request was deleted', async () => {
    const { id: first_frame } = await anAsset()
    const old = await postJob({ first_frame })
    await canceled(old.id)
    expect((await api(`/v1/assets/${first_frame}`, { method: 'DELETE' })).status).toBe(204)
    const problem = await expectProblem(await retry(old.id), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['first_frame'])
    expect(await countRows('jobs', 'retry_of = ?', old.id)).toBe(0)
  })

  it('if the secret of the original job cannot be decrypted', async () => {
    const old = await failVideo()
    await env.DB.prepare("UPDATE jobs SET callback_secret = 'v1.AAAA.AAAA' WHERE id = ?").bind(old.id).run()
    const problem = await expectProblem(await retry(old.id), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['callback_secret'])
  })
})

async function eventOf(id: string, type: string): Promise<unknown> {
  const { data } = await (await api(`/v1/jobs/${id}/events`)).json<{
    data: { type: string; data: unknown }[]
  }>()
  const [event, ...others] = data.filter((event) => event.type === type)
  expect(others).toEqual([])
  return event?.data
}
