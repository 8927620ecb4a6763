/** Media embedded in a request: stored as assets of that job, and sent to its provider like other assets. */

import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { sellerNames } from '../../../src/core/request/choices.ts'
import { ask, deadDatabase } from '../../support/api-call.ts'
import { type AssetView, aDataUri, aFile } from '../../support/assets.ts'
import { canceled, erase, retried, retry } from '../../support/job-calls.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { api, aRequest, passTimeUntil, post, postJob, untilSubmitted } from '../../support/reelhook.ts'
import { leftOf, nothing } from '../../support/remains.ts'
import { passDays, untilDelivered } from '../../support/retention.ts'
import { countRows, objectKeys, select } from '../../support/storage.ts'
import { bytesOf, failVideo, sha256Of } from '../../support/videos.ts'
import { publicBaseUrl, world } from '../../support/world.ts'

const [png, jpeg] = [aDataUri('image/png'), aDataUri('image/jpeg')]

async function assetOf(id: string | undefined): Promise<AssetView> {
  return (await api(`/v1/assets/${id}`)).json()
}

/** The requests that the provider received for the prompt, as JSON. */
function sentFor(prompt: string): string {
  const tasks = world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes(prompt))
  return JSON.stringify(tasks.map(({ request }) => request))
}

describe('an embedded file', () => {
  it('is stored as an asset of the job, and the request has its id', async () => {
    const { id, request } = await postJob({ first_frame: png, last_frame: jpeg, retention_days: 7 })
    const [first, last] = [await assetOf(request.first_frame), await assetOf(request.last_frame)]
    expect(first).toEqual({
      id: request.first_frame,
      job_id: id,
      kind: 'image',
      content_type: 'image/png',
      bytes: 1_000,
      sha256: await sha256Of(aFile('image/png')),
      file_name: null,
      width: null,
      height: null,
      duration_seconds: null,
      created_at: expect.any(String),
    })
    expect(last).toMatchObject({ content_type: 'image/jpeg', job_id: id })
    const keys = [first.id, last.id].map((assetId) => `jobs/${id}/inputs/${assetId}`)
    expect(await objectKeys(`jobs/${id}/`)).toEqual(keys.sort())
    const content = await api(`/v1/assets/${first.id}/content`)
    expect(await sha256Of(await bytesOf(content.body))).toBe(first.sha256)
  })

  it('is stored once if the request has it several times', async () => {
    const { id, request } = await postJob({ reference_images: [png, jpeg, png] })
    const [one, other, again] = request.reference_images
    expect([again === one, other === one]).toEqual([true, false])
    expect(await countRows('assets', 'job_id = ?', id)).toBe(2)
  })

  it.each(['runware', 'crun', 'aimlapi'])('reaches %s as a signed link', async (provider) => {
    const prompt = `An embedded boat for ${provider}`
    const { id } = await postJob({ provider, prompt, reference_images: [png] })
    await untilSubmitted(id)
    const [link] = /https:\/\/reelhook\.test\/v1\/assets\/[^"]+/.exec(sentFor(prompt)) ?? []
    const opened = await world.edges.fetch(new Request(link ?? ''))
    expect(await sha256Of(await bytesOf(opened.body))).toBe(await sha256Of(aFile('image/png')))
    expect(sentFor(prompt)).not.toContain('data:')
  })

  it('reaches Scenario as an upload', async () => {
    const prompt = 'An embedded boat for Scenario'
    const { id } = await postJob({
      provider: 'scenario',
      prompt,
      reference_images: [png],
      reference_videos: [aDataUri('video/mp4')],
      reference_audios: [aDataUri('audio/mpeg')],
    })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job).toMatchObject({ status: 'succeeded', fault: null })
    const uploads = world.logs.filter(
      ({ event, fields }) => event === 'media.uploaded' && fields.job_id === id,
    )
    expect(uploads.map(({ fields }) => fields.path)).toEqual([
      'reference_images.0',
      'reference_videos.0',
      'reference_audios.0',
    ])
  })

  it('is erased with its job, and the files of other jobs are not', async () => {
    const { id } = await failVideo({ first_frame: png })
    const { id: other, request } = await failVideo({ first_frame: png })
    await Promise.all([untilDelivered(id), untilDelivered(other)])
    expect(await leftOf(id)).toMatchObject({ assets: 1, objects: 1 })
    expect((await erase(id)).status).toBe(204)
    expect(await leftOf(id)).toEqual(nothing)
    expect(await assetOf(request.first_frame)).toMatchObject({ job_id: other })
  })

  it('is erased with its job at the end of its retention', async () => {
    const { id } = await failVideo({ first_frame: png, retention_days: 1 })
    await untilDelivered(id)
    await passDays(1.1)
    expect(await leftOf(id)).toEqual(nothing)
  })

  it('stays when its job is canceled', async () => {
    const { id, request } = await postJob({ first_frame: png })
    await untilSubmitted(id)
    await world.advance(10_000)
    await canceled(id)
    expect((await api(`/v1/assets/${request.first_frame}/content`)).status).toBe(200)
  })

  it('costs two more rows written, and nothing for a job without one', async () => {
    const costOf = async (overrides: Record<string, unknown>) => {
      const worker = createMeteredWorker()
      const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
      const body = JSON.stringify(aRequest(overrides))
      const response = await worker.fetch(
        new Request(`${publicBaseUrl}/v1/jobs`, { method: 'POST', headers, body }),
      )
      expect(response.status).toBe(202)
      return worker.bill().rowsWritten
    }
    const without = await costOf({ first_frame: 'https://example.com/boat.png' })
    expect(await costOf({ first_frame: png })).toBe(without + 2)
  })
})

