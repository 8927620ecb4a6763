import { describe, expect, it } from 'vitest'
import { type JobRows, viewJob } from '../../../src/core/job/view.ts'
import { jobViewSchema } from '../../../src/core/job/view-schema.ts'
import type { VideoMetadata } from '../../../src/core/video-metadata.ts'
import { aRequest } from '../request/a-request.ts'

const at = Date.UTC(2026, 0, 1)

type Overrides = { job?: Partial<JobRows['job']>; outputs?: JobRows['outputs']; tasks?: JobRows['tasks'] }

function someRows({ job, outputs = [], tasks = [] }: Overrides = {}): JobRows {
  return {
    job: {
      id: 'job_01kbk6v3x6f9ja8c6mphr3z4aw',
      status: 'generating',
      provider: 'runware',
      progress: null,
      request: aRequest(),
      warnings: [],
      fault: null,
      estimates: {},
      retryOf: null,
      traceparent: null,
      createdAt: at,
      deadlineAt: at + 1_800_000,
      settledAt: null,
      eraseAt: null,
      prunedAt: null,
      ...job,
    },
    outputs,
    tasks,
  }
}

function aTask(overrides: Partial<JobRows['tasks'][number]> = {}): JobRows['tasks'][number] {
  return {
    provider: 'runware',
    providerTaskId: 'task-1',
    wanted: 1,
    status: 'succeeded',
    unknownAt: null,
    completedVia: 'webhook',
    cost: null,
    submittedAt: at,
    endedAt: at + 60_000,
    fault: null,
    ...overrides,
  }
}

const noLinks = new Map()

