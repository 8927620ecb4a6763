import { expect, it } from 'vitest'
import { z } from 'zod'
import {
  maxJsonDepth,
  maxJsonEntries,
  parseJson,
  readStored,
  tooDeepAt,
  tooManyAt,
} from '../../../src/core/http/json.ts'

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

it.each([
  ['{"a":[1,null]}', { a: [1, null] }],
  [' "text" ', 'text'],
  ['null', null],
])('reads %s', (text, value) => {
  expect(parseJson(text)).toEqual(value)
})

it.each(['', 'undefined', '{', "{'a':1}", '<html>', '{"a":1}{', '\u0000'])(
  'returns undefined for %j',
  (text) => {
    expect(parseJson(text)).toBeUndefined()
  },
)

it('reads a value of the deepest nesting allowed, and returns undefined for a deeper one', () => {
  expect(parseJson(nested(maxJsonDepth))).toBeDefined()
  expect(parseJson(nested(maxJsonDepth + 1))).toBeUndefined()
  expect(parseJson(`{"a":${nested(500_000)}}`)).toBeUndefined()
})

it('names the path to a value that is nested too deep', () => {
  expect(tooDeepAt(JSON.parse(`{"a":1,"b":{"c":[0,${nested(40)}]}}`))).toBe('b.c.1.0')
  expect(tooDeepAt({ a: { b: [] } })).toBeNull()
})

it('names the path to a list or an object with too many entries', () => {
  const list = Array.from({ length: maxJsonEntries }, () => ({ a: 1 }))
  expect(tooManyAt({ a: [list] })).toBeNull()
  expect(tooManyAt({ a: [[...list, 1]] })).toBe('a.0')
  expect(tooManyAt(Object.fromEntries([...list, 1].map((_, n) => [`f${n}`, n])))).toBe('')
})

it.each(['', '{', '"text"', '{"n":"1"}', nested(100)])(
  'returns undefined for a damaged column: %j',
  (text) => {
    expect(readStored(z.object({ n: z.number() }), text)).toBeUndefined()
    expect(readStored(z.object({ n: z.number() }), '{"n":1}')).toEqual({ n: 1 })
  },
)
