import { describe, expect, it } from 'vitest'
import { type Fault, fault } from '../../src/core/fault.ts'
import { isConfirmed, type PollFailure, pollFailureAfter, rememberedAs } from '../../src/core/poll-failure.ts'

const seconds = 1_000

type Complaint = Pick<PollFailure, 'kind' | 'fault'>

const lost: Complaint = {
  kind: 'lost',
  fault: fault('task_lost', 'Gone.', { evidence: { status: 404 } }),
}
const silent: Complaint = { kind: 'silent', fault: fault('unavailable', 'Broken.') }
const failed: Complaint = { kind: 'failed', fault: fault('generation_failed', 'Failed.') }
const withheld: Complaint = { kind: 'withheld', fault: fault('unreadable_answer', 'No URL.') }

/** The trouble after a row of answers, each so many milliseconds after the first. */
function troubleOf(...answers: [complaint: Complaint, atMs: number][]): PollFailure {
  let before: Fault | null = null
  let trouble: PollFailure | undefined
  for (const [complaint, atMs] of answers) {
    trouble = pollFailureAfter(before, complaint, atMs)
    before = rememberedAs(trouble)
  }
  if (trouble === undefined) throw new Error('there was no trouble')
  return trouble
}

describe('trouble', () => {
  it('has lasted since it began, whatever the answers were', () => {
    expect(troubleOf([silent, 10], [lost, 20], [silent, 30])).toMatchObject({
      since: 10,
      run: { since: 30, times: 1 },
    })
  })

  it('knows since when the provider has not said how the task is', () => {
    expect(troubleOf([silent, 10], [lost, 20]).silentSince).toBe(10)
    expect(troubleOf([silent, 10], [failed, 20]).silentSince).toBeNull()
    expect(troubleOf([withheld, 10], [silent, 20]).silentSince).toBe(20)
  })

  it('keeps the evidence of the last answer', () => {
    expect(rememberedAs(troubleOf([silent, 10], [lost, 20]))).toMatchObject({
      code: 'task_lost',
      evidence: { status: 404, trouble: { kind: 'lost', since: 10, run: { since: 20, times: 1 } } },
    })
  })
})

function asked(complaint: Complaint, ...atSeconds: number[]): PollFailure {
  return troubleOf(...atSeconds.map((at): [Complaint, number] => [complaint, at * seconds]))
}

describe('a task is lost', () => {
  it('when it was not known four times over a minute', () => {
    expect(isConfirmed(asked(lost, 0, 20, 40, 60), 60 * seconds)).toBe(true)
  })

  it.each([
    ['four times in one second', asked(lost, 0, 0.1, 0.2, 1), 1],
    ['three times, however far apart', asked(lost, 0, 600, 3_600), 3_600],
  ])('not when it was not known %s', (_, trouble, nowSeconds) => {
    expect(isConfirmed(trouble, nowSeconds * seconds)).toBe(false)
  })

  it('not when it was known, or nothing was, in between', () => {
    const trouble = troubleOf(
      [lost, 0],
      [lost, 20 * seconds],
      [silent, 40 * seconds],
      [lost, 60 * seconds],
      [lost, 80 * seconds],
    )
    expect(isConfirmed(trouble, 80 * seconds)).toBe(false)
  })
})

describe('a task has failed', () => {
  it('when the provider says so twice over ten seconds', () => {
    expect(isConfirmed(asked(failed, 0, 15), 15 * seconds)).toBe(true)
  })

  it.each([
    ['once', asked(failed, 0), 3_600],
    ['twice in one second', asked(failed, 0, 1), 1],
  ])('not when it says so %s', (_, trouble, nowSeconds) => {
    expect(isConfirmed(trouble, nowSeconds * seconds)).toBe(false)
  })
})

it.each([
  ['silent', silent],
  ['withheld', withheld],
])('a provider that is %s for ever gives nothing up', (_, complaint) => {
  expect(isConfirmed(asked(complaint, 0, 600, 1_200, 1_800, 86_400), 86_400 * seconds)).toBe(false)
})
