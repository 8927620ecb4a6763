import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { aCrunTask, aRunwareTask, aSimulator, type Stand } from './a-simulator.ts'

/** Submits to Runware with a directive, and lets ten minutes pass. */
async function liveRunware(stand: Stand, directive: string, overrides = {}) {
  const task = aRunwareTask({ positivePrompt: `a paper boat sim(${directive})`, ...overrides })
  await stand.runware(task)
  await stand.advance(900_000)
  return task
}

async function liveCrun(stand: Stand, directive: string) {
  await stand.crun('job/CreateTask', aCrunTask({ prompt: `a paper boat sim(${directive})` }))
  await stand.advance(900_000)
}

describe('Runware rings again until it is heard', () => {
  it('waits a quarter of a second, then twice as long each time, 8 s at most, and gives up', async () => {
    const stand = aSimulator()
    stand.answers.push(500, 'unreachable', 302, 404, 500, 500, 500, 500, 500)
    await liveRunware(stand, 'seconds=0')
    const waits = stand.heard.slice(1).map(({ at }, index) => at - (stand.heard[index]?.at ?? 0))
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000])
  })

  it('is content with any 2xx', async () => {
    const stand = aSimulator()
    stand.answers.push(500, 204)
    await liveRunware(stand, 'seconds=0')
    expect(stand.heard).toHaveLength(2)
    const sent = stand.simulator.log().filter(({ what }) => what === 'webhook.sent')
    expect(sent.map(({ status }) => status)).toEqual([500, 204])
  })
})

describe('Crun rings once', () => {
  it('does not come back after a refusal', async () => {
    const stand = aSimulator()
    stand.answers.push(500)
    await liveCrun(stand, 'seconds=0')
    expect(stand.heard).toHaveLength(1)
  })
})

describe.each([
  ['Runware', liveRunware],
  ['Crun', liveCrun],
])('%s, on request,', (_, live) => {
  it('loses its webhook', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=lost')
    expect(stand.heard).toHaveLength(0)
  })

  it('rings twice', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=doubled')
    expect(stand.heard).toHaveLength(2)
    expect(stand.heard[0]?.body).toEqual(stand.heard[1]?.body)
  })

  it('rings three times', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=tripled')
    expect(stand.heard).toHaveLength(3)
    expect(new Set(stand.heard.map(({ body }) => JSON.stringify(body))).size).toBe(1)
  })

  it('tells of progress only after it has told of the end', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=reversed')
    expect(stand.heard).toHaveLength(2)
    expect(stand.heard[0]?.body).toMatchObject({ status: 'success' })
    expect(stand.heard[1]?.body).toMatchObject({ status: expect.stringMatching(/^(processing|running)$/) })
  })

  it('rings ten minutes after the end', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=late')
    const [task] = stand.simulator.tasks()
    expect(stand.heard.map(({ at }) => at - (task?.endsAt ?? 0))).toEqual([600_000])
  })

  it('tells of progress before it tells of the end', async () => {
    const stand = aSimulator()
    await live(stand, 'webhook=progress-first')
    expect(stand.heard).toHaveLength(2)
    expect(stand.heard[0]?.body).toMatchObject({ status: expect.stringMatching(/^(processing|running)$/) })
    expect(stand.heard[1]?.body).toMatchObject({ status: 'success' })
  })
})

describe('Runware, with several results,', () => {
  it('tells of the last one first, once all have ended', async () => {
    const stand = aSimulator()
    await liveRunware(stand, 'webhook=reversed', { numberResults: 3 })
    const [task] = stand.simulator.tasks()
    const told = z
      .array(z.object({ videoUUID: z.string().optional() }))
      .parse(stand.heard.map(({ body }) => body))
    const made = task?.outputs.map(({ outputId }) => outputId) ?? []
    expect(told.map(({ videoUUID }) => videoUUID)).toEqual([...made.toReversed(), undefined])
    for (const { at } of stand.heard) expect(at).toBeGreaterThanOrEqual(task?.endsAt ?? Number.NaN)
  })

  it('loses only the webhook of the last one', async () => {
    const stand = aSimulator()
    await liveRunware(stand, 'webhook=last-lost', { numberResults: 3 })
    expect(stand.heard).toHaveLength(2)
  })
})

describe('early', () => {
  it('rings Runware’s bell, twice if asked, before the submit is answered', async () => {
    const { runware, look, heard } = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(webhook=early+doubled)', numberResults: 2 })
    await runware(task)
    expect(heard).toHaveLength(4)
    expect((await look(task.taskUUID)).body.data).toHaveLength(2)
  })

  it('rings Crun’s bell before the task id is known', async () => {
    const { crun, heard } = aSimulator()
    const created = await crun('job/CreateTask', aCrunTask({ prompt: 'boat sim(webhook=early+wrapped)' }))
    const data = { task_id: created.body.data.task_id, status: 'success' }
    expect(heard).toMatchObject([{ body: { code: 200, message: 'success', data } }])
  })
})

describe('announced', () => {
  it('tells of the end while the status goes on showing work for three seconds', async () => {
    const { runware, look, crun, advance, heard } = aSimulator()
    const task = aRunwareTask({ positivePrompt: 'boat sim(webhook=announced)' })
    await runware(task)
    const created = await crun('job/CreateTask', aCrunTask({ prompt: 'boat sim(webhook=announced)' }))
    const statuses = async () => {
      const { data } = (await crun(`job/TaskInfo?task_id=${created.body.data.task_id}`)).body
      return [(await look(task.taskUUID)).body.data[0].status, data.status]
    }
    await advance(13_999)
    expect(heard).toHaveLength(2)
    expect(await statuses()).toEqual(['processing', 'running'])
    await advance(1)
    expect(await statuses()).toEqual(['success', 'success'])
  })
})

describe('shapes', () => {
  it.each([
    ['webhook=wrapped', { data: [{ status: 'success' }] }],
    ['webhook=array', [{ status: 'success' }]],
    ['webhook=wrapped, fail=provider', { errors: [{ status: 'error', code: 'providerError' }] }],
    ['webhook=array, fail=provider', [{ status: 'error', code: 'providerError' }]],
    ['fail=provider', { status: 'error', code: 'providerError' }],
  ])('Runware sends %s as %j', async (directive, body) => {
    const stand = aSimulator()
    await liveRunware(stand, directive)
    expect(stand.heard).toMatchObject([{ body }])
  })
})
