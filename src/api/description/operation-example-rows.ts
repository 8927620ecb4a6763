/** Stored rows, and a timeline, for the examples of the description. */
import type { TestDelivery } from '../../deliveries/receiver-test/send.ts'
import type { Asset } from '../../store/assets.ts'
import type { Attempt } from '../../store/deliveries/commit.ts'
import type { Endpoint } from '../../store/deliveries/endpoints.ts'
import type { LoggedDelivery } from '../../store/deliveries/log.ts'
import type { Task } from '../../store/jobs/tasks.ts'
import type { TroubledLane } from '../../store/reports/troubled-lanes.ts'
import type { Counts } from '../system/stats-view.ts'

const createdAt = Date.UTC(2026, 10, 21, 3, 5, 49)

export const asset: Asset = {
  id: 'asset_01m7y0xk3v6f9ja8c6mphr3z4a',
  apiKeyId: 'key_01m7xzk3n6f9ja8c6mphr3z4aw',
  project: null,
  kind: 'image',
  contentType: 'image/png',
  bytes: 482_113,
  sha256: '3f0c1d9b7a58e6421c0d4b7f9e83a2650b1c6d7e8f90a1b2c3d4e5f60718293a',
  fileName: 'paper-boat.png',
  createdAt: Date.UTC(2026, 10, 21, 3, 2),
  jobId: null,
  key: null,
  lostAt: null,
  width: 1_280,
  height: 720,
  durationSeconds: null,
}

export const answeredTask: Pick<Task, 'provider' | 'providerTaskId' | 'answers'> = {
  provider: 'crun',
  providerTaskId: null,
  answers: {
    submission: {
      at: createdAt,
      httpStatus: 200,
      body: '{"code":402,"message":"Insufficient credits","data":null}',
      isTruncated: false,
    },
    status: null,
  },
}

export const endpoint: Endpoint = {
  id: 'ep_01m7xzm8q2e9bt8w2xk4c5d6fh',
  url: 'https://hooks.example.com/reelhook',
  host: 'hooks.example.com',
  path: '/reelhook',
  description: 'Order service',
  eventTypes: ['job.succeeded', 'job.failed'],
  format: 'reelhook',
  metadata: { tenant: '7' },
  secret: '',
  createdAt: Date.UTC(2026, 10, 20, 9, 40),
  disabledAt: null,
  disabledBy: null,
  project: null,
}

export const delivery: LoggedDelivery = {
  id: 'dlv_01m7y12e4tfxq9c3m8k5r7w2ze',
  jobId: 'job_01m7y129hgecwv3drza7xse4qt',
  endpointId: null,
  eventId: 'evt_01m7y12e4tecwv3dvtedr424pe',
  eventType: 'job.succeeded',
  format: 'reelhook',
  url: 'https://example.com/hooks/video',
  host: 'example.com',
  path: '/hooks/video',
  ownerId: 'key_01m7xzk3n6f9ja8c6mphr3z4aw',
  project: null,
  status: 'delivered',
  reason: null,
  attempts: 1,
  attemptsBefore: 0,
  createdAt,
  dueAt: null,
  lease: null,
  lastStartedAt: createdAt + 120,
  lastDurationMs: 184,
  lastStatus: 200,
  lastError: null,
  lastResponseHeaders: null,
  lastResponseBody: 'ok',
}

export const attempt: Attempt = {
  deliveryId: delivery.id,
  n: 1,
  startedAt: createdAt + 120,
  durationMs: 184,
  status: 200,
  error: null,
  responseHeaders: '{"content-type":"text/plain","server":"nginx"}',
  responseBody: 'ok',
}

export const lane: TroubledLane = {
  host: 'hooks.example.com',
  ownerId: endpoint.id,
  failures: 14,
  failingSince: Date.UTC(2026, 10, 21, 9, 12),
  failedAt: Date.UTC(2026, 10, 21, 11, 40),
  isDown: true,
  triedAt: Date.UTC(2026, 10, 21, 12, 0),
  waiting: 12,
}

export const disabledHost = {
  host: 'old.example.com',
  failingSince: Date.UTC(2026, 10, 15, 8),
  disabledAt: Date.UTC(2026, 10, 20, 8, 5),
}

export const testDeliveries = {
  valid: testDelivery('valid', 200, null),
  forged: testDelivery('forged', 401, 'the caller answered 401'),
  stale: testDelivery('stale', 401, 'the caller answered 401'),
  duplicate: testDelivery('duplicate', 200, null),
}

function testDelivery(name: TestDelivery['name'], status: number, error: string | null): TestDelivery {
  return { name, status, durationMs: 92, error, redirectHost: null, tls: 'established' }
}

export const counts: Counts = {
  stats: {
    sinceMs: Date.UTC(2026, 10, 20, 12),
    jobs: [
      { provider: 'runware', status: 'succeeded', count: 121 },
      { provider: 'runware', status: 'failed', count: 3 },
      { provider: 'crun', status: 'generating', count: 4 },
    ],
    finished: [{ provider: 'runware', model: 'seedance-2.0-mini', count: 121, p50: 96_400, p95: 171_250 }],
    tasks: [
      {
        provider: 'runware',
        completedViaWebhook: 122,
        completedViaPoll: 2,
        usd: 49.005,
        credits: null,
        unreported: 0,
      },
    ],
    webhookDelays: [
      { provider: 'runware', completedVia: 'webhook', count: 122, p50: 640, p95: 2_310 },
      { provider: 'runware', completedVia: 'poll', count: 1, p50: 48_000, p95: 48_000 },
    ],
    deadLetters: 0,
  },
  backlog: {
    jobs: { overdue: 0, oldestDueAt: null, leaseExpired: 0, beyondDeadline: 0, first: [] },
    deliveries: {
      pending: 1,
      parked: 0,
      retrying: 1,
      oldestCreatedAt: Date.UTC(2026, 10, 21, 11, 58),
      overdue: 0,
      oldestDueAt: null,
    },
    deadLetters: 0,
    lost: 0,
    purges: { waiting: 0, oldestAt: null },
  },
  slots: [{ provider: 'crun', taken: 4, waiting: 0 }],
  triedLast: [
    {
      provider: 'scenario',
      model: null,
      sinceMs: Date.UTC(2026, 10, 21, 11, 52),
      untilMs: Date.UTC(2026, 10, 21, 12, 3),
      fault: 'out_of_credit',
    },
  ],
  disabled: { endpoints: 0, callbacks: 0 },
  databaseBytes: [412_672_000],
  reconciliation: {
    finishedAt: Date.UTC(2026, 10, 21, 2, 14),
    objects: 5_210,
    rows: 5_209,
    removed: 1,
    lost: 0,
  },
}
