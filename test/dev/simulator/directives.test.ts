/** What the simulated providers read in a prompt. */
import { expect, it } from 'vitest'
import { readDirectives } from '../../../src/dev/simulator/directives.ts'

it('a directive that does not exist is refused with the names of those that do', () => {
  expect(readDirectives('A boat sim(bogus=1)')).toEqual({
    ok: false,
    message: expect.stringMatching(
      /: bogus is no directive\. The directives are apart, at, body, .*seconds, submit, webhook$/,
    ),
  })
})

it.each(['A boat sim(fail=moderated', 'A boat SIM(fail=moderated)', 'A boat sim (fail=moderated)', 'A boat'])(
  '%s is an ordinary prompt',
  (prompt) => {
    expect(readDirectives(prompt)).toEqual({ ok: true, directives: {} })
  },
)
