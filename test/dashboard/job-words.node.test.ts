/** The words of the page of a job: costs, failures, and where the video is. */
import { describe, expect, it } from 'vitest'
import { type FaultCode, faultCodes, faults } from '../../src/core/fault-codes.ts'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { cancelWindowMs } from '../../src/core/schedule/jobs.ts'
import { costIn, costWords, isNothing } from '../../src/dashboard/cost-words.ts'
import { failureWords, headlineOf, notCanceledWords } from '../../src/dashboard/job/failure-words.ts'
import { lateUntil, mayChange, whereIs } from '../../src/dashboard/job/state-words.ts'
import { aJobView, anOutputView, aTaskView } from '../support/job-views.ts'

function faultView(code: FaultCode): NonNullable<JobView['fault']> {
  const { remedy, retry } = faults[code]
  return { code, message: `the cause of ${code}`, remedy, retryable: retry === 'later' }
}

describe.each(faultCodes)('a job that failed with %s', (code) => {
  const fault = faultView(code)
  const failed = { status: 'failed', fault, settled_at: '2026-11-29T10:05:00.000Z' } as const

  it('says in a few words what happened', () => {
    expect(headlineOf(code)).toMatch(/^[A-Z][a-zA-Z ,]+$/)
    expect(headlineOf(code).split(' ').length).toBeLessThanOrEqual(12)
    expect(whereIs(aJobView(failed))).toBe(`${headlineOf(code)}.`)
  })

  it('says the cause, the money and the remedy', () => {
    const job = aJobView({ ...failed, cost: { amount_usd: 0, source: 'provider' } })
    expect(failureWords(job)).toEqual({
      cause: fault.message,
      spent: 'nothing',
      money: 'No money was spent.',
      next: fault.remedy,
      isRetryable: fault.retryable,
    })
  })
})

describe('the money of a failed job', () => {
  const moneyOf = (changes: Partial<JobView>) => {
    const job = aJobView({ status: 'failed', fault: faultView('task_lost'), ...changes })
    const { spent, money } = failureWords(job) ?? {}
    return { spent, money }
  }

  it('was spent if a provider reported a cost', () => {
    expect(moneyOf({ cost: { amount_usd: 0.405, source: 'provider' } })).toEqual({
      spent: 'yes',
      money: 'Money was spent: $0.405, as the provider reported it.',
    })
    expect(moneyOf({ cost: { credits: 12, source: 'provider_estimate' } })).toEqual({
      spent: 'yes',
      money: 'Money was spent: 12 credits, an estimate by the provider.',
    })
  })

  it('may have been spent if the cost is unknown, and names the providers that may bill it', () => {
    const tasks = [
      aTaskView({ provider: 'crun', status: 'rejected' }),
      aTaskView({ provider: 'runware', status: 'failed' }),
      aTaskView({ provider: 'runware', status: 'unknown' }),
    ]
    expect(moneyOf({ cost: null, tasks })).toEqual({
      spent: 'perhaps',
      money: 'Money may have been spent: runware did not report a final cost.',
    })
    expect(moneyOf({ cost: null, tasks: [aTaskView({ status: 'rejected' })] }).money).toBe(
      'Money may have been spent: The provider did not report a final cost.',
    )
  })

  it('of a canceled job is what its cancellation says', () => {
    const canceled = { status: 'canceled', fault: null } as const
    expect(
      moneyOf({ ...canceled, cancellation: { may_still_be_billed: false, message: 'Nothing.' } }),
    ).toEqual({ spent: 'nothing', money: 'Nothing.' })
    expect(
      moneyOf({ ...canceled, cancellation: { may_still_be_billed: true, message: 'Perhaps.' } }),
    ).toEqual({
      spent: 'perhaps',
      money: 'Perhaps.',
    })
  })

  it('is no question for a job that did not fail', () => {
    for (const status of ['queued', 'generating', 'storing', 'succeeded'] as const)
      expect(failureWords(aJobView({ status }))).toBeNull()
  })
})

describe('a task that was not canceled', () => {
  const left = aTaskView({ status: 'submitted', provider_task_id: 'one' })
  const event = (taskId: string, message: string) => ({
    id: 'evt_1',
    type: 'task.not_canceled',
    created_at: '2026-11-29T10:05:00.000Z',
    data: { provider: 'runware', provider_task_id: taskId, message },
  })

  it('has the latest words of its provider, and each words are there once', () => {
    const tasks = [left, { ...left, provider_task_id: 'two' }, { ...left, provider_task_id: 'three' }]
    const events = [event('one', 'It waits.'), event('one', 'It goes on.'), event('two', 'It goes on.')]
    expect(notCanceledWords(aJobView({ status: 'canceled', tasks }), events)).toBe('It goes on.')
  })

  it('has none once it was canceled after all', () => {
    const tasks = [aTaskView({ status: 'failed', provider_task_id: 'one' })]
    expect(notCanceledWords(aJobView({ status: 'canceled', tasks }), [event('one', 'It goes on.')])).toBe('')
  })
})

