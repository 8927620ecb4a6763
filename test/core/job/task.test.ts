/** No sequence of responses lets a job buy more than it requested. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isReplaced,
  mayBeBought,
  maySubmit,
  type Repeats,
  type TaskRecord,
} from '../../../src/core/job/task.ts'

function aTask(overrides: Partial<TaskRecord> = {}): TaskRecord {
  const task = { n: 0, clientReference: 'a', wanted: 1, endedAt: null, unknownAt: null }
  return { ...task, status: 'intended', ...overrides }
}

const one = { count: 1, resubmit_unknown: false }

describe('a billable call', () => {
  it.each([
    ['the first task', one, [], aTask(), 'billed_again', true],
    ['more outputs than requested', one, [], aTask({ wanted: 2 }), 'billed_again', false],
    [
      'a task after a proven refusal',
      one,
      [aTask({ status: 'rejected' })],
      aTask({ n: 1 }),
      'billed_again',
      true,
    ],
    ['a deferred task', one, [aTask({ status: 'deferred' })], aTask(), 'billed_again', true],
    [
      'a second task beside one that has all outputs',
      one,
      [aTask({ status: 'submitted' })],
      aTask({ n: 1 }),
      'billed_again',
      false,
    ],
    ['an unknown task again', one, [aTask({ status: 'unknown' })], aTask(), 'billed_again', false],
    [
      'an unknown task again, where repeats are harmless',
      one,
      [aTask({ status: 'unknown', unknownAt: 1 })],
      aTask({ unknownAt: 1 }),
      'harmless',
      true,
    ],
    [
      'a task that the provider already has',
      one,
      [aTask({ status: 'submitted' })],
      aTask({ unknownAt: 1 }),
      'harmless',
      false,
    ],
    ['a task whose call may be under way, not marked as unknown', one, [aTask()], aTask(), 'harmless', false],
    [
      'an unknown task under another client reference',
      one,
      [aTask({ status: 'unknown' })],
      aTask({ clientReference: 'b' }),
      'harmless',
      false,
    ],
    [
      'a task after a refusal that followed a lost response',
      one,
      [aTask({ status: 'rejected', unknownAt: 1 })],
      aTask({ n: 1 }),
      'billed_again',
      false,
    ],
    [
      'a task in place of an unknown one, without permission',
      one,
      [aTask({ status: 'unknown', endedAt: 1 })],
      aTask({ n: 1 }),
      'billed_again',
      false,
    ],
    [
      'a task in place of an unknown one, with permission',
      { ...one, resubmit_unknown: true },
      [aTask({ status: 'unknown', endedAt: 1 })],
      aTask({ n: 1 }),
      'billed_again',
      true,
    ],
    [
      'a second task in place of an unknown one',
      { ...one, resubmit_unknown: true },
      [aTask({ status: 'unknown', endedAt: 1 }), aTask({ n: 1, status: 'unknown', endedAt: 1 })],
      aTask({ n: 2 }),
      'billed_again',
      false,
    ],
  ] as const)('for %s', (_, request, lines, next, repeats, isAllowed) => {
    expect(maySubmit(request, lines, next, repeats)).toBe(isAllowed)
  })

  const answers = ['refused', 'deferred', 'accepted', 'lost', 'lost, not accepted', 'given up'] as const
  const calls = fc.array(
    fc.record({
      n: fc.nat(5),
      wanted: fc.integer({ min: 1, max: 4 }),
      answer: fc.constantFrom(...answers),
    }),
    { maxLength: 40 },
  )

  it('never buys more than requested and allowed, in any sequence of calls and responses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.boolean(), calls, (count, resubmit_unknown, tried) => {
        const lines = new Map<number, TaskRecord>()
        /** The provider's bills: outputs by client reference, or by call where it bills again. */
        const books = new Map<string, number>()
        tried.forEach(({ n, wanted: asked, answer }, time) => {
          // The tasks are at providers of both kinds.
          const repeats: Repeats = n % 2 === 0 ? 'harmless' : 'billed_again'
          const known = lines.get(n)
          const wanted = known?.wanted ?? asked
          const next = known ?? aTask({ n, clientReference: `reference ${n}`, wanted })
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
