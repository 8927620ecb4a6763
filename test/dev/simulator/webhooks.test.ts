import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aCrunTask, aRunwareTask, aSimulator, type TestSimulator } from './a-simulator.ts'

/** Submits to Runware with a directive and advances the clock by fifteen minutes. */
async function runRunware(sim: TestSimulator, directive: string, overrides = {}) {
  const task = aRunwareTask({ positivePrompt: `a paper boat sim(${directive})`, ...overrides })
  await sim.runware(task)
  await sim.advance(900_000)
  return task
}

async function runCrun(sim: TestSimulator, directive: string) {
  await sim.crun('job/CreateTask', aCrunTask({ prompt: `a paper boat sim(${directive})` }))
  await sim.advance(900_000)
}

describe('a webhook of Runware', () => {
  it('is retried after 250 ms, then with doubled waits up to 8 s, eight times in total', async () => {
    const sim = aSimulator()
    sim.receiverStatuses.push(500, 'unreachable', 302, 404, 500, 500, 500, 500, 500)
    await runRunware(sim, 'seconds=0')
    const waits = sim.webhooks.slice(1).map(({ at }, index) => at - (sim.webhooks[index]?.at ?? 0))
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000])
  })

  it('is accepted with any 2xx', async () => {
    const sim = aSimulator()
    sim.receiverStatuses.push(500, 204)
    await runRunware(sim, 'seconds=0')
    expect(sim.webhooks).toHaveLength(2)
    const sent = sim.simulator.log().filter(({ what }) => what === 'webhook.sent')
    expect(sent.map(({ status }) => status)).toEqual([500, 204])
  })
})

describe('a webhook of Crun', () => {
  it('is not retried after a refusal', async () => {
    const sim = aSimulator()
    sim.receiverStatuses.push(500)
    await runCrun(sim, 'seconds=0')
    expect(sim.webhooks).toHaveLength(1)
  })
})

describe.each([
  ['Runware', runRunware],
  ['Crun', runCrun],
])('%s, by directive,', (_, run) => {
  it('sends no webhook', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=lost')
    expect(sim.webhooks).toHaveLength(0)
  })

  it('sends its webhook twice', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=doubled')
    expect(sim.webhooks).toHaveLength(2)
    expect(sim.webhooks[0]?.body).toEqual(sim.webhooks[1]?.body)
  })

  it('sends its webhook three times', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=tripled')
    expect(sim.webhooks).toHaveLength(3)
    expect(new Set(sim.webhooks.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it('sends progress after the end', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=reversed')
    expect(sim.webhooks).toHaveLength(2)
    expect(sim.webhooks[0]?.body).toMatchObject({ status: 'success' })
    expect(sim.webhooks[1]?.body).toMatchObject({ status: expect.stringMatching(/^(processing|running)$/) })
  })

  it('sends its webhook ten minutes after the end', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=late')
    const [task] = sim.simulator.tasks()
    expect(sim.webhooks.map(({ at }) => at - (task?.endsAt ?? 0))).toEqual([600_000])
  })

  it('sends progress before the end', async () => {
    const sim = aSimulator()
    await run(sim, 'webhook=progress-first')
    expect(sim.webhooks).toHaveLength(2)
    expect(sim.webhooks[0]?.body).toMatchObject({ status: expect.stringMatching(/^(processing|running)$/) })
    expect(sim.webhooks[1]?.body).toMatchObject({ status: 'success' })
  })
})

describe('Runware, with several results,', () => {
  it('sends the last result first, after all have ended', async () => {
    const sim = aSimulator()
    await runRunware(sim, 'webhook=reversed', { numberResults: 3 })
    const [task] = sim.simulator.tasks()
    const received = z
      .array(z.object({ videoUUID: z.string().optional() }))
      .parse(sim.webhooks.map(({ body }) => body))
    const made = task?.outputs.map(({ outputId }) => outputId) ?? []
    expect(received.map(({ videoUUID }) => videoUUID)).toEqual([...made.toReversed(), undefined])
    for (const { at } of sim.webhooks) expect(at).toBeGreaterThanOrEqual(task?.endsAt ?? Number.NaN)
  })

  it('sends no webhook for the last result', async () => {
    const sim = aSimulator()
    await runRunware(sim, 'webhook=last-lost', { numberResults: 3 })
    expect(sim.webhooks).toHaveLength(2)
  })
})

describe('webhook=early', () => {
  it('sends the webhooks of Runware, here doubled, before the response to the submit', async () => {
    const { runware, getStatus, webhooks } = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(webhook=early+doubled)', numberResults: 2 })
    await runware(task)
    expect(webhooks).toHaveLength(4)
    expect((await getStatus(task.taskUUID)).body.data).toHaveLength(2)
  })

  it('sends the webhook of Crun before the client has the task id', async () => {
    const { crun, webhooks } = aSimulator()
    const created = await crun('job/CreateTask', aCrunTask({ prompt: 'boat sim(webhook=early+wrapped)' }))
    const data = { task_id: created.body.data.task_id, status: 'success' }
    expect(webhooks).toMatchObject([{ body: { code: 200, message: 'success', data } }])
  })
})

describe('webhook=announced', () => {
  it('sends the end three seconds before the status shows it', async () => {
    const { runware, getStatus, crun, advance, webhooks } = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(webhook=announced)' })
    await runware(task)
    const created = await crun('job/CreateTask', aCrunTask({ prompt: 'boat sim(webhook=announced)' }))
    const statuses = async () => {
      const { data } = (await crun(`job/TaskInfo?task_id=${created.body.data.task_id}`)).body
      return [(await getStatus(task.taskUUID)).body.data[0].status, data.status]
    }
    await advance(13_999)
    expect(webhooks).toHaveLength(2)
    expect(await statuses()).toEqual(['processing', 'running'])
    await advance(1)
    expect(await statuses()).toEqual(['success', 'success'])
  })
})

describe('the shape of a webhook', () => {
  it.each([
    ['webhook=wrapped', { data: [{ status: 'success' }] }],
    ['webhook=array', [{ status: 'success' }]],
    ['webhook=wrapped, fail=provider', { errors: [{ status: 'error', code: 'providerError' }] }],
    ['webhook=array, fail=provider', [{ status: 'error', code: 'providerError' }]],
    ['fail=provider', { status: 'error', code: 'providerError' }],
  ])('with %s is %j', async (directive, body) => {
    const sim = aSimulator()
    await runRunware(sim, directive)
    expect(sim.webhooks).toMatchObject([{ body }])
  })
})
