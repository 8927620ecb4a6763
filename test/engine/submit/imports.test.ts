/** Inputs at a provider that imports them first: sent once, then polled until they are imported or time is up. */
import { beforeEach, describe, expect, it } from 'vitest'
import { advance } from '../../../src/engine/advance.ts'
import { aFile } from '../../support/assets.ts'
import { pauseStep } from '../../support/hold-step.ts'
import { getJob, passTimeUntil, postJob, sweep, timelineOf, untilJob } from '../../support/reelhook.ts'
import { aContext, postWithoutWakeUp } from '../../support/runtime.ts'
import { select } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const minutes = 60_000
const host = 'https://media.test'

let fetched: string[] = []

beforeEach(() => {
  fetched = []
  const file = aFile('image/png')
  world.serve(host, ({ url }) => {
    fetched.push(url)
    return new Response(file, {
      headers: { 'content-type': 'image/png', 'content-length': `${file.length}` },
    })
  })
})

let boats = 0

/** A picture with this import directive, at a unique URL. */
function aPicture(directive: string): string {
  return `${host}/${boats++}-sim(import=${directive}).png`
}

/** The imports in the simulator's log since then, in order. */
function importsSince(line: number, what: 'import.announced' | 'import.sent' | 'import.polled') {
  return world.simulator
    .log()
    .slice(line)
    .filter((entry) => entry.what === what)
}

describe('an import of a minute', () => {
  it('is awaited: the bytes are sent once, and no step sleeps', async () => {
    const since = world.simulator.log().length
    const { id } = await postJob({ provider: 'scenario', reference_images: [aPicture('60')] })
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(job.tasks).toHaveLength(1)
    expect(fetched).toHaveLength(1)
    expect(importsSince(since, 'import.announced')).toHaveLength(1)
    expect(importsSince(since, 'import.sent')).toHaveLength(1)
  })

  it('is polled with growing waits, and the row is released in between', async () => {
    const { id } = await postWithoutWakeUp({ provider: 'scenario', reference_images: [aPicture('never')] })
    const waits: number[] = []
    for (let asks = 0; asks < 12; asks++) {
      await advance(aContext(), id)
      const [row] = await select<{ due_at: number; lease: string | null }>(
        'SELECT * FROM jobs WHERE id = ?',
        id,
      )
      expect(row?.lease).toBeNull()
      const waitMs = (row?.due_at ?? 0) - world.edges.now()
      waits.push(Math.round(waitMs / 1_000))
      await world.advance(waitMs)
    }
    expect(waits.slice(0, 3)).toEqual([1, 1, 2])
    expect([...waits].sort((a, b) => a - b)).toEqual(waits)
    expect(waits.at(-1)).toBe(60)
  })

  it('does not delay the other inputs: several are imported at once', async () => {
    const since = world.simulator.log().length
    const pictures = Array.from({ length: 4 }, () => aPicture('60'))
    const { id } = await postWithoutWakeUp({ provider: 'scenario', reference_images: pictures })
    await advance(aContext(), id)
    expect(importsSince(since, 'import.sent')).toHaveLength(4)
    await world.advance(1 * minutes)
    await sweep()
    await untilJob(id, ({ status }) => status === 'generating')
    expect(importsSince(since, 'import.announced')).toHaveLength(4)
  })

  it('is awaited once for a job of four videos', async () => {
    const since = world.simulator.log().length
    const { id } = await postJob({ provider: 'scenario', count: 4, reference_images: [aPicture('60')] })
    const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(job.outputs).toHaveLength(4)
    expect(importsSince(since, 'import.announced')).toHaveLength(1)
  })

  it('continues with the same upload when a step crashes while polling', async () => {
    const { id } = await postWithoutWakeUp({ provider: 'scenario', reference_images: [aPicture('60')] })
    await advance(aContext(), id)
    const since = world.simulator.log().length
    await world.advance(5_000)
    await pauseStep(id, { call: '/v1/uploads/upload_', when: 'after' })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(importsSince(since, 'import.polled').length).toBeGreaterThan(1)
    expect(importsSince(since, 'import.announced')).toEqual([])
    expect(importsSince(since, 'import.sent')).toEqual([])
  })

  it('sends the bytes at most twice when a step crashes while sending', async () => {
    const since = world.simulator.log().length
    const { id } = await postWithoutWakeUp({ provider: 'scenario', reference_images: [aPicture('60')] })
    await pauseStep(id, { call: '/parts/', when: 'after' })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(importsSince(since, 'import.sent')).toHaveLength(2)
  })
})

describe('an import that never ends', () => {
  it('fails the job at its deadline, with the state of the file and since when', async () => {
    const since = world.simulator.log().length
    const { id, deadline_at } = await postWithoutWakeUp({
      provider: 'scenario',
      deadline_seconds: 600,
      prompt: 'An endless import',
      reference_images: [aPicture('1'), aPicture('never')],
    })
    const job = await stepUntilSettled(id)
    expect(job).toMatchObject({
      status: 'failed',
      fault: {
        code: 'unavailable',
        message: expect.stringMatching(
          /^reference_images\.1: scenario has had the file since 20\S+Z, and has not finished importing it\./,
        ),
      },
    })
    expect(Date.parse(job.settled_at ?? '')).toBeGreaterThanOrEqual(Date.parse(deadline_at))
    expect(importsSince(since, 'import.sent')).toHaveLength(2)
    expect(importsSince(since, 'import.polled').length).toBeLessThan(40)
    expect(await timelineOf(id)).not.toContain('task.submitted')
  })
})

/** Runs each step when it is due, so that a slow machine skips none. */
async function stepUntilSettled(id: string) {
  for (let steps = 0; steps < 100; steps++) {
    await advance(aContext(), id)
    const job = await getJob(id)
    if (job.settled_at !== null) return job
    const [row] = await select<{ due_at: number }>('SELECT due_at FROM jobs WHERE id = ?', id)
    await world.advance(Math.max(0, (row?.due_at ?? 0) - world.edges.now()))
  }
  throw new Error('the job is not settled after 100 steps')
}

describe('an import that fails', () => {
  it('fails the job at once, without waiting for its deadline', async () => {
    world.serve(
      host,
      () => new Response(new Uint8Array([0, 1, 2, 3]), { headers: { 'content-type': 'image/heic' } }),
    )
    const { id } = await postJob({ provider: 'scenario', reference_images: [aPicture('0')] })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.fault?.message).toContain('reference_images.0: Scenario could not read the uploaded media')
  })
})

describe('an upload that the provider has lost', () => {
  it('is sent again', async () => {
    const since = world.simulator.log().length
    const { id } = await postJob({ provider: 'scenario', reference_images: [aPicture('lost*2')] })
    await passTimeUntil(id, ({ status }) => status === 'succeeded')
    expect(importsSince(since, 'import.sent')).toHaveLength(3)
  })

  it('is sent a limited number of times', async () => {
    const since = world.simulator.log().length
    const { id } = await postJob({ provider: 'scenario', reference_images: [aPicture('lost')] })
    const job = await passTimeUntil(id, ({ settled_at }) => settled_at !== null)
    expect(job.fault?.message).toContain('scenario does not have the file that was sent to it')
    expect(importsSince(since, 'import.sent')).toHaveLength(5)
  })
})
