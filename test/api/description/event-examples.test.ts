/** The examples of the description: each operation has them, they match their schemas, and the API accepts them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { problemKinds } from '../../../src/api/problems.ts'
import { createApiKey } from '../../support/api-keys.ts'
import { makeEndpoint } from '../../support/endpoints.ts'
import { api } from '../../support/reelhook.ts'
import { createValidator } from '../../support/schema-validator.ts'
import { makeVideo } from '../../support/videos.ts'
import { callerUrl } from '../../support/world.ts'

interface Json {
  schema: object
  example?: unknown
  examples?: Record<string, { $ref: string }>
}

interface Operation {
  operationId: string
  tags: string[]
  summary?: string
  description?: string
  parameters?: {
    name: string
    in: string
    description?: string
    example?: unknown
    schema: { example?: unknown }
  }[]
  requestBody?: { content: Record<string, Json> }
  responses: Record<string, { content?: Record<string, Json> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: {
    schemas: Record<string, object & { example?: unknown }>
    examples: Record<string, { value: { code: string; status: number } }>
  }
  tags: { name: string; description: string }[]
}

let document: Document
let operations: { method: string; path: string; operation: Operation }[]

beforeAll(async () => {
  document = await (await api('/openapi.json')).json()
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
})

/** The JSON bodies of an operation: its request, and its successful responses. */
function bodiesOf({ requestBody, responses }: Operation): Json[] {
  const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  return [requestBody, ...successes.map(([, response]) => response)].flatMap(
    (described) => described?.content?.['application/json'] ?? [],
  )
}

describe('every operation', () => {
  it('has a unique operationId and one described tag', () => {
    const all = [
      ...operations.map(({ operation }) => operation),
      ...Object.values(document.webhooks).map(({ post }) => post),
    ]
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length)
    expect(all.filter(({ operationId }) => !/^[a-z]+([A-Z][a-z]+)+$/.test(operationId))).toEqual([])
    const described = document.tags.map(({ name }) => name)
    expect([...new Set(all.map(({ tags }) => tags.join()))].sort()).toEqual(described.toSorted())
  })

  it('has a summary and a description, and so does each event', () => {
    const all = [
      ...operations.map(({ operation }) => operation),
      ...Object.values(document.webhooks).map(({ post }) => post),
    ]
    expect(all.filter(({ summary }) => !summary).map(({ operationId }) => operationId)).toEqual([])
    expect(all.filter(({ description }) => !description).map(({ operationId }) => operationId)).toEqual([])
  })

  it('describes each parameter, and has an example of each that is in its path', () => {
    for (const { operation } of operations) {
      for (const parameter of operation.parameters ?? []) {
        const { name, in: place, description, schema, example = schema.example } = parameter
        expect(description, `${operation.operationId}: ${name}`).toMatch(/./)
        if (place === 'path') expect(example, `${operation.operationId}: ${name}`).toBeDefined()
      }
    }
  })

  it('has an example of each text that it returns', () => {
    for (const { operation } of operations) {
      for (const { content = {} } of Object.values(operation.responses)) {
        const texts = Object.entries(content).filter(([type]) => type.startsWith('text/'))
        for (const [type, { example }] of texts)
          expect(example, `${operation.operationId}: ${type}`).toMatch(/./)
      }
    }
  })

  // A status that several codes have: the route names those that it can return, as in problemResponse('…', 'pruned').
  it('has an example of each problem with the right status', () => {
    for (const { operation } of operations) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (status < '400') continue
        const { examples = {} } = content?.['application/problem+json'] ?? {}
        const name = `${operation.operationId} ${status}`
        expect(Object.keys(examples), name).not.toEqual([])
        for (const [code, { $ref }] of Object.entries(examples)) {
          expect($ref, name).toBe(`#/components/examples/${code}`)
          expect(document.components.examples[code]?.value, name).toMatchObject({
            code,
            status: Number(status),
          })
        }
      }
    }
  })

  it('has an example of each JSON body that matches its schema', () => {
    const validate = createValidator(document.components.schemas)
    for (const { operation } of operations) {
      for (const { schema, example } of bodiesOf(operation)) {
        expect(example, operation.operationId).toBeDefined()
        expect(validate(operation.operationId, schema, JSON.stringify(example))).toEqual([])
      }
    }
  })

  it('accepts its example request', async () => {
    const { id: jobId } = await makeVideo()
    const { id: endpointId } = await makeEndpoint(`${callerUrl}/endpoint`)
    const { id: keyId } = await createApiKey()
    const idOf = (path: string) =>
      path.includes('jobs') ? jobId : path.includes('api-keys') ? keyId : endpointId
    const accepted: string[] = []
    for (const { method, path, operation } of operations) {
      const body = operation.requestBody?.content['application/json']?.example
      if (body === undefined) continue
      const response = await api(path.replace('{id}', idOf(path)), {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect(response.ok, `${operation.operationId}: ${await response.text()}`).toBe(true)
      accepted.push(operation.operationId)
    }
    expect(accepted.toSorted()).toEqual([
      'createApiKey',
      'createEndpoint',
      'createEstimate',
      'createJob',
      'createJobLinks',
      'redeliverDeliveries',
      'testCallback',
      'testEndpoint',
      'updateApiKey',
      'updateEndpoint',
    ])
  })
})

describe('the examples of problems', () => {
  it('match the schema of problems, and there is one of each code', () => {
    const { Problem: schema = {} } = document.components.schemas
    const validate = createValidator(document.components.schemas)
    expect(Object.keys(document.components.examples)).toEqual(Object.keys(problemKinds))
    for (const { value } of Object.values(document.components.examples))
      expect(validate(value.code, schema, JSON.stringify(value))).toEqual([])
    expect(schema.example).toEqual(document.components.examples.invalid_request?.value)
  })
})
