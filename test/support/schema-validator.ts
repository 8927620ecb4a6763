/** JSON against the schemas of an OpenAPI document: wrong values, and fields that the schemas do not have. */
import { dereference, type Schema, validate } from '@cfworker/json-schema'

/** Says in which ways a JSON text differs from a schema; `name` says what it is. */
export type Judge = (name: string, schema: Schema, text: string | null) => string[]

const mostFaults = 8
const mostKnown = 200

// It interprets schemas: one that compiles them needs eval, which workerd does not have.
export function createJudge(components: Record<string, Schema>): Judge {
  const root: Schema = plain({ $defs: components })
  const lookup = dereference(root)
  const parts = new Map<Schema, Schema[]>()
  const ready = new Map<Schema, Schema>()
  // Tests ask again and again until something happens, and get the same.
  const known = new Map<string, string[]>()

  const prepared = (described: Schema): Schema => {
    const schema = ready.get(described) ?? plain(described)
    if (!ready.has(described)) dereference(schema, lookup, undefined, `/answers/${ready.size}`)
    ready.set(described, schema)
    return schema
  }

  return (name, described, text) => {
    if (text === null) return [`${name}: is no JSON, and is described as JSON`]
    const key = `${name} ${text}`
    const faults = known.get(key) ?? judge(JSON.parse(text), prepared(described))
    if (known.size < mostKnown) known.set(key, faults)
    return faults.map((fault) => `${name}, at ${fault}`)
  }

  function judge(value: unknown, schema: Schema): string[] {
    const extra = [...undescribed(value, [schema], '#')].map((at) => `${at}: the field is not described`)
    // To find the first error only is faster, and there is none as a rule.
    if (validate(value, schema, '2020-12', lookup).valid) return extra.slice(0, mostFaults)
    const { errors } = validate(value, schema, '2020-12', lookup, false)
    // Of an error inside a value, the values around it are errors too.
    const innermost = errors.filter(({ instanceLocation: at }) =>
      errors.every((other) => !other.instanceLocation.startsWith(`${at}/`)),
    )
    const wrong = innermost.map(
      ({ instanceLocation: at, error }) => `${at}: ${error} It is ${show(value, at)}`,
    )
    return [...new Set([...wrong, ...extra])].slice(0, mostFaults)
  }

  /** The fields of a value that none of its schemas has, nor any that these are made of. */
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
      const own = all.flatMap(({ properties }) => schemasIn(properties?.[field]))
      const others = all.flatMap(({ additionalProperties }) => schemasIn(additionalProperties))
      const known = own.length > 0 ? own : others
      if (known.length > 0) yield* undescribed(inner, known, `${at}/${field}`)
      else if (!isOpen) yield `${at}/${field}`
    }
  }

  /** A schema, and all that it refers to or combines. */
  function partsOf(schema: Schema): Schema[] {
    const found = parts.get(schema)
    if (found !== undefined) return found
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

/** Without examples, whose ids would be taken for those of schemas. */
function plain(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === 'example') return undefined
    return key === '$ref' ? value.replace('#/components/schemas/', '#/$defs/') : value
  })
}

/** What is at a place of a value, in short. */
function show(value: unknown, at: string): string {
  const steps = at
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const found = steps.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  )
  return JSON.stringify(found)?.slice(0, 200) ?? 'missing'
}
