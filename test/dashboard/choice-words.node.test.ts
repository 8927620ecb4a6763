/** Why a provider was chosen, in words. */
import { expect, it } from 'vitest'
import { choiceWords } from '../../src/dashboard/timeline/choice-words.ts'

const providers = ['crun', 'runware']
const measured = [{ provider: 'crun', median_seconds: 42, tasks: 17 }]
const tried_last = [
  {
    provider: 'runware',
    fault: 'out_of_credit',
    since: '2026-11-29T10:00:00.000Z',
    until: '2026-11-29T10:09:00.000Z',
  },
]

it.each([
  [{ by: 'named' }, 'named by the request'],
  [{ by: 'auto' }, 'auto: the order of this deployment'],
  [{ by: 'cheapest' }, 'cheapest: the lowest estimate first'],
  [{ by: 'fastest', measured }, 'fastest: the median of 7 days is crun 42 s (17 tasks)'],
  [{ by: 'fastest' }, 'fastest: too few tasks were measured, so in the order of this deployment'],
  [
    { by: 'auto', tried_last },
    'auto: the order of this deployment. runware is tried last: it has refused submissions since 2026-11-29T10:00:00.000Z (out_of_credit)',
  ],
])('%j is shown as "%s"', (choice, words) => {
  expect(choiceWords({ providers, choice })).toBe(words)
})

it('one provider that can is no choice', () => {
  expect(choiceWords({ providers: ['crun'], choice: { by: 'fastest' } })).toBe(
    'fastest: the only provider that can',
  )
})

it('an entry of an earlier version has no words', () => {
  expect(choiceWords({ providers })).toBeNull()
  expect(choiceWords({ providers, choice: { by: 'dice' } })).toBeNull()
})
