/** Interprets status responses and webhooks: results count once, failures are confirmed. No database. */
import { describe, expect, it } from 'vitest'
import { fault, ok } from '../../../src/core/fault.ts'
import { recordOf } from '../../../src/core/poll-failure.ts'
import { interpretStatus, withDistinctOutputs } from '../../../src/engine/poll/confirm.ts'
import { announcementOf } from '../../../src/engine/poll/hints.ts'
import type { Outcome, TaskOfWebhook } from '../../../src/providers/provider.ts'
import { taskId } from '../../providers/a-submission.ts'
import { aFailedItem, anItem, anOutput, aRunware, aSuccess } from '../../providers/runware/a-runware.ts'

const { parseWebhook } = aRunware({ json: {} }).provider

/** The announcement that webhooks with these bodies make for a task with this many results. */
function announced(wanted: number, bodies: unknown[], tasks?: readonly TaskOfWebhook[]) {
  const items = bodies.flatMap((body) => parseWebhook?.(body, tasks) ?? [])
  return announcementOf(
    items.map((item, receivedAt) => ({ ...item, receivedAt, via: 'webhook' as const })),
    taskId,
    wanted,
  )
}

describe('a result that several webhooks announce', () => {
  const shapes = [aSuccess(1), [aSuccess(1)], { data: [aSuccess(1)] }, { data: [aSuccess(1), aSuccess(1)] }]

  it.each([
    ['in every shape', shapes],
    ['once without its id', [aSuccess(1), aSuccess(1, { videoUUID: undefined })]],
    ['once without its URL', [aSuccess(1, { videoURL: undefined }), aSuccess(1)]],
  ])('(%s) counts once', (_, bodies) => {
    expect(announced(2, bodies)).toMatchObject({ ends: 1, outcome: null })
    expect(announced(2, [...bodies, aSuccess(2)])).toMatchObject({
      ends: 2,
      outcome: { state: 'done', outputs: [anOutput(1), anOutput(2)] },
    })
  })

  it('counts once with the end of its upload', () => {
    const tasks = [{ providerTaskId: taskId, awaitsUpload: true, model: 'seedance-2.0' as const }]
    const bodies = [anItem({ status: 'success' }), aSuccess(1, { videoURL: undefined }), aSuccess(1)]
    expect(announced(1, bodies, tasks)).toMatchObject({ ends: 1, outcome: { outputs: [anOutput(1)] } })
  })

  it('fails once, in whatever shapes its failure is posted', () => {
    const bodies = [aFailedItem(), [aFailedItem()], { errors: [aFailedItem()] }]
    expect(announced(2, bodies)).toMatchObject({ ends: 1, outcome: null })
    expect(announced(1, bodies)).toMatchObject({ ends: 1, outcome: { state: 'failed' } })
  })
})

const task = { providerTaskId: taskId, wanted: 2 }
const failure = fault('generation_failed', 'It failed.')
const failed: Outcome = { state: 'failed', fault: failure }
const partlyFailed: Outcome = { state: 'done', outputs: [anOutput(1)], faults: [failure] }

describe('a status response', () => {
  it('that names one result twice leaves the task pending until the other result is named', () => {
    const outputs = [anOutput(1), anOutput(1)]
    expect(withDistinctOutputs(ok({ state: 'done', outputs, faults: [] }), task)).toEqual({
      ok: true,
      value: { state: 'pending', finished: [anOutput(1)], faults: [] },
    })
    const pending: Outcome = { state: 'pending', finished: outputs, faults: [] }
    expect(withDistinctOutputs(ok(pending), task)).toMatchObject({ value: { finished: [anOutput(1)] } })
  })

  it.each([
    ['failed', failed],
    ['partly failed', partlyFailed],
  ])('that reports a %s task is accepted when it is repeated', (_, outcome) => {
    const first = interpretStatus(null, ok(outcome), null, 0)
    expect(first.outcome).toMatchObject({ state: 'pending', faults: [failure] })
    const stored = first.failure && recordOf(first.failure)
    expect(interpretStatus(stored, ok(outcome), null, 1_000).outcome?.state).toBe('pending')
    expect(interpretStatus(stored, ok(outcome), null, 15_000).outcome).toEqual(outcome)
  })

  it('that reports a failed task is accepted at once if webhooks have announced it', () => {
    const stateAfter = (bodies: unknown[]) =>
      interpretStatus(null, ok(failed), announced(2, bodies), 0).outcome?.state
    expect(stateAfter([aFailedItem(), aFailedItem({ code: 'promptBlocked' })])).toBe('failed')
    expect(stateAfter([aFailedItem()])).toBe('pending')
    expect(stateAfter([aSuccess(1), aSuccess(2)])).toBe('pending')
  })

  it('that shows a pending task is taken as it is', () => {
    const pending: Outcome = { state: 'pending', finished: [], faults: [failure] }
    expect(interpretStatus(null, ok(pending), null, 0)).toEqual({ failure: null, outcome: pending })
  })
})
