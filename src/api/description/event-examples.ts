/** One example job and its events. The code of real ones makes them, so that they stay true. */
import { type EventFormat, type EventType, isAboutOutput, type JobEventType } from '../../core/event.ts'
import { erasureEventBody } from '../../core/event-body.ts'
import { bodyIn } from '../../core/event-formats/body.ts'
import type { OutputExport } from '../../core/export.ts'
import { fault } from '../../core/fault.ts'
import { type JobRows, type Link, viewJob } from '../../core/job/view.ts'
import type { JobView } from '../../core/job/view-schema.ts'
import { requestSchema } from '../../core/request/request.ts'

const acceptedAt = Date.UTC(2026, 10, 21, 3, 4, 10)
const generatingAt = acceptedAt + 800
const endedAt = acceptedAt + 97_000
const settledAt = endedAt + 2_000
const deadlineAt = acceptedAt + 1_800_000
const lateAt = deadlineAt + 300_000
const exportedAt = settledAt + 1_500
const erasedAt = settledAt + 30 * 24 * 60 * 60 * 1_000

export const exampleBaseUrl = 'https://reelhook.example.workers.dev'

/** The request of the example job. */
export const exampleJobRequest = {
  model: 'seedance-2.0-mini',
  prompt: '{{image:1}} drifts down a rainy gutter',
  reference_images: ['https://example.com/paper-boat.png'],
  aspect_ratio: '16:9',
  callback_url: 'https://example.com/hooks/video',
  callback_secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  callback_headers: { authorization: 'Bearer a-token-of-your-tool' },
  metadata: { order: '42' },
}

/** `given`: of a test event. */
export function exampleEvent(
  type: EventType,
  format: EventFormat = 'reelhook',
  given: { id: string; atMs: number } | null = null,
): { type?: string } {
  if (type === 'job.erased') {
    return JSON.parse(
      erasureEventBody(given?.atMs ?? erasedAt, {
        id: queued().id,
        reason: 'retention',
        erased_at: new Date(erasedAt).toISOString(),
        outputs: [{ n: stored.n, bytes: stored.bytes, sha256: stored.sha256 }],
        metadata: exampleJobRequest.metadata,
      }),
    )
  }
  const output = isAboutOutput(type) ? stored.n : undefined
  const { id, atMs: createdAt } = given ?? { id: 'evt_01m7y12e4tecwv3dvtedr424pe', atMs: timeOf(type) }
  return JSON.parse(bodyIn(format, { id, type, createdAt, output }, exampleJob(type)))
}

/** The job as it is when the event is created, or right after it was accepted. */
export function exampleJob(state: JobEventType | 'queued'): JobView {
  return viewJob(rowsIn(state), new Map([[0, exampleLink]]))
}

const linkLifetimeMs = 7 * 24 * 60 * 60 * 1_000

export const exampleLink: Link = {
  url: `${exampleBaseUrl}/v1/jobs/job_01m7y129hgecwv3drza7xse4qt/outputs/0/job_01m7y129hgecwv3drza7xse4qt-0.mp4?expires=${(settledAt + linkLifetimeMs) / 1_000}&signature=9mJt0qgLkQ3Xy2bH1cV7dN5sR8wZ4aE6uT0pK1oFjYI`,
  expiresAt: settledAt + linkLifetimeMs,
}

function timeOf(type: JobEventType): number {
  switch (type) {
    case 'job.generating':
      return generatingAt
    case 'output.stored':
    case 'job.succeeded':
      return settledAt
    case 'output.late':
      return lateAt
    case 'output.exported':
      return exportedAt
    case 'job.failed':
    case 'job.canceled':
      return endedAt
  }
}

function rowsIn(state: JobEventType | 'queued'): JobRows {
  const job = queued()
  switch (state) {
    case 'queued':
      return { job, tasks: [], outputs: [] }
    case 'job.generating':
      return { job: { ...job, status: 'generating' }, tasks: [running], outputs: [] }
    case 'output.stored':
      return { job: { ...job, status: 'storing' }, tasks: [done], outputs: [stored] }
    case 'output.late':
      return {
        job: { ...job, status: 'failed', fault: outOfTime, settledAt: deadlineAt },
        tasks: [{ ...done, endedAt: lateAt }],
        outputs: [{ ...stored, isLate: true }],
      }
    case 'job.succeeded':
      return {
        job: { ...job, status: 'succeeded', progress: 100, settledAt },
        tasks: [done],
        outputs: [stored],
      }
    case 'output.exported':
      return { ...rowsIn('job.succeeded'), outputs: [{ ...stored, export: exported }] }
    case 'job.failed':
      return {
        job: { ...job, status: 'failed', fault: blocked, settledAt: endedAt },
        tasks: [{ ...done, status: 'failed', cost: null, fault: blocked }],
        outputs: [],
      }
    case 'job.canceled':
      return {
        job: { ...job, status: 'canceled', settledAt: endedAt },
        tasks: [running],
        outputs: [],
      }
  }
}

function queued(): JobRows['job'] {
  const {
    callback_secret: _secret,
    callback_headers: _headers,
    ...request
  } = requestSchema.parse(exampleJobRequest)
  return {
    id: 'job_01m7y129hgecwv3drza7xse4qt',
    status: 'queued',
    provider: 'runware',
    progress: null,
    request,
    warnings: [],
    fault: null,
    estimates: { runware: { amount_usd: 0.405, source: 'price_table' } },
    retryOf: null,
    traceparent: null,
    createdAt: acceptedAt,
    deadlineAt,
    settledAt: null,
    eraseAt: null,
    prunedAt: null,
  }
}

const running: JobRows['tasks'][number] = {
  unknownAt: null,
  provider: 'runware',
  providerTaskId: '2f1b1d5e-8a3c-4d0e-9b7f-6c5a4b3d2e1f',
  wanted: 1,
  status: 'submitted',
  completedVia: null,
  cost: null,
  submittedAt: generatingAt,
  endedAt: null,
  fault: null,
}

const done: JobRows['tasks'][number] = {
  ...running,
  status: 'succeeded',
  completedVia: 'webhook',
  cost: { amount_usd: 0.405, source: 'provider' },
  endedAt,
}

const stored = {
  n: 0,
  status: 'stored',
  contentType: 'video/mp4',
  bytes: 2_713_911,
  sha256: '661954573d69e0e2b1c8b7a4f0d3c5e6978a1b2c3d4e5f60718293a4b5c6d7e8',
  metadata: {
    width: 1_280,
    height: 720,
    durationSeconds: 5.042,
    frameRate: 24,
    videoCodec: 'avc',
    audioCodec: 'aac',
    hasAudio: true,
  },
} satisfies JobRows['outputs'][number]

const exported: OutputExport = {
  status: 'exported',
  attempts: 1,
  error: null,
  url: 'https://s3.eu-central-1.amazonaws.com/shop-videos/job_01m7y129hgecwv3drza7xse4qt/0.mp4',
  key: 'job_01m7y129hgecwv3drza7xse4qt/0.mp4',
  exportedAt,
}

const blocked = fault('moderated', 'The provider refused the prompt: it may show a real person.')

const outOfTime = fault(
  'deadline_exceeded',
  'runware did not finish before the deadline: it was still rendering when last polled at 2026-11-21T03:34:10.000Z.',
)
