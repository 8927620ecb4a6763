/** Steps that throw, whatever the cause: the job ends, and its caller is notified. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { finalPollWindowMs, leaseMs, settleGraceMs } from '../../src/core/schedule/jobs.ts'
import { deliver } from '../../src/deliveries/deliver.ts'
import { advance } from '../../src/engine/advance.ts'
import { openDatabase } from '../../src/store/database.ts'
import { claimJob } from '../../src/store/jobs/claim.ts'
import { billsFor, getJob, passTimeUntil, untilNotified } from '../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../support/runtime.ts'
import { select } from '../support/storage.ts'
import worker from '../support/worker.ts'
import { world } from '../support/world.ts'

const minutes = 60_000

/** A context whose calls to such URLs throw where no fault is expected. */
function brokenAt(part: string) {
  const context = aContext()
  const fail = () => {
    throw new RangeError('Maximum call stack size exceeded')
  }
  const providers = new Proxy(context.providers, { get: fail })
  if (part === 'the provider') return { ...context, providers, providersWith: () => providers }
  return { ...context, bucket: new Proxy(context.bucket, { get: fail }) }
}

async function dueAtOf(id: string): Promise<number | null> {
  const [row] = await select<{ due_at: number | null }>('SELECT due_at FROM jobs WHERE id = ?', id)
  return row?.due_at ?? null
}

/** Advances the job each time it falls due, until it has ended. */
async function advanceUntilSettled(id: string, part: string): Promise<number> {
  const context = brokenAt(part)
  for (let steps = 1; steps < 500; steps += 1) {
    await advance(context, id)
    const dueAt = await dueAtOf(id)
    if (dueAt === null) return steps
    await world.advance(Math.max(0, dueAt - world.edges.now()))
  }
  throw new Error('the job never ends')
}

describe('a step that throws each time', () => {
  it('before anything is bought ends the job after its deadline, and the caller is notified', async () => {
    const { id } = await postWithoutWakeUp({ deadline_seconds: 600 })
    const steps = await advanceUntilSettled(id, 'the provider')
    const job = await getJob(id)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'internal_error', retryable: false } })
    expect(job.fault?.message).toContain('Nothing was bought.')
    expect(Date.parse(job.settled_at ?? '')).toBeLessThanOrEqual(
      Date.parse(job.deadline_at) + finalPollWindowMs + 5 * minutes,
    )
    // The waits grow: it is not tried again each second.
    expect(steps).toBeLessThan(60)
    expect(await untilNotified(id)).toHaveLength(1)
    expect(billsFor(id)).toHaveLength(0)
  })

  it('after a task was submitted ends the job, and says that it may be billed', async () => {
    const { id } = await postWithoutWakeUp({ deadline_seconds: 600, prompt: 'A boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await advanceUntilSettled(id, 'the provider')
    const job = await getJob(id)
    expect(job).toMatchObject({ status: 'failed', fault: { code: 'internal_error' } })
    expect(job.fault?.message).toContain('may be made and billed')
    expect(job.tasks).toMatchObject([{ status: 'failed', fault: { code: 'internal_error' } }])
    expect(await untilNotified(id)).toHaveLength(1)
    expect(billsFor(id)).toHaveLength(1)
  })

  it('during a submission ends the job as submit_unknown', async () => {
    const { id } = await postWithoutWakeUp({ deadline_seconds: 60 })
    await env.DB.prepare(
      `INSERT INTO tasks (job_id, n, provider, client_reference, wanted, status, attempts, intended_at, awaits_upload)
       VALUES (?, 0, 'runware', 'r', 1, 'intended', 1, ?, 0)`,
    )
      .bind(id, world.edges.now())
      .run()
    await advanceUntilSettled(id, 'the provider')
    expect(await getJob(id)).toMatchObject({ status: 'failed', fault: { code: 'submit_unknown' } })
    expect(await untilNotified(id)).toHaveLength(1)
  })

  it('while storing ends the job within the time for copying outputs', async () => {
    const { id } = await postWithoutWakeUp({ deadline_seconds: 600, prompt: 'A boat sim(webhook=lost)' })
    await advance(aContext(), id)
    await world.advance(5 * minutes)
    await advanceUntilSettled(id, 'the bucket')
    const job = await getJob(id)
    expect(job).toMatchObject({
      status: 'failed',
      outputs: [{ status: 'failed', fault: { code: 'internal_error' } }],
    })
    const lateMs = Date.parse(job.settled_at ?? '') - Date.parse(job.deadline_at)
    expect(lateMs).toBeLessThanOrEqual(settleGraceMs + 6 * minutes)
    expect(await untilNotified(id)).toHaveLength(1)
  })

  it('is retried until the cause has passed', async () => {
    const { id } = await postWithoutWakeUp()
    await advance(brokenAt('the provider'), id)
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  })

  it('is logged without the content of the request', async () => {
    const { id } = await postWithoutWakeUp({ prompt: 'A secret boat' })
    await advance(brokenAt('the provider'), id)
    const lines = world.logs.filter(({ event, fields }) => event === 'step.failed' && fields.job_id === id)
    expect(lines).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain('secret boat')
  })
})

it('a job whose steps crash each time ends too', async () => {
  const { id } = await postWithoutWakeUp({ deadline_seconds: 60 })
  const db = openDatabase(env.DB)
  for (let step = 0; step < 8; step += 1) {
    await claimJob(db, id, `dead ${step}`, world.edges.now())
    await world.advance(leaseMs)
  }
  await advance(aContext(), id)
  expect(await getJob(id)).toMatchObject({ status: 'failed', fault: { code: 'internal_error' } })
  expect(billsFor(id)).toHaveLength(0)
  expect(await untilNotified(id)).toHaveLength(1)
})

it('a job is retried, not given up, after an outage longer than its deadline', async () => {
  const { id } = await postWithoutWakeUp({ prompt: 'A boat sim(webhook=lost)' })
  await advance(aContext(), id)
  await world.advance(minutes)
  await claimJob(openDatabase(env.DB), id, 'the outage', world.edges.now())
  await world.advance(5 * 60 * minutes)
  await advance(aContext(), id)
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
})

it('a message that cannot be processed does not block the rest of its batch', async () => {
  const { id } = await postWithoutWakeUp()
  const batch = createMessageBatch('reelhook-jobs', [
    { id: 'bad', timestamp: new Date(), body: { nonsense: true }, attempts: 1 },
    { id: 'good', timestamp: new Date(), body: { job: id }, attempts: 1 },
  ])
  const context = createExecutionContext()
  await worker.queue?.(batch as never, env, context)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  expect(explicitAcks).toEqual(['good'])
  expect(retryMessages.map(({ msgId }) => msgId)).toEqual(['bad'])
  expect(billsFor(id)).toHaveLength(1)
})

it('a delivery whose secret is damaged fails its attempts until its schedule ends', async () => {
  const { id } = await postWithoutWakeUp()
  await env.DB.prepare("UPDATE jobs SET callback_secret = 'damaged' WHERE id = ?").bind(id).run()
  await passTimeUntil(id, ({ status }) => status === 'succeeded')
  const [row] = await select<{ id: string }>('SELECT id FROM deliveries WHERE job_id = ?', id)
  for (let attempt = 0; attempt < 12; attempt += 1) {
    await world.advance(30 * 60 * minutes)
    await deliver(aContext(), row?.id ?? '')
  }
  expect(await select('SELECT status, reason FROM deliveries WHERE job_id = ?', id)).toEqual([
    { status: 'failed', reason: 'exhausted' },
  ])
})
