/** The answers of the local application after which `reelhook listen` expects another attempt. */
import { describe, expect, it } from 'vitest'
import { type Answer, needsRetry } from '../../../src/sdk/cli/listen/forward.ts'
import { answerLine } from '../../../src/sdk/cli/listen/lines.ts'
import { showLine } from '../../../src/sdk/cli/listen/show.ts'

function answered(status: number, headers: Record<string, string> = {}): Answer {
  return { kind: 'answered', status, headers: new Headers(headers), body: new Uint8Array(), durationMs: 3 }
}

describe('another attempt', () => {
  it.each<[string, Answer, boolean]>([
    ['a success', answered(204), false],
    ['an error', answered(500), true],
    ['410 Gone', answered(410), false],
    ['an error with abort-message', answered(500, { 'webhook-delivery': ' Abort-Message' }), false],
    ['no answer', { kind: 'unanswered', error: 'nothing listens', durationMs: 1 }, true],
  ])('after %s is expected: %s', (_, answer, isExpected) => {
    expect(needsRetry(answer)).toBe(isExpected)
  })

  it.each([
    { retried_by: 'reelhook', retry_in_ms: null, text: 'Reelhook tries again' },
    { retried_by: 'listen', retry_in_ms: 5_000, text: 'Again in 5 s' },
    { retried_by: null, retry_in_ms: null, text: 'No further attempt' },
  ] as const)('is named: $text', ({ text, ...next }) => {
    const paint = (shown: string) => shown
    const style = { bold: paint, dim: paint, red: paint, green: paint, yellow: paint, cyan: paint }
    const line = answerLine({ id: 'evt_1', attempt: 1, ...next }, answered(500))
    const shown = showLine(line, { style, isVerbose: false, width: 80, time: () => '12:00:00' })
    expect(shown).toEqual({
      text: `12:00:00  ← 500 in 3 ms. ${text}  evt_1`,
      isNotice: false,
    })
  })
})
