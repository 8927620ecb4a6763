import { describe, expect, it } from 'vitest'
import { fault } from '../../src/core/fault.ts'
import {
  isConfirmed,
  type PollFailure,
  pollFailureAfter,
  pollFailureRecordSchema,
  recordOf,
} from '../../src/core/poll-failure.ts'

const seconds = 1_000

type Reported = Pick<PollFailure, 'kind' | 'fault'>

const lost: Reported = {
  kind: 'lost',
  fault: fault('task_lost', 'Gone.', { evidence: { status: 404 } }),
}
const silent: Reported = { kind: 'silent', fault: fault('unavailable', 'Broken.') }
const failed: Reported = { kind: 'failed', fault: fault('generation_failed', 'Failed.') }
const withheld: Reported = { kind: 'withheld', fault: fault('unreadable_answer', 'No URL.') }

/** The failure after several failed polls, each at its time in milliseconds. */
function failureAfter(...polls: [reported: Reported, atMs: number][]): PollFailure {
  let failure: PollFailure | null = null
  for (const [reported, atMs] of polls) {
    failure = pollFailureAfter(failure && recordOf(failure), reported, atMs)
  }
  if (failure === null) throw new Error('no poll failed')
  return failure
}

describe('a poll failure', () => {
  it('has lasted since the first failed poll, of whatever kind', () => {
    expect(failureAfter([silent, 10], [lost, 20], [silent, 30])).toMatchObject({
      since: 10,
      run: { since: 30, times: 1 },
    })
  })

  it('says since when no response has shown the state of the task', () => {
    expect(failureAfter([silent, 10], [lost, 20]).silentSince).toBe(10)
    expect(failureAfter([silent, 10], [failed, 20]).silentSince).toBeNull()
    expect(failureAfter([withheld, 10], [silent, 20]).silentSince).toBe(20)
  })

  it('carries the fault of the last poll', () => {
    expect(failureAfter([silent, 10], [lost, 20]).fault).toEqual(lost.fault)
  })

  it('is stored as its counters alone: the fault has a column of its own', () => {
    const record = recordOf(failureAfter([silent, 10], [lost, 20]))
    expect(record).toEqual({ kind: 'lost', since: 10, run: { since: 20, times: 1 }, silentSince: 10 })
    expect(pollFailureRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record)
  })
})

function polled(reported: Reported, ...atSeconds: number[]): PollFailure {
  return failureAfter(...atSeconds.map((at): [Reported, number] => [reported, at * seconds]))
}

describe('a lost task', () => {
  it('is confirmed by four polls over a minute', () => {
    expect(isConfirmed(polled(lost, 0, 20, 40, 60), 60 * seconds)).toBe(true)
  })

  it.each([
    ['four polls in one second', polled(lost, 0, 0.1, 0.2, 1), 1],
    ['three polls, however far apart', polled(lost, 0, 600, 3_600), 3_600],
  ])('is not confirmed by %s', (_, failure, nowSeconds) => {
    expect(isConfirmed(failure, nowSeconds * seconds)).toBe(false)
  })

  it('is not confirmed if a poll in between failed in another way', () => {
    const failure = failureAfter(
      [lost, 0],
      [lost, 20 * seconds],
      [silent, 40 * seconds],
      [lost, 60 * seconds],
      [lost, 80 * seconds],
    )
    expect(isConfirmed(failure, 80 * seconds)).toBe(false)
  })
})

describe('a failed task', () => {
  it('is confirmed by two polls over ten seconds', () => {
    expect(isConfirmed(polled(failed, 0, 15), 15 * seconds)).toBe(true)
  })

  it.each([
    ['one poll', polled(failed, 0), 3_600],
    ['two polls in one second', polled(failed, 0, 1), 1],
  ])('is not confirmed by %s', (_, failure, nowSeconds) => {
    expect(isConfirmed(failure, nowSeconds * seconds)).toBe(false)
  })
})

it.each([
  ['silent', silent],
  ['withheld', withheld],
])('a %s poll never ends a task, however often it is repeated', (_, reported) => {
  expect(isConfirmed(polled(reported, 0, 600, 1_200, 1_800, 86_400), 86_400 * seconds)).toBe(false)
})
