import { describe, expect, it } from 'vitest'
import { canBecome, isSettled, jobStatuses } from '../../src/core/job.ts'

const moves = jobStatuses.flatMap((from) => jobStatuses.map((to) => [from, to] as const))

describe('happy', () => {
  it('goes from the queue over the provider and R2 to its end', () => {
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

  it('allows nine moves, and no other', () => {
    expect(moves.filter(([from, to]) => canBecome(from, to)).map(([from, to]) => `${from} → ${to}`)).toEqual(
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

  it('never succeeds without having been stored, and never stands still', () => {
    expect(moves.filter(([from, to]) => to === 'succeeded' && canBecome(from, to))).toEqual([
      ['storing', 'succeeded'],
    ])
    expect(jobStatuses.filter((status) => canBecome(status, status))).toEqual([])
  })
})

function order(move: string): number {
  return moves.findIndex(([from, to]) => `${from} → ${to}` === move)
}
