/** The operations of the published description, with every reference replaced by its schema. */

import { validate } from '@cfworker/json-schema'
import { z } from 'zod'
import { withoutExamples } from '../support/schema-validator.ts'

export interface JsonSchema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  items?: JsonSchema
  minItems?: number
  maxItems?: number
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: JsonSchema | boolean
  propertyNames?: JsonSchema
  maxProperties?: number
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  default?: unknown
  example?: unknown
  description?: string
}

/** A schema with any other keyword fails the test: the generator would ignore what it means. */
const knownKeywords = new Set<string>(
  'type enum const pattern format minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum items minItems maxItems properties required additionalProperties propertyNames maxProperties anyOf oneOf allOf default example examples description title'.split(
    ' ',
  ),
)

export interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  required: boolean
  schema: JsonSchema
}

export interface Operation {
  id: string
  method: string
  /** For example `/v1/jobs/{id}`. */
  path: string
  parameters: Parameter[]
  /** The JSON body; null if the operation takes none. */
  body: { schema: JsonSchema; example: unknown; isRequired: boolean } | null
  takesFile: boolean
  /** Whether it can answer with a stream of events, to a client that accepts one. */
  isStream: boolean
  requiresKey: boolean
  /** One of these opens it, for any key if there is none. Null: the description names no scopes. */
  scopes: string[] | null
}

const record = z.record(z.string(), z.unknown())
const parameterSchema = z.object({
  in: z.enum(['path', 'query', 'header']),
  name: z.string(),
  required: z.boolean().default(false),
  schema: record,
})
const content = z.record(z.string(), z.object({ schema: record, example: z.unknown().optional() }))
const securitySchema = z.object({ apiKey: z.array(z.string()).optional() })
const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content }).optional(),
  security: z.array(securitySchema).optional(),
  responses: z.record(z.string(), z.unknown()),
})
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), record) }),
})

export function readOperations(document: unknown): Operation[] {
  const { paths, components } = documentSchema.parse(document)
  const inline = (schema: unknown) => inlined(schema, components.schemas, 0)
  const namesScopes = /"apiKey":\["/.test(JSON.stringify(paths))
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters, requestBody, security, responses }]) => {
      const json = requestBody?.content['application/json']
      // The ways in: by key, and without one.
      const ways = security ?? [{ apiKey: [] }]
      return {
        id: operationId,
        method: method.toUpperCase(),
        path,
        parameters: parameters.map((parameter) => ({ ...parameter, schema: inline(parameter.schema) })),
        body:
          json === undefined
            ? null
            : {
                schema: inline(json.schema),
                example: json.example,
                isRequired: requestBody?.required ?? false,
              },
        takesFile: requestBody !== undefined && json === undefined,
        isStream: JSON.stringify(responses).includes('"text/event-stream"'),
        requiresKey: ways.length > 0 && ways.every(({ apiKey }) => apiKey !== undefined),
        scopes: namesScopes ? ways.flatMap(({ apiKey = [] }) => apiKey) : null,
      }
    }),
  )
}

// Deeper than any body of a request: only a schema that contains itself gets there.
const maxDepth = 20

function inlined(schema: unknown, components: Record<string, unknown>, depth: number): JsonSchema {
  if (depth > maxDepth) throw new Error('the generator has no schemas that contain themselves')
  const parsed = record.parse(schema)
  if (typeof parsed.$ref === 'string') {
    const { $ref, ...rest } = parsed
    return { ...inlined(components[$ref.split('/').at(-1) ?? ''], components, depth + 1), ...rest }
  }
  const unknown = Object.keys(parsed).filter((keyword) => !knownKeywords.has(keyword))
  if (unknown.length > 0) throw new Error(`the generator does not know the keyword ${unknown.join()}`)
  const inline = (inner: unknown) => inlined(inner, components, depth + 1)
  return Object.fromEntries(
    Object.entries(parsed).map(([keyword, value]) => {
      if (['anyOf', 'oneOf', 'allOf'].includes(keyword))
        return [keyword, z.array(record).parse(value).map(inline)]
      if (keyword === 'properties')
        return [
          keyword,
          Object.fromEntries(Object.entries(record.parse(value)).map(([name, one]) => [name, inline(one)])),
        ]
      if (['items', 'additionalProperties', 'propertyNames'].includes(keyword) && typeof value === 'object')
        return [keyword, inline(value)]
      return [keyword, value]
    }),
  )
}

/** Schemas without examples: the validator would read the ids in them as the ids of schemas. */
const plain = new WeakMap<JsonSchema, object>()

export function isValid(schema: JsonSchema, value: unknown): boolean {
  const known = plain.get(schema)
  const plainSchema: object = known ?? Object(withoutExamples(schema))
  plain.set(schema, plainSchema)
  return validate(value, plainSchema, '2020-12').valid
}

/** The types that a schema allows; all if it does not say. */
export function typesOf({ type }: JsonSchema): string[] {
  if (type === undefined) return []
  return typeof type === 'string' ? [type] : type
}
