import { expect, it } from 'vitest'
import { parseJson } from '../../src/core/json.ts'

it.each([
  ['{"a":[1,null]}', { a: [1, null] }],
  [' "text" ', 'text'],
  ['null', null],
])('reads %s', (text, value) => {
  expect(parseJson(text)).toEqual(value)
})

it.each(['', 'undefined', '{', "{'a':1}", '<html>', '{"a":1}{', '\u0000'])('makes nothing of %j', (text) => {
  expect(parseJson(text)).toBeUndefined()
})
