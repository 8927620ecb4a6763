/** No sequence of answers lets a job buy more than was asked for. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isReplaced, mayBeBought, maySubmit, type Repeats, type TaskRecord } from '../../src/core/task.ts'

function aLine(overrides: Partial<TaskRecord> = {}): TaskRecord {
  const line = { n: 0, clientReference: 'a', wanted: 1, endedAt: null, unknownAt: null }
  return { ...line, status: 'intended', ...overrides }
}

const one = { count: 1, resubmit_unknown: false }

describe('a billable call', () => {
  it.each([
    ['the first', one, [], aLine(), 'billed_again', true],
    ['more than was asked for', one, [], aLine({ wanted: 2 }), 'billed_again', false],
    [
      'one after a proven refusal',
      one,
      [aLine({ status: 'rejected' })],
      aLine({ n: 1 }),
      'billed_again',
      true,
    ],
    ['one put off before', one, [aLine({ status: 'deferred' })], aLine(), 'billed_again', true],
    ['one beside another', one, [aLine({ status: 'submitted' })], aLine({ n: 1 }), 'billed_again', false],
    ['an unknown one again', one, [aLine({ status: 'unknown' })], aLine(), 'billed_again', false],
    [
      'an unknown one again, harmlessly',
      one,
      [aLine({ status: 'unknown', unknownAt: 1 })],
      aLine({ unknownAt: 1 }),
      'harmless',
      true,
    ],
    [
      'one that is there already',
      one,
      [aLine({ status: 'submitted' })],
      aLine({ unknownAt: 1 }),
      'harmless',
      false,
    ],
    ['one under way, as if its answer were known', one, [aLine()], aLine(), 'harmless', false],
    [
      'an unknown one under another name',
      one,
      [aLine({ status: 'unknown' })],
      aLine({ clientReference: 'b' }),
      'harmless',
      false,
    ],
    [
      'one after a refusal that followed an unknown answer',
      one,
      [aLine({ status: 'rejected', unknownAt: 1 })],
      aLine({ n: 1 }),
      'billed_again',
      false,
    ],
    [
      'one in place of an unknown one, unasked',
      one,
      [aLine({ status: 'unknown', endedAt: 1 })],
      aLine({ n: 1 }),
      'billed_again',
      false,
    ],
    [
      'one in place of an unknown one, as the caller allowed',
      { ...one, resubmit_unknown: true },
      [aLine({ status: 'unknown', endedAt: 1 })],
      aLine({ n: 1 }),
      'billed_again',
      true,
    ],
    [
      'a second one in place of an unknown one',
      { ...one, resubmit_unknown: true },
      [aLine({ status: 'unknown', endedAt: 1 }), aLine({ n: 1, status: 'unknown', endedAt: 1 })],
      aLine({ n: 2 }),
      'billed_again',
      false,
    ],
  ] as const)('for %s', (_, request, lines, next, repeats, isAllowed) => {
    expect(maySubmit(request, lines, next, repeats)).toBe(isAllowed)
  })

  const answers = ['refused', 'put off', 'accepted', 'lost', 'lost, not accepted', 'given up'] as const
  const calls = fc.array(
    fc.record({
      n: fc.nat(5),
      wanted: fc.integer({ min: 1, max: 4 }),
      answer: fc.constantFrom(...answers),
    }),
    { maxLength: 40 },
  )

  it('never buys more than was asked for and allowed, whatever is tried and answered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.boolean(), calls, (count, resubmit_unknown, tried) => {
        const lines = new Map<number, TaskRecord>()
        /** The provider's own books: outputs by client reference, or by call where it buys again. */
        const books = new Map<string, number>()
        tried.forEach(({ n, wanted: asked, answer }, time) => {
          // Lines are at providers of both kinds.
          const repeats: Repeats = n % 2 === 0 ? 'harmless' : 'billed_again'
          const known = lines.get(n)
          const wanted = known?.wanted ?? asked
          const next = known ?? aLine({ n, clientReference: `reference ${n}`, wanted })
          if (!maySubmit({ count, resubmit_unknown }, [...lines.values()], next, repeats)) return
          if (answer === 'accepted' || answer === 'lost' || answer === 'given up') {
            books.set(
              repeats === 'harmless' ? next.clientReference : `${next.clientReference} ${time}`,
              wanted,
            )
          }
          const unknownAt = answer.startsWith('lost') || answer === 'given up' ? time : next.unknownAt
          const status =
            answer === 'accepted'
              ? 'submitted'
              : unknownAt !== null
                ? 'unknown'
                : answer === 'refused'
                  ? 'rejected'
                  : 'deferred'
          lines.set(n, { ...next, unknownAt, status, endedAt: answer === 'given up' ? time : null })
        })
        const bought = [...books.values()].reduce((sum, outputs) => sum + outputs, 0)
        const replaced = [...lines.values()].filter(isReplaced).reduce((sum, { wanted }) => sum + wanted, 0)
        expect(bought).toBeLessThanOrEqual(count + (resubmit_unknown ? replaced : 0))
        for (const line of lines.values()) if (line.unknownAt !== null) expect(mayBeBought(line)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
