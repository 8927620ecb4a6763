/** Valid values of a schema. */
import fc, { type Arbitrary } from 'fast-check'
import { isValid, type JsonSchema, typesOf } from './schema.ts'

/** Values that mean something in the world of the test, by the name of a field or parameter. */
export type Hints = Readonly<Record<string, readonly unknown[]>>

/** A few items or fields find the faults that many would. */
const maxGenerated = 3
const maxText = 40

/** `name` is the name of the field that has the value. */
export function valuesOf(schema: JsonSchema, hints: Hints, name = ''): Arbitrary<unknown> {
  const known = [...(Object.hasOwn(hints, name) ? (hints[name] ?? []) : []), ...examplesIn(schema)].filter(
    (value) => isValid(schema, value),
  )
  const generated = generate(schema, hints)
  return known.length === 0
    ? generated
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: generated })
}

function examplesIn(schema: JsonSchema): unknown[] {
  return ['example', 'default'].flatMap((keyword) =>
    Object.hasOwn(schema, keyword) ? [Reflect.get(schema, keyword)] : [],
  )
}

function generate(schema: JsonSchema, hints: Hints): Arbitrary<unknown> {
  if (Object.hasOwn(schema, 'const')) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const { anyOf, oneOf, allOf, ...rest } = schema
  const choices = anyOf ?? oneOf
  if (choices !== undefined)
    return fc.oneof(...choices.map((choice) => valuesOf({ ...rest, ...choice }, hints)))
  if (allOf !== undefined) return generate(Object.assign({}, rest, ...allOf), hints)
  const types = typesOf(schema)
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 })
  return fc.oneof(...types.map((type) => ofType(type, schema, hints)))
}

function ofType(type: string, schema: JsonSchema, hints: Hints): Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: Math.ceil(lowest(schema)), max: Math.floor(highest(schema)) })
    case 'number':
      return fc
        .double({ min: lowest(schema), max: highest(schema), noNaN: true })
        .filter((value) => isValid(schema, value))
    case 'string':
      return textOf(schema)
    case 'array': {
      const { items = {}, minItems = 0, maxItems = maxGenerated } = schema
      const maxLength = Math.max(minItems, Math.min(maxItems, maxGenerated))
      return fc.array(valuesOf(items, hints), { minLength: minItems, maxLength })
    }
    case 'object':
      return objectOf(schema, hints)
    default:
      throw new Error(`the generator does not know the type ${type}`)
  }
}

function lowest({ minimum, exclusiveMinimum }: JsonSchema): number {
  return minimum ?? exclusiveMinimum ?? -1_000
}

function highest(schema: JsonSchema): number {
  const { maximum, exclusiveMaximum } = schema
  return maximum ?? exclusiveMaximum ?? lowest(schema) + 2_000
}

/** Building it takes longer than making a value. */
const urls = fc.webUrl({ validSchemes: ['https'], withQueryParameters: true })

function textOf({ pattern, format, minLength = 0, maxLength = maxText }: JsonSchema): Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  switch (format) {
    case 'date-time':
      return fc
        .tuple(
          fc.date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true }),
          fc.constantFrom('Z', '+02:00', '-11:30'),
        )
        .map(([date, offset]) => date.toISOString().replace('Z', offset))
    case 'uri':
      return urls
    case undefined:
    case 'binary':
      return fc.string({
        unit: 'grapheme',
        minLength,
        maxLength: Math.max(minLength, Math.min(maxLength, maxText)),
      })
    default:
      throw new Error(`the generator does not know the format ${format}`)
  }
}

function objectOf(schema: JsonSchema, hints: Hints): Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, valuesOf(inner, hints, name)]),
  )
  const described = fc.record(fields, { requiredKeys: required })
  if (typeof additionalProperties !== 'object') return described
  const names =
    propertyNames === undefined ? fc.string({ minLength: 1, maxLength: 20 }) : textOf(propertyNames)
  const others = fc.dictionary(names, valuesOf(additionalProperties, hints), { maxKeys: maxGenerated })
  return fc.tuple(others, described).map(([more, own]) => ({ ...more, ...own }))
}