describe('happy', () => {
  it.each([
    ['new', someRows({ job: { status: 'queued' } })],
    ['running', someRows({ job: { progress: 40 }, tasks: [aTask({ status: 'submitted', endedAt: null })] })],
    [
      'failed',
      someRows({
        job: { status: 'failed', fault: { code: 'moderated', message: 'Blocked.' }, settledAt: at },
        tasks: [aTask({ status: 'failed', fault: { code: 'moderated', message: 'Blocked.' } })],
        outputs: [{ n: 0, status: 'failed', fault: { code: 'moderated', message: 'Blocked.' } }],
      }),
    ],
  ])('shows a %s job as its schema describes', (_, rows) => {
    const view = viewJob(rows, noLinks)
    expect(jobViewSchema.parse(JSON.parse(JSON.stringify(view)))).toEqual(view)
  })

  it('shows times as ISO 8601 in UTC, and null for an event that has not happened', () => {
    expect(viewJob(someRows({ job: { settledAt: at + 5 } }), noLinks)).toMatchObject({
      created_at: '2026-01-01T00:00:00.000Z',
      deadline_at: '2026-01-01T00:30:00.000Z',
      settled_at: '2026-01-01T00:00:00.005Z',
    })
    expect(viewJob(someRows(), noLinks).settled_at).toBeNull()
  })

  it('links each stored output, and shows null fields for the others', () => {
    const sha256 = 'ab'.repeat(32)
    const metadata: VideoMetadata = {
      width: 1_280,
      height: 720,
      durationSeconds: 5.042,
      frameRate: 23.976,
      videoCodec: 'avc',
      audioCodec: null,
      hasAudio: false,
    }
    const outputs: JobRows['outputs'] = [
      { n: 0, status: 'waiting' },
      { n: 1, status: 'stored', contentType: 'video/mp4', bytes: 1_000, sha256, metadata },
    ]
    const url = 'https://reelhook.example.com/v1/jobs/x/outputs/1?signature=s'
    const view = viewJob(someRows({ outputs }), new Map([[1, { url, expiresAt: at + 1_000 }]]))
    expect(view.outputs).toEqual([
      {
        n: 0,
        status: 'waiting',
        url: null,
        url_expires_at: null,
        content_type: null,
        bytes: null,
        sha256: null,
        width: null,
        height: null,
        duration_seconds: null,
        frame_rate: null,
        video_codec: null,
        audio_codec: null,
        has_audio: null,
        unconfirmed: false,
        late: false,
        export: null,
        fault: null,
      },
      {
        n: 1,
        status: 'stored',
        url,
        url_expires_at: '2026-01-01T00:00:01.000Z',
        content_type: 'video/mp4',
        bytes: 1_000,
        sha256,
        width: 1_280,
        height: 720,
        duration_seconds: 5.042,
        frame_rate: 23.976,
        video_codec: 'avc',
        audio_codec: null,
        has_audio: false,
        unconfirmed: false,
        late: false,
        export: null,
        fault: null,
      },
    ])
  })

  it('adds up the costs of its tasks', () => {
    const tasks = [
      aTask({ cost: { amount_usd: 0.18, source: 'provider' } }),
      aTask({ cost: { amount_usd: 0.36, source: 'provider' } }),
    ]
    const view = viewJob(someRows({ tasks }), noLinks)
    expect(view.cost).toEqual({ amount_usd: 0.54, source: 'provider' })
    expect(view.tasks.map(({ cost }) => cost)).toEqual(tasks.map(({ cost }) => cost))
  })

  describe('shows as the cost of a job', () => {
    const estimates = { runware: { amount_usd: 0.36, source: 'price_table' as const } }
    const reported = { amount_usd: 0.2, source: 'provider' as const }
    const unreported = aTask({ status: 'submitted', endedAt: null })
    const costOf = (job: Overrides['job'], tasks: JobRows['tasks']) =>
      viewJob(someRows({ job: { estimates, ...job }, tasks }), noLinks).cost

    it.each([
      ['its estimate before a cost is reported', {}, [unreported], estimates.runware],
      [
        'its estimate while only a part is reported',
        { request: aRequest({ count: 2 }) },
        [aTask({ cost: reported }), unreported],
        estimates.runware,
      ],
      ['the reported cost once all of it is reported', {}, [aTask({ cost: reported })], reported],
      [
        'no partial sum once it is settled',
        { status: 'failed', settledAt: at, request: aRequest({ count: 2 }) },
        [aTask({ cost: reported }), unreported],
        null,
      ],
      [
        'zero if every submission was refused',
        { status: 'failed', settledAt: at },
        [aTask({ status: 'rejected' })],
        { amount_usd: 0, source: 'provider' },
      ],
      [
        'the price of an equal task for a task without a reported cost',
        { status: 'succeeded', settledAt: at, estimates: {}, request: aRequest({ count: 2 }) },
        [aTask({ cost: reported }), aTask()],
        { amount_usd: 0.4, source: 'provider_estimate' },
      ],
      [
        'a share of the estimate for a task without a reported cost',
        { status: 'succeeded', settledAt: at, request: aRequest({ count: 2 }) },
        [aTask({ cost: reported }), aTask()],
        { amount_usd: 0.38, source: 'price_table' },
      ],
      [
        'nothing while a replaced task may still be billed',
        {},
        [unreported, aTask({ status: 'unknown', endedAt: at, unknownAt: at })],
        null,
      ],
      [
        'nothing if the outcome of a task with a price is unknown',
        { status: 'failed', settledAt: at },
        [aTask({ status: 'failed', cost: reported, fault: { code: 'deadline_exceeded', message: 'Late.' } })],
        null,
      ],
      [
        'its estimate if it succeeded and no cost was reported',
        { status: 'succeeded', settledAt: at },
        [aTask()],
        estimates.runware,
      ],
      [
        'no estimate if its task failed',
        { status: 'failed', settledAt: at },
        [aTask({ status: 'failed' })],
        null,
      ],
      [
        'its estimate if the video was made but could not be stored',
        { status: 'failed', settledAt: at },
        [aTask()],
        estimates.runware,
      ],
      ['no estimate of another provider', { provider: 'crun' }, [], null],
      ['nothing if there is no estimate', { estimates: {} }, [], null],
    ] as const)('%s', (_, job, tasks, cost) => {
      expect(costOf(job, tasks)).toEqual(cost)
    })
  })

  it('shows metadata and warnings', () => {
    const job = {
      request: aRequest({ metadata: { order: '42' } }),
      warnings: [{ path: 'seed', message: 'is ignored' }],
    }
    expect(viewJob(someRows({ job }), noLinks)).toMatchObject({
      metadata: { order: '42' },
      warnings: job.warnings,
    })
  })
})

describe('hostile', () => {
  it('never shows the evidence of a fault of a job, a task or an output', () => {
    const fault = {
      code: 'unavailable' as const,
      message: 'Busy.',
      evidence: { message: 'provider internals' },
      retryAfterMs: 5_000,
    }
    const rows = someRows({
      job: { status: 'failed', fault },
      tasks: [aTask({ fault })],
      outputs: [{ n: 0, status: 'failed', fault }],
    })
    const view = viewJob(rows, noLinks)
    expect(JSON.stringify(view)).not.toContain('provider internals')
    const shown = {
      code: 'unavailable',
      message: 'Busy.',
      remedy: 'Try later, or allow another provider.',
      retryable: true,
    }
    expect([view.fault, view.tasks[0]?.fault, view.outputs[0]?.fault]).toEqual([shown, shown, shown])
  })
})
