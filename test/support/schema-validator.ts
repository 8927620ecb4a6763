/** Validates JSON against the schemas of an OpenAPI document: wrong values, and fields that the schemas do not have. */
import { dereference, type Schema, validate } from '@cfworker/json-schema'

/** Returns the differences between a JSON text and a schema; `name` identifies the text. */
export type Validator = (name: string, schema: Schema, text: string | null) => string[]

const maxFaults = 8
const maxCached = 200

// This validator interprets schemas: one that compiles them needs eval, which workerd does not have.
export function createValidator(components: Record<string, Schema>): Validator {
  const root: Schema = plain({ $defs: components })
  const lookup = dereference(root)
  const parts = new Map<Schema, Schema[]>()
  const dereferenced = new Map<Schema, Schema>()
  // Tests that poll receive the same text many times.
  const cache = new Map<string, string[]>()

  const prepared = (described: Schema): Schema => {
    const schema = dereferenced.get(described) ?? plain(described)
    if (!dereferenced.has(described))
      dereference(schema, lookup, undefined, `/responses/${dereferenced.size}`)
    dereferenced.set(described, schema)
    return schema
  }

  return (name, described, text) => {
    if (text === null) return [`${name}: is not JSON, but is described as JSON`]
    const key = `${name} ${text}`
    const faults = cache.get(key) ?? faultsOf(JSON.parse(text), prepared(described))
    cache.set(key, faults)
    // Only the latest: all the files of a run share this validator.
    for (const oldest of cache.keys()) {
      if (cache.size <= maxCached) break
      cache.delete(oldest)
    }
    return faults.map((fault) => `${name}, at ${fault}`)
  }

  function faultsOf(value: unknown, schema: Schema): string[] {
    const extra = [...undescribed(value, [schema], '#')].map((at) => `${at}: the field is not described`)
    // Usually there is no error, and stopping at the first one is faster.
    if (validate(value, schema, '2020-12', lookup).valid) return extra.slice(0, maxFaults)
    const { errors } = validate(value, schema, '2020-12', lookup, false)
    // An error inside a value is reported for the values around it too.
    const innermost = errors.filter(({ instanceLocation: at }) =>
      errors.every((other) => !other.instanceLocation.startsWith(`${at}/`)),
    )
    const wrong = innermost.map(
      ({ instanceLocation: at, error }) => `${at}: ${error} It is ${show(value, at)}`,
    )
    return [...new Set([...wrong, ...extra])].slice(0, maxFaults)
  }

  /** The fields of a value that neither its schemas nor their parts have. */
  function* undescribed(value: unknown, schemas: Schema[], at: string): Generator<string> {
    const all = schemas.flatMap(partsOf)
    if (Array.isArray(value)) {
      const items = all.flatMap((part) => schemasIn(part.items))
      for (const [index, item] of value.entries()) yield* undescribed(item, items, `${at}/${index}`)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const isOpen = all.every(({ properties }) => properties === undefined)
    for (const [field, inner] of Object.entries(value)) {
      const declared = all.flatMap(({ properties }) => schemasIn(properties?.[field]))
      const others = all.flatMap(({ additionalProperties }) => schemasIn(additionalProperties))
      const applicable = declared.length > 0 ? declared : others
      if (applicable.length > 0) yield* undescribed(inner, applicable, `${at}/${field}`)
      else if (!isOpen) yield `${at}/${field}`
    }
  }

  /** A schema with every schema that it refers to or combines. */
  function partsOf(schema: Schema): Schema[] {
    const cached = parts.get(schema)
    if (cached !== undefined) return cached
    const { $ref, allOf = [], anyOf = [], oneOf = [] } = schema
    const referred = $ref === undefined ? [] : schemasIn(root.$defs?.[$ref.replace('#/$defs/', '')])
    const combined = [...allOf, ...anyOf, ...oneOf].flatMap(schemasIn)
    const all = [schema, ...[...referred, ...combined].flatMap(partsOf)]
    parts.set(schema, all)
    return all
  }
}

function schemasIn(schema: unknown): Schema[] {
  if (schema === true) return [{}]
  return typeof schema === 'object' && schema !== null ? [schema] : []
}

/** Removes examples: their ids would be read as the ids of schemas. */
function plain(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(withoutExamples(schema)), (key, value) =>
    key === '$ref' ? value.replace('#/components/schemas/', '#/$defs/') : value,
  )
}

/** `content`: what the keys of an object are. */
export function withoutExamples(value: unknown, content: 'keywords' | 'names' = 'keywords'): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutExamples(inner))
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => content === 'names' || key !== 'example')
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      const hasNames = content === 'keywords' && (key === 'properties' || key === '$defs')
      return [key, withoutExamples(inner, hasNames ? 'names' : 'keywords')]
    }),
  )
}

/** The value at a JSON pointer, shortened. */
function show(value: unknown, at: string): string {
  const steps = at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const target = steps.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  )
  return JSON.stringify(target)?.slice(0, 200) ?? 'missing'
}
