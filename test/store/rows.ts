/** Rows for the tests of the SQL, written by the store's own functions. Time is a number that the test chooses. */

import { env } from 'cloudflare:workers'
import { defaultScopes } from '../../src/core/access.ts'
import { fault } from '../../src/core/fault.ts'
import { newId } from '../../src/core/id.ts'
import type { Limits } from '../../src/core/job/concurrency.ts'
import type { DueJob } from '../../src/core/job/job.ts'
import { storedRequestSchema } from '../../src/core/request/stored.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { ApiKey } from '../../src/store/deliveries/api-keys.ts'
import { draftDelivery, insertDelivery } from '../../src/store/deliveries/claim.ts'
import { type Claim, claimJob } from '../../src/store/jobs/claim.ts'
import { type AcceptedJob, insertJob } from '../../src/store/jobs/insert-job.ts'
import type { Job } from '../../src/store/jobs/jobs.ts'
import { newTask } from '../../src/store/jobs/new-task.ts'
import { type Changes, changes, type Step } from '../../src/store/jobs/step.ts'
import { readTask, type Task } from '../../src/store/jobs/tasks.ts'
import type { tasks } from '../../src/store/schema.ts'
import { select } from '../support/storage.ts'

export const db = openDatabase(env.DB)

/** The time at which every test begins. */
export const start = Date.UTC(2026, 0, 1)

export const noLimits: Limits = {
  runware: undefined,
  crun: undefined,
  simulator: undefined,
  scenario: undefined,
  aimlapi: undefined,
}

export function anAcceptedJob(overrides: Partial<AcceptedJob> = {}): AcceptedJob {
  return {
    id: newId('job'),
    request: storedRequestSchema.parse({
      model: 'seedance-2.0-mini',
      prompt: 'A paper boat drifts down a rainy gutter',
      metadata: {},
    }),
    providers: ['runware'],
    warnings: [],
    estimates: {},
    choice: {},
    apiKeyId: 'key_test',
    project: null,
    callbackSecret: null,
    callbackHeaders: null,
    reservedMicros: null,
    idempotencyKey: null,
    idempotencyHash: null,
    retryOf: null,
    traceparent: null,
    createdAt: start,
    ...overrides,
  }
}

/** A job that is due at `start`. */
export async function insertedJob(overrides: Partial<AcceptedJob> = {}): Promise<Job> {
  return insertJob(db, anAcceptedJob(overrides), [], 'all')
}

export async function claimed(id: string, nowMs = start): Promise<Claim> {
  const claim = await claimJob(db, id, crypto.randomUUID(), nowMs)
  if (claim === null) throw new Error(`${id} was not claimed`)
  return claim
}

export type TaskRow = typeof tasks.$inferSelect

/** A task that is consistent with its status: what the status needs has a value. */
export function aTask(jobId: string, overrides: Partial<TaskRow> = {}): Task {
  const given = newTask({
    jobId,
    n: 0,
    provider: 'runware',
    clientReference: crypto.randomUUID(),
    wanted: 1,
    intendedAt: start,
  })
  return readTask({
    ...given,
    attempts: 1,
    submittedAt: start,
    completedVia: 'poll',
    endedAt: overrides.status === 'succeeded' ? start : null,
    inputs: null,
    receivedVideo: null,
    cost: null,
    fault: null,
    pollFailure: null,
    answers: null,
    ...overrides,
  })
}

/** A step after which the job is still generating, and due again after the wait. */
export function waits(waitMs: number, written: Partial<Changes> = {}): Step {
  return { ...changes(written), status: 'generating', next: { waitMs } }
}

/** A step that found no free slot at Runware: the job waits for one. */
export function waitsForSlot(waitMs: number): Step {
  return { ...changes({ waitsFor: ['runware'] }), status: 'queued', next: { waitMs } }
}

/** A step that ends the job. */
export function fails(written: Partial<Changes> = {}): Step {
  const why = fault('internal_error', 'It failed.')
  return { ...changes(written), status: 'failed', fault: why, next: 'settled', settledAt: start }
}

/** Every test that calls it has a host of its own. */
export function aHostName(): string {
  return `${crypto.randomUUID()}.test`
}

interface DeliveryOwner {
  apiKeyId: string
  endpointId: string | null
  project: string | null
}

/** Deliveries to the URL, due at `start`, of a job of the key that has no other deliveries. */
export async function insertedDeliveries(
  count: number,
  url: string,
  { apiKeyId = 'key_test', endpointId = null, project = null }: Partial<DeliveryOwner> = {},
): Promise<string[]> {
  const { id: jobId } = await insertedJob({ apiKeyId })
  await select('UPDATE jobs SET due_at = NULL WHERE id = ?', jobId)
  const drafts = Array.from({ length: count }, (_, n) =>
    draftDelivery(jobId, {
      endpointId,
      url,
      project,
      eventId: `evt_${n}`,
      eventType: 'job.failed',
      format: 'reelhook',
      body: '{}',
    }),
  )
  for (const draft of drafts) await insertDelivery(db, jobId, draft, start)
  // Ids of one millisecond are in no order: tests speak of the oldest and the newest.
  return drafts.map(({ id }) => id).sort()
}

export async function jobRow(id: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await select('SELECT * FROM jobs WHERE id = ?', id)
  return row
}

export async function deliveryRow(id: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await select('SELECT * FROM deliveries WHERE id = ?', id)
  return row
}

export async function hostRow(host: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await select('SELECT * FROM hosts WHERE host = ?', host)
  return row
}

/** A queued job, as a wake-up names it. */
export function queued(id: string | undefined): DueJob {
  return { id: id ?? '', status: 'queued' }
}

export function anApiKey(overrides: Partial<ApiKey> = {}): ApiKey {
  return {
    id: newId('apiKey'),
    name: 'n8n',
    hash: crypto.randomUUID(),
    callbackSecret: 'sealed',
    retiredSecrets: '[]',
    createdAt: 1,
    revokedAt: null,
    project: null,
    scopes: [...defaultScopes],
    expiresAt: null,
    lastUsedAt: null,
    callbackUrl: null,
    requestsPerMinute: null,
    monthlyBudgetMicros: null,
    ...overrides,
  }
}