describe('a retry of a job with an embedded file', () => {
  it('has a separate copy of the file, which survives the first job', async () => {
    const { id, request } = await failVideo({ first_frame: aDataUri('image/png', 200_000) })
    await untilDelivered(id)
    const again = await retried(id)
    expect(again.request.first_frame).not.toBe(request.first_frame)
    expect((await erase(id, '?force=true')).status).toBe(204)
    const copy = await assetOf(again.request.first_frame)
    expect(copy).toMatchObject({
      job_id: again.id,
      sha256: await sha256Of(aFile('image/png', 200_000)),
    })
    const content = await api(`/v1/assets/${copy.id}/content`)
    expect(await sha256Of(await bytesOf(content.body))).toBe(copy.sha256)
  })

  it('is refused with the path of the file if it is no longer in the bucket', async () => {
    const { id } = await failVideo({ first_frame: png })
    await env.BUCKET.delete(await objectKeys(`jobs/${id}/`))
    const problem = await expectProblem(await retry(id), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['first_frame'])
  })
})

describe('an asset that belongs to a job', () => {
  it('cannot be used by another job, and cannot be deleted alone', async () => {
    const { request } = await postJob({ first_frame: png })
    const path = `/v1/assets/${request.first_frame}`
    const problem = await expectProblem(
      await post('/v1/jobs', aRequest({ first_frame: request.first_frame })),
      422,
      'invalid_request',
    )
    expect(pathsOf(problem)).toEqual(['first_frame'])
    await expectProblem(await api(path, { method: 'DELETE' }), 404, 'not_found')
    expect((await api(`${path}/content`)).status).toBe(200)
  })
})

describe('an invalid embedded file', () => {
  it('is refused with every fault at once: wrong content, wrong encoding, wrong kind', async () => {
    const before = await objectKeys()
    const problem = await expectProblem(
      await post(
        '/v1/jobs',
        aRequest({
          duration: 3,
          reference_images: [png, 'data:image/png;base64,AAAA'],
          reference_videos: [png, 'data:video/mp4;base64,not base64'],
        }),
      ),
      422,
      'invalid_request',
    )
    expect(problem.errors).toEqual([
      { path: 'reference_videos.1', message: expect.stringContaining('base64') },
      { path: 'duration', message: expect.any(String) },
      { path: 'reference_images.1', message: expect.stringContaining('none of the accepted types') },
    ])
    const other = await post('/v1/estimates', aRequest({ reference_videos: [png] }))
    expect((await expectProblem(other, 422, 'invalid_request')).errors).toEqual([
      { path: 'reference_videos.0', message: 'takes media of kind video, but this file is of kind image' },
    ])
    expect(await objectKeys()).toEqual(before)
  })

  it('leaves no object when another request with the same Idempotency-Key came first', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() }
    const body = aRequest({ first_frame: png })
    const responses = await Promise.all([1, 2, 3, 4].map(() => post('/v1/jobs', body, headers)))
    const jobs = await Promise.all(responses.map((response) => response.json<{ id: string }>()))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    const [asset] = await select<{ key: string }>('SELECT key FROM assets WHERE job_id = ?', jobs[0]?.id)
    const recent = (await objectKeys('jobs/')).filter((key) => key >= (asset?.key ?? ''))
    expect(recent).toEqual([asset?.key])
  })

  it('is deleted by the daily reconciliation when its row cannot be written', async () => {
    const before = await objectKeys()
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(aRequest({ first_frame: png })),
    }
    expect((await ask('/v1/jobs', init, { DB: databaseThatDies() })).status).toBe(503)
    expect(await objectKeys()).toHaveLength(before.length + 1)
    await passDays(2)
    expect(await objectKeys()).toEqual(before)
  })
})

/** It reports its size, and then fails. */
function databaseThatDies(): D1Database {
  let isAlive = true
  return {
    ...deadDatabase,
    prepare: (sql: string) => env.DB.prepare(sql),
    batch: async (statements: D1PreparedStatement[]) => {
      if (!isAlive) throw new Error('D1_ERROR: Network connection lost.')
      isAlive = false
      return env.DB.batch(statements)
    },
  } as unknown as D1Database
}

describe('an estimate with an embedded file', () => {
  it.each(sellerNames)('at %s is possible and stores nothing', async (provider) => {
    const before = await objectKeys()
    const response = await post('/v1/estimates', aRequest({ provider, reference_images: [png] }))
    const { data } = await response.json<{ data: { eligible: boolean; cost: unknown }[] }>()
    expect(data).toMatchObject([{ eligible: true, cost: expect.any(Object) }])
    expect(await objectKeys()).toEqual(before)
  })

  it('decides about a job with max_cost_usd', async () => {
    const tooExpensive = aRequest({ first_frame: png, max_cost_usd: 0.01 })
    await expectProblem(await post('/v1/jobs', tooExpensive), 422, 'no_provider')
    expect((await postJob({ first_frame: png, max_cost_usd: 1 })).provider).toBe('runware')
  })
})
