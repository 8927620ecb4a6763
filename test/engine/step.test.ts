/** The merge of two steps. */
import { describe, expect, it } from 'vitest'
import { fault } from '../../src/core/fault.ts'
import { draftEvent } from '../../src/store/events.ts'
import type { Output } from '../../src/store/jobs/outputs.ts'
import { changes, type Step, thenStep } from '../../src/store/jobs/step.ts'

const settled: Step = {
  ...changes({ progress: 30 }),
  status: 'failed',
  fault: fault('moderated', 'The provider refused the prompt.'),
  next: 'settled',
  settledAt: 1,
}

function anOutput(n: number, remoteId: string): Output {
  return {
    jobId: 'job_1',
    n,
    taskN: 0,
    remoteId,
    sourceUrl: null,
    attempts: 0,
    isUnconfirmed: false,
    isLate: false,
    status: 'waiting',
  }
}

describe('two merged steps', () => {
  it('have the progress, the status and the fault of the second', () => {
    const merged = thenStep(changes({ progress: 100 }), settled)
    expect(merged).toMatchObject({ progress: 30, status: 'failed', fault: { code: 'moderated' } })
  })

  it('have the progress and the provider of the first if the second sets none', () => {
    const second: Step = { ...changes(), status: 'queued', next: 'now' }
    expect(thenStep(changes({ progress: 10, provider: 'crun' }), second)).toMatchObject({
      progress: 10,
      provider: 'crun',
    })
  })

  it('have the events of both, the first ones first', () => {
    const [one, two] = [draftEvent('one', {}, 1), draftEvent('two', {}, 2)]
    const merged = thenStep(changes({ events: [one] }), { ...settled, events: [two] })
    expect(merged.events).toEqual([one, two])
  })

  it('have each row once, as the second left it', () => {
    const first = changes({ outputs: [anOutput(0, 'a'), anOutput(1, 'b')] })
    const second = { ...settled, outputs: [anOutput(1, 'c'), anOutput(2, 'd')] }
    expect(thenStep(first, second).outputs.map(({ remoteId }) => remoteId)).toEqual(['a', 'c', 'd'])
  })
})
