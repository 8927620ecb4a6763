/** The places of a value, and the edits that break it. */
import { describe, expect, it } from 'vitest'
import { hostileValues } from './hostile.ts'
import { isValid, type JsonSchema } from './schema.ts'
import { edited, sitesIn, toJson } from './sites.ts'

const schema: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 5 },
    size: {
      anyOf: [
        { type: 'integer', minimum: 4, maximum: 15 },
        { type: 'string', enum: ['auto'] },
      ],
    },
    tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] }, minItems: 1, maxItems: 2 },
    at: { type: ['string', 'null'], format: 'date-time' },
    more: { type: 'object', additionalProperties: { type: 'string', maxLength: 3 } },
  },
  required: ['name'],
  additionalProperties: false,
}
const value = { name: 'boat', tags: ['a'], more: { x: 'y' } }

const sites = sitesIn(schema, value)

describe('the places of a value', () => {
  it('are its fields, its items, the fields that it could have, and fields that it must not have', () => {
    const paths = new Set(sites.map(({ path }) => path.join('.')))
    expect([...paths]).toEqual(
      expect.arrayContaining(['', 'name', 'size', 'tags', 'tags.0', 'at', 'more', 'unknown', '__proto__']),
    )
  })

  it('have edits: exactly those marked as breaks make the value invalid, or its text forbidden', () => {
    // The validator cannot report half a character in a name.
    for (const { path, edits } of sites.filter(({ path }) => path.join().isWellFormed())) {
      for (const edit of edits) {
        const changed = edited(value, path, edit)
        const outcome = `${path.join('.')}: ${toJson(changed).slice(0, 200)}`
        const isForbidden = /\\u0000|\\ud800|\\udc00|\\u001b|"__proto__":/.test(toJson(changed))
        expect(isValid(schema, changed) && !isForbidden, outcome).toBe(!edit.isBreak)
      }
    }
  })

  it.each(['name', 'size', 'tags', 'at'])('include %s with values that break it', (name) => {
    const { refused } = hostileValues(schema.properties?.[name] ?? {})
    expect(refused.length).toBeGreaterThan(10)
  })

  it('leave the given value as it is', () => {
    expect(value).toEqual({ name: 'boat', tags: ['a'], more: { x: 'y' } })
  })
})

describe('the JSON text', () => {
  it('has numbers beyond the largest, the sign of zero, and fields of any name', () => {
    const made = edited({ a: [Number.POSITIVE_INFINITY, -0] }, ['__proto__'], {
      isBreak: true,
      remove: false,
      value: 1,
    })
    expect(toJson(made)).toBe('{"a":[1e400,-0],"__proto__":1}')
  })
})