describe('where the video is', () => {
  it.each([
    [{ status: 'generating' }, 'runware is making the video.'],
    [{ status: 'storing' }, 'The video is made, and is being copied.'],
    [{ status: 'succeeded' }, 'The video is ready.'],
    [{ status: 'canceled' }, 'The job was canceled.'],
    [
      { status: 'canceled', cancellation: { may_still_be_billed: true, message: 'Perhaps.' } },
      'The job was canceled, but may still be billed.',
    ],
    [{ status: 'queued' }, 'The job waits until runware accepts it.'],
    [
      { status: 'queued', tasks: [aTaskView({ status: 'unknown' })] },
      'It is not known yet whether runware accepted the task. Reelhook is finding out.',
    ],
    [
      { status: 'queued', tasks: [aTaskView({ status: 'deferred' })] },
      'runware did not accept the task yet. It is tried again.',
    ],
    [
      { status: 'queued', tasks: [aTaskView({ status: 'preparing' })] },
      'The inputs are being handed to runware.',
    ],
    [
      { status: 'failed', outputs: [anOutputView({ late: true })] },
      'The job failed at its deadline, but its video came later.',
    ],
  ] satisfies [Partial<JobView>, string][])('of %o', (changes, words) => {
    expect(whereIs(aJobView(changes))).toBe(words)
  })

  it('is counted if the job has several', () => {
    const { request } = aJobView()
    const several = { request: { ...request, count: 4 }, outputs: [anOutputView()] }
    expect(whereIs(aJobView({ ...several, status: 'generating' }))).toBe('runware is making the 4 videos.')
    expect(whereIs(aJobView({ ...several, status: 'storing' }))).toContain('1 of 4 are stored')
    expect(whereIs(aJobView({ ...several, status: 'succeeded' }))).toBe('All 4 videos are ready.')
    expect(whereIs(aJobView({ ...several, status: 'failed' }))).toBe(
      '1 of 4 videos is ready. The others failed.',
    )
  })
})

describe('the page of a job', () => {
  const endedAt = '2026-11-29T10:40:00.000Z'
  const afterMs = Date.parse(endedAt) + 1_000
  const ended = { status: 'succeeded', settled_at: endedAt } as const

  it('may change while the job runs, and not after it and its deliveries have ended', () => {
    expect(mayChange(aJobView({ status: 'storing' }), [], afterMs)).toBe(true)
    expect(mayChange(aJobView(ended), [], afterMs)).toBe(false)
    expect(mayChange(aJobView(ended), null, afterMs)).toBe(false)
  })

  it('may change while an export is pending', () => {
    const copy = { status: 'pending', url: null, key: null, exported_at: null, error: null } as const
    expect(mayChange(aJobView({ ...ended, outputs: [anOutputView({ export: copy })] }), [], afterMs)).toBe(
      true,
    )
  })

  it('may change while the providers of a canceled job are asked to cancel its tasks', () => {
    const tasks = [aTaskView({ status: 'submitted' })]
    const canceled = aJobView({ status: 'canceled', settled_at: endedAt, tasks })
    expect(mayChange(canceled, [], afterMs)).toBe(true)
    expect(mayChange(canceled, [], afterMs + cancelWindowMs)).toBe(false)
    expect(mayChange({ ...canceled, tasks: [aTaskView({ status: 'failed' })] }, [], afterMs)).toBe(false)
  })

  it('may change for a day after the deadline, if the provider may still finish the video', () => {
    const fault = faultView('deadline_exceeded')
    const task = aTaskView({ status: 'failed', provider_task_id: 'one', fault })
    const late = aJobView({ status: 'failed', fault, settled_at: endedAt, tasks: [task] })
    expect(lateUntil(late, afterMs)).toBe('2026-11-30T10:40:00.000Z')
    expect(mayChange(late, [], afterMs)).toBe(true)
    expect(mayChange(late, [], afterMs + 24 * 60 * 60_000)).toBe(false)
    expect(lateUntil({ ...late, settled_at: '2026-11-29T10:05:00.000Z' }, afterMs)).toBeNull()
  })
})

describe('a cost', () => {
  it('is read from an event only if it is one', () => {
    const cost = { credits: 12, amount_usd: 0.12, source: 'price_table' }
    expect(costIn(cost)).toEqual(cost)
    expect(costIn({ amount_usd: 1, source: 'provider' })).toEqual({ amount_usd: 1, source: 'provider' })
    for (const other of [
      undefined,
      null,
      'x',
      {},
      { source: 'provider' },
      { amount_usd: '1', source: 'provider' },
    ])
      expect(costIn(other)).toBeNull()
  })

  it('is written in every unit that is known', () => {
    expect(costWords({ credits: 12, amount_usd: 0.12, source: 'price_table' })).toBe(
      '12 credits ($0.12), an estimate from published prices',
    )
    expect(costWords({ credits: 1, source: 'provider' })).toBe('1 credit, as the provider reported it')
  })

  it('of zero is nothing', () => {
    expect(isNothing({ credits: 0, source: 'provider' })).toBe(true)
    expect(isNothing({ amount_usd: 0.0001, source: 'provider' })).toBe(false)
  })
})
