import { describe, expect, it } from 'vitest'
import { canBecome, isSettled, jobStatuses } from '../../../src/core/job/job.ts'

const transitions = jobStatuses.flatMap((from) => jobStatuses.map((to) => [from, to] as const))

describe('happy', () => {
  it('goes from queued to generating, storing and succeeded', () => {
    expect(canBecome('queued', 'generating')).toBe(true)
    expect(canBecome('generating', 'storing')).toBe(true)
    expect(canBecome('storing', 'succeeded')).toBe(true)
  })

  it.each(['queued', 'generating', 'storing'] as const)(
    'may fail or be canceled while it is %s',
    (status) => {
      expect(isSettled(status)).toBe(false)
      expect(canBecome(status, 'failed')).toBe(true)
      expect(canBecome(status, 'canceled')).toBe(true)
    },
  )
})

describe('refused', () => {
  it.each(['succeeded', 'failed', 'canceled'] as const)('never changes again once it has %s', (status) => {
    expect(isSettled(status)).toBe(true)
    expect(jobStatuses.filter((next) => canBecome(status, next))).toEqual([])
  })

  it('allows nine transitions, and no other', () => {
    expect(
      transitions.filter(([from, to]) => canBecome(from, to)).map(([from, to]) => `${from} → ${to}`),
    ).toEqual(
      [
        'queued → generating',
        'queued → failed',
        'queued → canceled',
        'generating → storing',
        'generating → failed',
        'generating → canceled',
        'storing → succeeded',
        'storing → failed',
        'storing → canceled',
      ].sort((left, right) => order(left) - order(right)),
    )
  })

  it('never succeeds before it was storing, and never changes into its current status', () => {
    expect(transitions.filter(([from, to]) => to === 'succeeded' && canBecome(from, to))).toEqual([
      ['storing', 'succeeded'],
    ])
    expect(jobStatuses.filter((status) => canBecome(status, status))).toEqual([])
  })
})

function order(transition: string): number {
  return transitions.findIndex(([from, to]) => `${from} → ${to}` === transition)
}
