/** The types and limits of a schema, in words. */
import { nameOf, type Schema } from './description.ts'

/** For example "string or null", "array of Job", "integer or "auto"". */
export function typeWords(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref)
  const variants = variantsOf(schema)
  if (variants.length > 0) return [...new Set(variants.map(typeWords))].join(' or ')
  if (schema.allOf !== undefined) return 'object'
  const types = [schema.type ?? []].flat().map((type) => (type === 'array' ? arrayWords(schema) : type))
  return types.length === 0 ? 'any value' : types.join(' or ')
}

function arrayWords({ items = {} }: Schema): string {
  const words = typeWords(items)
  return `array of ${words.includes(' or ') ? `(${words})` : words}`
}

export function variantsOf({ anyOf = [], oneOf = [] }: Schema): Schema[] {
  return [...anyOf, ...oneOf]
}

/** Whether the values are all that is allowed: "auto" beside an integer is not. */
export function isOnlyValues(schema: Schema): boolean {
  const variants = variantsOf(schema)
  if (variants.length > 0) return variants.every(isOnlyValues)
  return schema.items === undefined
    ? schema.enum !== undefined || schema.const !== undefined
    : isOnlyValues(schema.items)
}

/** The allowed values of the schema, or of the items of its array; each once, although several variants may allow it. */
export function valuesOf(schema: Schema): string[] {
  if (schema.const !== undefined) return [JSON.stringify(schema.const)]
  const values = schema.enum ?? []
  if (values.length > 0)
    return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  if (schema.items !== undefined) return valuesOf(schema.items)
  return [...new Set(variantsOf(schema).flatMap(valuesOf))]
}

export function limitWords(schema: Schema): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, format, pattern } = schema
  const { minLength, maxLength, minItems, maxItems, items } = schema
  const texts = [
    range(minimum, maximum, ''),
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`,
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' items'),
    format === undefined ? '' : `format ${format}`,
    pattern === undefined ? '' : `pattern ${pattern}`,
    ...variantsOf(schema).flatMap(limitWords),
    ...(items === undefined || items.properties !== undefined
      ? []
      : limitWords(items).map((text) => `each ${text}`)),
  ]
  return [...new Set(texts.filter((text) => text !== ''))]
}

function range(min: number | undefined, max: number | undefined, unit: string): string {
  if (min === undefined && max === undefined) return ''
  if (min === undefined) return `at most ${count(max)}${unit}`
  if (max === undefined || max === Number.MAX_SAFE_INTEGER)
    return min === Number.MIN_SAFE_INTEGER ? '' : `at least ${count(min)}${unit}`
  return min === max ? `exactly ${count(min)}${unit}` : `${count(min)} to ${count(max)}${unit}`
}

function count(value: number | undefined): string {
  return String(value ?? 0).replace(/\B(?=(\d{3})+$)/g, ',')
}
