import { expect, it } from 'vitest'
import { readFormFields } from '../../../src/api/faces/openai/form-fields.ts'

function read(...texts: [string, string][]) {
  return readFormFields(texts.map(([name, text]) => [name, new TextEncoder().encode(text)]))
}

it('brackets make members and items', () => {
  const { fields, faults } = read(
    ['prompt', 'A boat'],
    ['input_reference[image_url]', 'https://a.test/b.png'],
    ['provider[]', 'crun'],
    ['provider[]', 'runware'],
    ['metadata[order]', '42'],
    ['metadata[team]', 'boats'],
    ['provider_options[crun][x]', '1'],
  )
  expect(faults).toEqual([])
  expect(fields).toEqual({
    prompt: 'A boat',
    input_reference: { image_url: 'https://a.test/b.png' },
    provider: ['crun', 'runware'],
    metadata: { order: '42', team: 'boats' },
    provider_options: { crun: { x: '1' } },
  })
})

it.each([
  [['a', 'a']],
  [['a', 'a[]']],
  [['a', 'a[b]']],
  [['a[]', 'a']],
  [['a[]', 'a[b]']],
  [['a[b]', 'a']],
  [['a[b]', 'a[]']],
  [['a[b]', 'a[b]']],
  [['a[b]', 'a[b][c]']],
])('%j is one field twice', (names) => {
  const { faults } = read(...names.map((name): [string, string] => [name, 'x']))
  expect(faults).toEqual([{ path: names[1], message: 'is given more than once' }])
})

it.each(['a[', 'a]b', '[a]', '', 'a[b]c', 'a[[b]]', 'a[1][2][3][4][5]'])('%j is a name by itself', (name) => {
  expect(read([name, 'x']).fields).toEqual({ [name]: 'x' })
})

it('no name reaches the prototype of an object', () => {
  const { fields } = read(['__proto__[isAdmin]', 'x'], ['constructor[prototype][y]', 'x'])
  expect(Object.keys(fields)).toEqual(['__proto__', 'constructor'])
  expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
})
