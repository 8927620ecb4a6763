/** One job, as each event of it is told: made by the code that makes real ones, so that no example grows old. */
import type { EventType, JobEventType } from '../../core/event.ts'
import { erasureEventBody, eventBody } from '../../core/event-body.ts'
import { fault } from '../../core/fault.ts'
import { type JobRows, viewJob } from '../../core/job-view.ts'
import { requestSchema } from '../../core/request/request.ts'

const acceptedAt = Date.UTC(2026, 10, 21, 3, 4, 10)
const generatingAt = acceptedAt + 800
const endedAt = acceptedAt + 97_000
const settledAt = endedAt + 2_000
const erasedAt = settledAt + 30 * 24 * 60 * 60 * 1_000

export function exampleOf(type: EventType): unknown {
  switch (type) {
    case 'job.generating':
      return told(type, generatingAt, {
        job: { ...job(), status: 'generating' },
        tasks: [running],
        outputs: [],
      })
    case 'output.stored':
      return told(
        type,
        settledAt,
        { job: { ...job(), status: 'storing' }, tasks: [done], outputs: [stored] },
        0,
      )
    case 'job.succeeded':
      return told(type, settledAt, {
        job: { ...job(), status: 'succeeded', progress: 100, settledAt },
        ...{ tasks: [done], outputs: [stored] },
      })
    case 'job.failed':
      return told(type, endedAt, {
        job: { ...job(), status: 'failed', fault: blocked, settledAt: endedAt },
        ...{ tasks: [{ ...done, status: 'failed', cost: null, fault: blocked }], outputs: [] },
      })
    case 'job.canceled':
      return told(type, endedAt, {
        job: { ...job(), status: 'canceled', settledAt: endedAt },
        ...{ tasks: [running], outputs: [] },
      })
    case 'job.erased':
      return JSON.parse(
        erasureEventBody(erasedAt, {
          ...{ id: job().id, reason: 'retention', erased_at: new Date(erasedAt).toISOString() },
          outputs: [{ n: stored.n, bytes: stored.bytes, sha256: stored.sha256 }],
          metadata: job().request.metadata,
        }),
      )
  }
}

function told(type: JobEventType, atMs: number, rows: JobRows, output?: number): unknown {
  const url = `https://reelhook.example.workers.dev/v1/jobs/${rows.job.id}/outputs/0`
  const query = `expires=${(settledAt + linkLifetimeMs) / 1_000}&signature=9mJt0qgLkQ3Xy2bH1cV7dN5sR8wZ4aE6uT0pK1oFjYI`
  const link = { url: `${url}?${query}`, expiresAt: settledAt + linkLifetimeMs }
  return JSON.parse(eventBody(type, atMs, viewJob(rows, new Map([[0, link]])), output))
}

const linkLifetimeMs = 7 * 24 * 60 * 60 * 1_000

function job(): JobRows['job'] {
  return {
    id: 'job_01m7y129hgecwv3drza7xse4qt',
    status: 'queued',
    provider: 'runware',
    progress: null,
    request: requestSchema.parse({
      model: 'seedance-2.0-mini',
      prompt: '{{image:1}} drifts down a rainy gutter',
      reference_images: ['https://example.com/paper-boat.png'],
      aspect_ratio: '16:9',
      callback_url: 'https://example.com/hooks/video',
      metadata: { order: '42' },
    }),
    warnings: [],
    fault: null,
    estimates: { runware: { amount_usd: 0.405, source: 'price_table' } },
    retryOf: null,
    createdAt: acceptedAt,
    deadlineAt: acceptedAt + 1_800_000,
    settledAt: null,
    eraseAt: null,
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
  status: 'stored' as const,
  contentType: 'video/mp4',
  bytes: 2_713_911,
  sha256: '661954573d69e0e2b1c8b7a4f0d3c5e6978a1b2c3d4e5f60718293a4b5c6d7e8',
  facts: {
    ...{ width: 1_280, height: 720, durationSeconds: 5.042, frameRate: 24 },
    ...{ videoCodec: 'avc', audioCodec: 'aac', hasAudio: true },
  },
} satisfies JobRows['outputs'][number]

const blocked = fault('moderated', 'The provider refused the prompt: it may show a real person.')
