import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonFaults } from '../../../src/core/request/json-text.ts'
import { brokenTextFault, countCharacters, textFault, textOf } from '../../../src/core/request/text.ts'

const family = '👨‍👩‍👧‍👦'

describe('the length of a text', () => {
  it.each([
    ['', 0],
    ['boat', 4],
    ['水', 1],
    ['🚢', 1],
    ['é', 1],
    ['e\u0301', 2],
    [family, 7],
    [`\ud83d${'x'}`, 2],
  ])('of %j is %i code points', (text, count) => {
    expect(countCharacters(text)).toBe(count)
  })

  it('is limited in code points', () => {
    expect(textOf({ max: 2 }).safeParse('🚢🚢').success).toBe(true)
    const tooLong = textOf({ min: 1, max: 2 }).safeParse('🚢🚢🚢')
    expect(tooLong.error?.issues[0]?.message).toBe('must have 1 to 2 characters')
  })
})

describe('a text', () => {
  it.each(['A boat\n\tat sea\r\n', family, '\u0085', '\ufffd', '\u2028', ''])('may contain %j', (text) => {
    expect(textFault(text, 'text')).toBeNull()
  })

  it.each([
    ['\u0000', 'U+0000'],
    ['\u0008', 'U+0008'],
    ['\u000b', 'U+000B'],
    ['\u001b[0m', 'U+001B'],
    ['\u007f', 'U+007F'],
  ])('may not have %j', (text, code) => {
    expect(textFault(`A ${text} boat`, 'text')).toBe(`must not have the control character ${code}`)
    expect(textFault(`A ${text} boat`, 'name')).toBe(`must not have the control character ${code}`)
  })

  it.each(['\ud83d', '\udea2', 'x\udea2\ud83d', '\ud83d\ud83d\udea2'])('may not have half of %j', (text) => {
    expect(textFault(text, 'text')).toMatch(/half a character/)
  })

  it.each(['\n', '\t', '\r', '\u0085'])('that is a name may not have %j', (text) => {
    expect(textFault(`a${text}b`, 'name')).toMatch(/control character/)
  })

  it('decoded from invalid UTF-8 is refused', () => {
    expect(brokenTextFault('bo\ufffdt', 'text')).toBe('is not valid UTF-8')
    expect(brokenTextFault('boat', 'text')).toBeNull()
  })
})

describe('the strings of a JSON value', () => {
  it('are validated at every depth, keys included, and reported with their path', () => {
    const json = JSON.parse('{"a":[{"b\\n":"x"},"\\u0000"],"__proto__":{"c":1},"d":{"__proto__":1},"e":"ok"}')
    expect(jsonFaults(json).map(({ path }) => path)).toEqual(['a.0.b\n', 'a.1', '__proto__', 'd.__proto__'])
  })

  it('are reported without a lone surrogate in the path', () => {
    expect(jsonFaults({ 'a\ud800': '' })[0]?.path).toBe('a\ufffd')
  })

  it('are all accepted if each is valid', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: fc.constantFrom('a', '水', '🚢', ' ') }), (json) => {
        expect(jsonFaults(json)).toEqual([])
      }),
    )
  })

  it('are validated in a value that is nested deeper than the call stack', () => {
    const json = JSON.parse(`${'['.repeat(50_000)}"\\u0000"${']'.repeat(50_000)}`)
    expect(jsonFaults(json)).toHaveLength(1)
  })

  it('are reported with at most a hundred faults', () => {
    expect(jsonFaults(Array.from({ length: 1_000 }, () => '\0'))).toHaveLength(100)
  })
})
