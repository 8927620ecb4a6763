/** A canceled job releases its slot, and leaves the wait lists. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { everyProject } from '../../../src/core/access.ts'
import { advance } from '../../../src/engine/advance.ts'
import { cancel as cancelJob } from '../../../src/engine/settle/cancel.ts'
import { tryPause } from '../../support/hold-step.ts'
import {
  passTimeUntilAll,
  postMany,
  receiveWebhooks,
  statusesOf,
  waitingProviders,
} from '../../support/limited.ts'
import { createMeteredWorker, type MeteredWorker } from '../../support/meter.ts'
import { aContext } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import { publicBaseUrl } from '../../support/world.ts'

afterEach(async () => {
  expect(await countRows('jobs', 'settled_at IS NULL')).toBe(0)
  expect([await countRows('slots'), await countRows('waits')]).toEqual([0, 0])
})

describe('a cancellation', () => {
  const cancel = async (worker: MeteredWorker, id: string) => {
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}` }
    const url = `${publicBaseUrl}/v1/jobs/${id}/cancel`
    expect((await worker.fetch(new Request(url, { method: 'POST', headers }))).status).toBe(200)
    await worker.drain()
  }

  it('gives the slot of its job back at once, to the job that has waited longest', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    receiveWebhooks(worker)
    const [first = '', second = '', third = ''] = await postMany(worker, 3)
    await worker.drain()
    await cancel(worker, first)
    expect(await statusesOf([first, second, third])).toEqual(['canceled', 'generating', 'queued'])
    await passTimeUntilAll(worker, [second, third], 'succeeded')
  })

  it('of a job that waits leaves nothing in line: the next in turn is the one behind it', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    receiveWebhooks(worker)
    const [first = '', second = '', third = ''] = await postMany(worker, 3)
    await worker.drain()
    await cancel(worker, second)
    expect(await waitingProviders(second)).toEqual([])
    // Sooner than the next sweep.
    await worker.passSeconds(50)
    expect(await statusesOf([first, second, third])).toEqual(['succeeded', 'canceled', 'generating'])
    await passTimeUntilAll(worker, [third], 'succeeded')
  })

  it('that looked before its job stood in line looks again, and leaves nothing there', async () => {
    const worker = createMeteredWorker({ RUNWARE_MAX_CONCURRENT: '1' })
    receiveWebhooks(worker)
    const [first = '', second = ''] = await postMany(worker, 2)
    await advance(aContext({}, worker.bindings), first)
    const held = await tryPause(
      { commit: 2, when: 'before' },
      async (context) => {
        await cancelJob(context, second, everyProject)
      },
      { RUNWARE_MAX_CONCURRENT: '1' },
    )
    await advance(aContext({}, worker.bindings), second)
    expect(await waitingProviders(second)).toEqual(['runware'])
    await held?.resume()
    expect(await statusesOf([second])).toEqual(['canceled'])
    expect(await waitingProviders(second)).toEqual([])
    await passTimeUntilAll(worker, [first], 'succeeded')
  })
})
