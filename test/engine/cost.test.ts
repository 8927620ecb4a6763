/** The cost of a job at Cloudflare, which bills D1 rows and queue operations, and its round trips to D1. */
import { expect, it } from 'vitest'
import { apiRequest } from '../support/api-call.ts'
import { type Bill, createMeteredWorker, type MeteredWorker } from '../support/meter.ts'
import { untilSweepIs } from '../support/minutes.ts'
import { aRequest, billsFor, getJob } from '../support/reelhook.ts'
import { publicBaseUrl, world } from '../support/world.ts'

// A message is written, read and deleted.
const operationsPerMessage = 3

// An isolate asks once for the size of the database, and remembers endpoints and keys for five seconds.
it.each(['runware', 'crun'])('a job at %s that ends by webhook stays within its budget', async (provider) => {
  const worker = createMeteredWorker()
  await endByWebhook(worker, provider)
  const before = worker.bill()
  const id = await endByWebhook(worker, provider)

  expect(await getJob(id)).toMatchObject({ status: 'succeeded', tasks: [{ completed_via: 'webhook' }] })
  expect(world.caller.receivedFor(id)).toHaveLength(1)
  const { rowsWritten, roundTrips, operations } = spentSince(before, worker.bill())
  expect({ rowsWritten, roundTrips, operations }).toEqual({ rowsWritten: 22, roundTrips: 7, operations: 6 })
})

async function endByWebhook(worker: MeteredWorker, provider: string): Promise<string> {
  // The simulator's webhook would bypass the meter, so the test sends one itself.
  const id = await postTo(worker, provider, 'A paper boat sim(seconds=1, webhook=lost)')
  await worker.drain()
  await world.advance(2_000)
  const [bill] = billsFor(id)
  if (bill?.webhookUrl === undefined) throw new Error('the provider has no task')
  const said =
    provider === 'runware'
      ? { taskUUID: bill.taskId, status: 'success', videoUUID: 'v', videoURL: 'https://simulator.test/v.mp4' }
      : { task_id: bill.taskId, status: 'success', result: { media_urls: ['https://simulator.test/v.mp4'] } }
  await worker.fetch(new Request(bill.webhookUrl, { method: 'POST', body: JSON.stringify(said) }))
  await worker.drain()
  return id
}

// A sweep without work writes one row, the high-water mark. It reads few rows, and two for each job that has not ended;
// it runs once a minute. The first job of a
// test names a new host of videos, which is one row more.
// Each poll costs a claim and a commit (2 rows written), and a wake-up: one message, or the sweep.
it.each([
  ['runware', 'webhook', { questions: 1, rowsWritten: 26, rowsRead: 87, operations: 6 }],
  ['crun', 'webhook', { questions: 1, rowsWritten: 26, rowsRead: 87, operations: 6 }],
  ['fal', 'webhook', { questions: 1, rowsWritten: 26, rowsRead: 87, operations: 6 }],
  // Its two webhooks before the end are a message and a row each.
  ['byteplus', 'webhook', { questions: 1, rowsWritten: 28, rowsRead: 127, operations: 12 }],
  ['scenario', 'poll', { questions: 9, rowsWritten: 40, rowsRead: 155, operations: 30 }],
  ['aimlapi', 'poll', { questions: 9, rowsWritten: 40, rowsRead: 155, operations: 30 }],
] as const)(
  'a job of three minutes at %s, completed via %s, costs at most %j',
  async (provider, completedVia, budget) => {
    // The job may begin at any moment between two sweeps.
    for (const secondsSinceSweep of [0, 15, 30, 45]) {
      const { id, cost } = await makeForThreeMinutes(provider, secondsSinceSweep)
      expect(await getJob(id)).toMatchObject({
        status: 'succeeded',
        tasks: [{ completed_via: completedVia }],
      })
      for (const [name, most] of Object.entries(budget)) {
        expect(cost[name as keyof typeof budget], `${name}, ${secondsSinceSweep} s`).toBeLessThanOrEqual(most)
      }
    }
  },
)

it('a job whose video is uploaded costs one more message, which announces the upload', async () => {
  const worker = createMeteredWorker({ RUNWARE_UPLOADS: 'on' })
  for (const door of ['uploads', 'webhooks']) {
    world.respondNext(`${publicBaseUrl}/${door}`, (request) => worker.fetch(request))
  }
  const id = await postTo(worker, 'runware', 'A paper boat')
  await worker.drain()
  await world.advance(10_000)
  await worker.drain()

  expect(await getJob(id)).toMatchObject({ status: 'succeeded', tasks: [{ completed_via: 'upload' }] })
  expect(world.caller.receivedFor(id)).toHaveLength(1)
  const { rowsWritten, messages } = worker.bill()
  expect(rowsWritten).toBeLessThanOrEqual(24)
  expect(messages * operationsPerMessage).toBeLessThanOrEqual(9)
})

/** How many webhooks a task has. BytePlus posts one at each change of its status. */
const webhooks: Readonly<Record<string, number>> = { runware: 1, crun: 1, fal: 1, byteplus: 3 }

async function makeForThreeMinutes(provider: string, secondsSinceSweep: number) {
  const worker = createMeteredWorker()
  // No larger sweep follows within the job: it is not the cost of a job, and slots-cost.test.ts has it.
  await untilSweepIs('larger')
  await world.advance(60_000)
  // As in every minute: a job whose minute had none raises the high-water mark itself.
  await worker.sweep()
  await worker.passSeconds(secondsSinceSweep)
  const before = worker.bill()
  for (let n = 0; n < (webhooks[provider] ?? 0); n += 1)
    world.respondNext(`${publicBaseUrl}/webhooks`, (request) => worker.fetch(request))

  const id = await postTo(worker, provider, 'A paper boat sim(seconds=180)')
  await worker.drain()
  const isTold = () => world.caller.receivedFor(id).length > 0
  for (let seconds = 0; seconds < 300 && !isTold(); seconds++) await worker.passSeconds(1)

  const questions = world.logs.filter(
    ({ event, fields }) => event === 'task.polled' && fields.job_id === id,
  ).length
  return { id, cost: { questions, ...spentSince(before, worker.bill()) } }
}

function spentSince(before: Bill, after: Bill) {
  return {
    rowsWritten: after.rowsWritten - before.rowsWritten,
    rowsRead: after.rowsRead - before.rowsRead,
    roundTrips: after.roundTrips - before.roundTrips,
    operations: (after.messages - before.messages) * operationsPerMessage,
  }
}

async function postTo(worker: MeteredWorker, provider: string, prompt: string): Promise<string> {
  const accepted = await worker.fetch(
    apiRequest('POST', '/v1/jobs', aRequest({ provider, prompt }), {
      'idempotency-key': crypto.randomUUID(),
    }),
  )
  const { id } = await accepted.json<{ id: string }>()
  return id
}
