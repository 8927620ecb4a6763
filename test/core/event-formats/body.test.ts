import { describe, expect, it } from 'vitest'
import { defaultEventTypes } from '../../../src/core/event.ts'
import { eventBody } from '../../../src/core/event-body.ts'
import { bodyIn } from '../../../src/core/event-formats/body.ts'
import { openrouterKey, openrouterVideo } from '../../../src/core/event-formats/openrouter.ts'
import { jobStatuses } from '../../../src/core/job/job.ts'
import type { JobView } from '../../../src/core/job/view-schema.ts'
import { aJobView, anOutputView } from '../../support/job-views.ts'

const createdAt = Date.UTC(2026, 10, 21, 3, 5, 49, 750)

const link = 'https://reelhook.test/v1/jobs/job_1/outputs/0?expires=1&signature=abc'

function bodyOf(format: 'openai' | 'openrouter', type: (typeof defaultEventTypes)[number], job: JobView) {
  return JSON.parse(bodyIn(format, { id: 'evt_1', type, createdAt }, job))
}

describe("Reelhook's own format", () => {
  it('is what it always was', () => {
    const job = aJobView()
    const event = { id: 'evt_1', type: 'job.succeeded', createdAt } as const
    expect(bodyIn('reelhook', event, job)).toBe(eventBody('job.succeeded', createdAt, job))
  })
})

describe('the format openai', () => {
  it.each([
    ['job.succeeded', 'video.completed'],
    ['job.failed', 'video.failed'],
    ['job.canceled', 'video.failed'],
  ] as const)('shows %s as %s, with the id of the event and of the job only', (type, name) => {
    const job = aJobView()
    expect(bodyOf('openai', type, job)).toEqual({
      id: 'evt_1',
      object: 'event',
      created_at: Math.floor(createdAt / 1_000),
      type: name,
      data: { id: job.id },
    })
  })
})

describe('the format openrouter', () => {
  it('shows a job that succeeded with its links and its cost', () => {
    const outputs = [anOutputView({ url: link }), anOutputView({ n: 1, url: null })]
    const cost = { amount_usd: 0.405, source: 'provider' } as const
    const job = aJobView({ status: 'succeeded', outputs, cost })
    expect(bodyOf('openrouter', 'job.succeeded', job)).toEqual({
      type: 'video.generation.completed',
      created_at: '2026-11-21T03:05:49.750Z',
      data: {
        id: job.id,
        generation_id: job.id,
        status: 'completed',
        model: job.model,
        unsigned_urls: [link],
        usage: { cost: 0.405, is_byok: false },
      },
    })
  })

  it('shows why a job failed, as a text of at most a thousand characters', () => {
    const fault = { code: 'moderated' as const, message: 'Blocked.', remedy: '', retryable: false }
    const job = aJobView({ status: 'failed', fault })
    const { type, data } = bodyOf('openrouter', 'job.failed', job)
    expect(type).toBe('video.generation.failed')
    const about = { id: job.id, generation_id: job.id, model: job.model }
    expect(data).toEqual({ ...about, status: 'failed', error: 'Blocked.' })
    const long = { ...job, fault: { ...fault, message: 'x'.repeat(5_000) } }
    expect(openrouterVideo(long).error).toBe(`${'x'.repeat(1_000)}…`)
  })

  it('shows a canceled job as cancelled, with an error', () => {
    const job = aJobView({ status: 'canceled' })
    expect(bodyOf('openrouter', 'job.canceled', job)).toMatchObject({
      type: 'video.generation.cancelled',
      data: { status: 'cancelled', error: 'The job was canceled.' },
    })
  })

  it('omits a cost that is known in credits only', () => {
    const job = aJobView({ cost: { credits: 12, source: 'provider' } })
    expect(openrouterVideo(job)).not.toHaveProperty('usage')
  })

  it('has a word for every status', () => {
    const words = jobStatuses.map((status) => openrouterVideo(aJobView({ status })).status)
    expect(words).toEqual(['pending', 'in_progress', 'in_progress', 'completed', 'failed', 'cancelled'])
  })

  it('has a key of the job and the status, which the type ends with', () => {
    const keys = defaultEventTypes.map((type) => openrouterKey('job_1', type))
    expect(keys).toEqual(['job_1-completed', 'job_1-failed', 'job_1-cancelled'])
  })
})

describe('a format that lacks an event', () => {
  it.each(['openai', 'openrouter'] as const)('%s writes no body for it', (format) => {
    const event = { id: 'evt_1', type: 'output.stored', createdAt } as const
    expect(() => bodyIn(format, event, aJobView())).toThrow(`the format ${format} has no output.stored`)
  })
})
