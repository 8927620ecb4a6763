/** The examples of the description: each operation has them, they match their schemas, and the API accepts them. */
import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../support/api-keys.ts'
import { makeEndpoint } from '../../support/endpoints.ts'
import { api } from '../../support/reelhook.ts'
import { createValidator } from '../../support/schema-validator.ts'
import { makeVideo } from '../../support/videos.ts'
import { callerUrl } from '../../support/world.ts'

interface Json {
  schema: object
  example?: unknown
}

interface Operation {
  operationId: string
  tags: string[]
  requestBody?: { content: Record<string, Json> }
  responses: Record<string, { content?: Record<string, Json> }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: { schemas: Record<string, object & { example?: unknown }> }
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
      'updateApiKey',
      'updateEndpoint',
    ])
  })
})

describe('the example of a problem', () => {
  it('matches the schema of problems', () => {
    const { Problem: schema = {} } = document.components.schemas
    const validate = createValidator(document.components.schemas)
    expect(validate('Problem', schema, JSON.stringify(schema.example))).toEqual([])
  })
})
