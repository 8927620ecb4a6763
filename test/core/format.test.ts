/** Numbers for people. */
import { expect, it } from 'vitest'
import { formatDuration, formatUsd } from '../../src/core/format.ts'

it.each([
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [4_200, '4.2 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min'],
  [60_000, '1 min'],
  [185_900, '3 min 5 s'],
])('a duration of %d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

it.each([
  [0, '$0.00'],
  [0.00003, 'less than $0.0001'],
  [0.0001, '$0.0001'],
  [0.405, '$0.405'],
  [1_234.5, '$1,234.50'],
])('%d US dollars are %s', (amount, text) => {
  expect(formatUsd(amount)).toBe(text)
})
