/** What the limits of the Free plan break, how the log names it, and that no job is lost by it. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createWorker } from '../../src/worker.ts'
import { onFreePlan, queriesExceeded, subrequestsExceeded } from '../support/platform/free-plan.ts'
import { billsFor, passTimeUntil } from '../support/reelhook.ts'
import { postWithoutWakeUp } from '../support/runtime.ts'
import { world } from '../support/world.ts'

it('a batch of twenty wake-ups is too much for the Free plan: the log names the limit, and no job is lost', async () => {
  const ids: string[] = []
  for (let n = 0; n < 20; n++) {
    ids.push((await postWithoutWakeUp({ prompt: 'A paper boat sim(webhook=lost)' })).id)
  }
  const { env: limited, fetch } = onFreePlan(env, world.edges.fetch)
  const worker = createWorker({ ...world.edges, fetch })
  const messages = ids.map((job, n) => ({ id: String(n), timestamp: new Date(), attempts: 1, body: { job } }))
  const batch = createMessageBatch('reelhook-jobs', messages)
  const execution = createExecutionContext()
  const logged = world.logs.length
  await worker.queue?.(batch, limited, execution)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, execution)
  expect(explicitAcks.length + retryMessages.length).toBe(ids.length)
  expect(retryMessages.length).toBeGreaterThan(0)

  const failures = world.logs.slice(logged).filter(({ event }) => event.endsWith('.failed'))
  expect(failures.length).toBeGreaterThanOrEqual(retryMessages.length)
  for (const { fields } of failures) {
    expect(JSON.stringify(fields.error)).toMatch(new RegExp(`${queriesExceeded}|${subrequestsExceeded}`))
  }
  for (const id of ids) {
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(billsFor(id)).toHaveLength(1)
  }
}, 120_000)
