/** What a job costs at Cloudflare, which bills D1 rows and queue operations. */
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createMeteredWorker } from '../support/meter.ts'
import { aRequest, billsFor, getJob } from '../support/reelhook.ts'
import { publicBaseUrl, world } from '../support/world.ts'

// A message is written, read and deleted.
const operationsPerMessage = 3

it.each(['runware', 'crun'])('a job on the webhook path at %s stays within its budget', async (provider) => {
  const worker = createMeteredWorker()
  const accepted = await worker.fetch(
    new Request(`${publicBaseUrl}/v1/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${env.ADMIN_API_KEY}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      // The simulator's own webhook would go past the meter: ours takes its place.
      body: JSON.stringify(aRequest({ provider, prompt: 'A paper boat sim(webhook=lost)' })),
    }),
  )
  const { id } = await accepted.json<{ id: string }>()
  await worker.drain()
  await world.advance(10_000)

  const [bill] = billsFor(id)
  if (bill?.webhookUrl === undefined) throw new Error('the provider has no task')
  const said =
    provider === 'runware'
      ? { taskUUID: bill.taskId, status: 'success', videoUUID: 'v', videoURL: 'https://simulator.test/v.mp4' }
      : { task_id: bill.taskId, status: 'success', result: { media_urls: ['https://simulator.test/v.mp4'] } }
  await worker.fetch(new Request(bill.webhookUrl, { method: 'POST', body: JSON.stringify(said) }))
  await worker.drain()

  expect(await getJob(id)).toMatchObject({ status: 'succeeded', tasks: [{ won_by: 'webhook' }] })
  expect(world.caller.receivedFor(id)).toHaveLength(1)
  const { rowsWritten, messages } = worker.bill()
  expect(rowsWritten).toBeLessThanOrEqual(35)
  expect(messages * operationsPerMessage).toBeLessThanOrEqual(9)
})
