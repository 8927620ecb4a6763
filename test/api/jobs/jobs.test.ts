import { describe, expect, it } from 'vitest'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { aDataUri } from '../../support/assets.ts'
import { callbackSecret } from '../../support/caller.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, aRequest, getJob, post, postJob } from '../../support/reelhook.ts'
import { select } from '../../support/storage.ts'
import { failVideo, makeVideo } from '../../support/videos.ts'

describe('an accepted job', () => {
  it('returns 202 at once, with its location', async () => {
    const response = await post('/v1/jobs', aRequest())
    const job = await response.json<JobView>()
    expect(response.status).toBe(202)
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`)
    expect(response.headers.get('idempotent-replayed')).toBeNull()
    expect((await api(response.headers.get('location') ?? '')).status).toBe(200)
  })

  it('is queued and has no outputs yet', async () => {
    const job = await postJob({ metadata: { order: '42' } })
    expect(job).toMatchObject({
      id: expect.stringMatching(/^job_[0-9a-z]{26}$/),
      status: 'queued',
      model: 'seedance-2.0-mini',
      provider: 'runware',
      progress: null,
      warnings: [],
      outputs: [],
      tasks: [],
      fault: null,
      cost: { amount_usd: 0.18, source: 'price_table' },
      metadata: { order: '42' },
      settled_at: null,
    })
  })

  it('has the deadline of its request', async () => {
    const job = await postJob({ deadline_seconds: 90 })
    expect(Date.parse(job.deadline_at) - Date.parse(job.created_at)).toBe(90_000)
  })

  it('shows every default of its request', async () => {
    const { request } = await postJob()
    expect(request).toMatchObject({
      resolution: '480p',
      generate_audio: true,
      count: 1,
      reference_images: [],
      callback_events: ['job.succeeded', 'job.failed', 'job.canceled'],
      deadline_seconds: 1_800,
    })
  })

  it('has warnings about fields that the provider honours only in part', async () => {
    const job = await postJob({ first_frame: 'https://media.test/boat.png', aspect_ratio: '1:1' })
    expect(job.warnings).toEqual([{ path: 'aspect_ratio', message: expect.stringMatching(/not honored/) }])
  })

  it('shows its video, its cost and its end once it has succeeded', async () => {
    const job = await makeVideo()
    expect(job).toMatchObject({
      progress: 100,
      settled_at: expect.any(String),
      cost: { amount_usd: expect.any(Number), source: 'provider' },
      outputs: [{ n: 0, status: 'stored', content_type: 'video/mp4', url: expect.stringMatching(/^https:/) }],
      tasks: [{ provider: 'runware', status: 'succeeded', submitted_at: expect.any(String) }],
    })
  })

  it('shows why it failed and the remedy, without the evidence', async () => {
    const job = await failVideo()
    expect(job.fault).toEqual({
      code: 'generation_failed',
      message: expect.any(String),
      remedy: 'Change the prompt or the media, or post the job for another provider.',
      retryable: expect.any(Boolean),
    })
    expect(job.outputs).toEqual([])
  })
})

describe('an unknown job', () => {
  it.each(['job_00000000000000000000000000', 'nonsense', '%00', "' OR 1=1 --"])(
    'is not found under the id %s',
    async (id) => {
      await expectProblem(await api(`/v1/jobs/${encodeURIComponent(id)}`), 404, 'not_found')
    },
  )
})

describe('a job in the database', () => {
  it('has no callback secret in clear text, and neither has its view', async () => {
    const { id } = await postJob()
    const [row] = await select('SELECT * FROM jobs WHERE id = ?', id)
    expect(JSON.stringify(await getJob(id))).not.toContain(callbackSecret)
    expect(JSON.stringify(row)).not.toContain(callbackSecret)
    expect(JSON.stringify(row)).not.toContain(callbackSecret.replace('whsec_', ''))
  })

  it('does not contain embedded media', async () => {
    const job = await postJob({ first_frame: aDataUri('image/png', 150_000) })
    expect(job.request.first_frame).toMatch(/^asset_[0-9a-z]{26}$/)
    expect(JSON.stringify(await getJob(job.id)).length).toBeLessThan(3_000)
    const [row] = await select('SELECT * FROM jobs WHERE id = ?', job.id)
    expect(JSON.stringify(row).length).toBeLessThan(3_000)
  })
})
