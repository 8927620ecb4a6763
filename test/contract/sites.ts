/** The places in a value where it can be broken, and the edits that do it. */
import { hostileValues, withOwn } from './hostile.ts'
import type { JsonSchema } from './schema.ts'

export interface Site {
  /** From the top of the value. */
  path: string[]
  edits: Edit[]
}

export type Edit = { isBreak: boolean; remove: true } | { isBreak: boolean; remove: false; value: unknown }

const strangeNames = [
  'unknown',
  '',
  'Prompt',
  '__proto__',
  'constructor',
  'toString',
  'a.b',
  '👩‍👧',
  'a\u0000',
  '\ud800',
]

/** A union is one place: a broken value does not show which of its choices was meant. */
export function sitesIn(schema: JsonSchema, value: unknown, path: string[] = []): Site[] {
  const here = { path, edits: replacements(schema) }
  if (Array.isArray(value)) {
    const { items } = schema
    const inner =
      items === undefined ? [] : value.flatMap((item, n) => sitesIn(items, item, [...path, `${n}`]))
    return [here, ...inner]
  }
  if (typeof value !== 'object' || value === null || (schema.anyOf ?? schema.oneOf) !== undefined)
    return [here]
  const { properties = {}, required = [], additionalProperties } = schema
  const described = Object.entries(properties).flatMap(([name, inner]) => {
    if (!Object.hasOwn(value, name)) return [{ path: [...path, name], edits: replacements(inner) }]
    const [first, ...deeper] = sitesIn(inner, Reflect.get(value, name), [...path, name])
    const removal: Edit[] = required.includes(name) ? [{ isBreak: true, remove: true }] : []
    return [{ path: [...path, name], edits: [...removal, ...(first?.edits ?? [])] }, ...deeper]
  })
  const strange =
    additionalProperties === false
      ? strangeNames
          .filter((name) => !Object.hasOwn(properties, name))
          .map((name) => ({
            path: [...path, name],
            edits: [{ isBreak: true, remove: false, value: 1 } as const],
          }))
      : []
  const others =
    typeof additionalProperties === 'object'
      ? ['more', '__proto__', 'constructor'].map((name) => ({
          path: [...path, name],
          edits: replacements(additionalProperties).map((edit) => ({
            ...edit,
            isBreak: edit.isBreak || name === '__proto__',
          })),
        }))
      : []
  return [
    ...(path.length === 0 ? [{ path, edits: here.edits.filter(isNoObject) }] : [here]),
    ...described,
    ...strange,
    ...others,
  ]
}

/** Objects in place of the whole body would be bodies of their own. */
function isNoObject(edit: Edit): boolean {
  return !edit.remove && (typeof edit.value !== 'object' || edit.value === null || Array.isArray(edit.value))
}

function replacements(schema: JsonSchema): Edit[] {
  const { refused, allowed } = hostileValues(schema)
  return [
    ...refused.map((value) => ({ isBreak: true, remove: false as const, value })),
    ...allowed.map((value) => ({ isBreak: false, remove: false as const, value })),
  ]
}

/** The value with the edit made at the path; the given value stays as it is. */
export function edited(value: unknown, [name, ...rest]: string[], edit: Edit): unknown {
  if (name === undefined) return edit.remove ? undefined : edit.value
  if (Array.isArray(value))
    return value.map((item, n) => (String(n) === name ? edited(item, rest, edit) : item))
  const object = typeof value === 'object' && value !== null ? value : {}
  if (rest.length === 0 && edit.remove) {
    const { [name]: _, ...others } = object as Record<string, unknown>
    return others
  }
  const inner = Object.hasOwn(object, name) ? Reflect.get(object, name) : {}
  return withOwn(name, edited(inner, rest, edit), object)
}

/** JSON text, also of numbers that `JSON.stringify` replaces: infinity is written as 1e400, and -0 keeps its sign. */
export function toJson(value: unknown): string {
  if (value === Number.POSITIVE_INFINITY) return '1e400'
  if (Object.is(value, -0)) return '-0'
  if (Array.isArray(value)) return `[${value.map(toJson).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}:${toJson(inner)}`)
    .join()}}`
}
