/** What answers and webhooks prove, without a database: results are counted once, failures are confirmed. */
import { describe, expect, it } from 'vitest'
import { type Fault, fault, ok } from '../../../src/core/fault.ts'
import { rememberedAs } from '../../../src/core/poll-failure.ts'
import { counted, interpretStatus } from '../../../src/engine/poll/confirm.ts'
import { announcementOf } from '../../../src/engine/poll/webhook-hints.ts'
import type { Outcome } from '../../../src/providers/provider.ts'
import { taskId } from '../../providers/a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from '../../providers/runware/a-runware.ts'

const { parseWebhook: read } = aRunware({ json: {} }).provider

/** What webhooks with these bodies announce of a task of so many results. */
function announced(wanted: number, bodies: unknown[], awaited?: ReadonlySet<string>) {
  const items = bodies.flatMap((body) => read?.(body, awaited) ?? [])
  return announcementOf(
    items.map((item, receivedAt) => ({ ...item, receivedAt })),
    taskId,
    wanted,
  )
}

describe('a result that several webhooks announce', () => {
  const shapes = [aSuccess(1), [aSuccess(1)], { data: [aSuccess(1)] }, { data: [aSuccess(1), aSuccess(1)] }]

  it.each([
    ['in every shape', shapes],
    ['without its name', [aSuccess(1), aSuccess(1, { videoUUID: undefined })]],
    ['once without its URL', [aSuccess(1, { videoURL: undefined }), aSuccess(1)]],
  ])('%s is one of two', (_, bodies) => {
    expect(announced(2, bodies)).toMatchObject({ ends: 1, outcome: null })
    expect(announced(2, [...bodies, aSuccess(2)])).toMatchObject({
      ends: 2,
      outcome: { state: 'done', outputs: [anOutput(1), anOutput(2)] },
    })
  })

  it('is one with the end of its upload', () => {
    const awaited = new Set([taskId])
    const bodies = [anItem({ status: 'success' }), aSuccess(1, { videoURL: undefined }), aSuccess(1)]
    expect(announced(1, bodies, awaited)).toMatchObject({ ends: 1, outcome: { outputs: [anOutput(1)] } })
  })

  it('has failed once, in whatever shapes its failure comes', () => {
    const bodies = [aFailedItem(), [aFailedItem()], { errors: [aFailedItem()] }]
    expect(announced(2, bodies)).toMatchObject({ ends: 1, outcome: null })
    expect(announced(1, bodies)).toMatchObject({ ends: 1, outcome: { state: 'failed' } })
  })
})

const task = { providerTaskId: taskId, wanted: 2, fault: null }
const failure = fault('generation_failed', 'It failed.')
const failed: Outcome = { state: 'failed', fault: failure }
const partly: Outcome = { state: 'done', outputs: [anOutput(1)], faults: [failure] }

describe('an answer of any provider', () => {
  it('that names one result twice leaves the other to be waited for', () => {
    const outputs = [anOutput(1), anOutput(1)]
    expect(counted(ok({ state: 'done', outputs, faults: [] }), task)).toEqual({
      ok: true,
      value: { state: 'pending', finished: [anOutput(1)], faults: [] },
    })
    expect(counted(ok({ state: 'pending', finished: outputs, faults: [] }), task)).toMatchObject({
      value: { finished: [anOutput(1)] },
    })
  })

  it.each([
    ['failed', failed],
    ['failed in part', partly],
  ])('that says that the task has %s is believed when it is given again', (_, outcome) => {
    const first = interpretStatus(task, ok(outcome), null, 0)
    expect(first.said).toMatchObject({ state: 'pending', faults: [failure] })
    const remembered: Fault | null = first.trouble && rememberedAs(first.trouble)
    expect(interpretStatus({ ...task, fault: remembered }, ok(outcome), null, 1_000).said?.state).toBe(
      'pending',
    )
    expect(interpretStatus({ ...task, fault: remembered }, ok(outcome), null, 15_000).said).toEqual(outcome)
  })

  it('that says that the task has failed is believed at once when its webhooks said so', () => {
    const said = (bodies: unknown[]) => interpretStatus(task, ok(failed), announced(2, bodies), 0).said?.state
    expect(said([aFailedItem(), aFailedItem({ code: 'promptBlocked' })])).toBe('failed')
    expect(said([aFailedItem()])).toBe('pending')
    expect(said([aSuccess(1), aSuccess(2)])).toBe('pending')
  })

  it('that is no end is taken as it is', () => {
    const pending: Outcome = { state: 'pending', finished: [], faults: [failure] }
    expect(interpretStatus(task, ok(pending), null, 0)).toEqual({ trouble: null, said: pending })
  })
})
