/** Adds the examples to the description: of each JSON body, of each problem, and of each id in a path. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { problemKinds } from '../problems.ts'
import { exampleReferences } from '../responses.ts'
import type { ApiEnv } from '../router.ts'
import { eventStreamType } from '../waiting/event-stream.ts'
import { asset, delivery, endpoint } from './operation-example-rows.ts'
import { operationExamples } from './operation-examples.ts'
import { problemExamples } from './problem-examples.ts'

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>
type Item = NonNullable<Document['paths']>[string]
type Operation = NonNullable<Item['get']>

export async function addExamples(document: Document): Promise<void> {
  const { paths = {}, components } = document
  const examples = await operationExamples()
  for (const [path, { get, post, patch, delete: remove }] of Object.entries(paths)) {
    for (const operation of [get, post, patch, remove]) {
      if (operation === undefined) continue
      addPathExamples(operation, path)
      addProblemExamples(operation)
      const { request, response, stream } = examples[operation.operationId ?? ''] ?? {}
      if (operation.requestBody !== undefined && 'content' in operation.requestBody)
        addExample(operation.requestBody, request)
      for (const status of [200, 201, 202]) {
        addExample(operation.responses?.[status], response)
        addExample(operation.responses?.[status], stream, eventStreamType)
      }
    }
  }
  if (components !== undefined) components.examples = problemExamples()
  const problem = components?.schemas?.Problem
  if (problem !== undefined && !('$ref' in problem))
    problem.example = problemExamples().invalid_request?.value
}

/** The id in a path, by the first part of the path after /v1. */
const ids: Record<string, { description: string; example: string }> = {
  jobs: { description: 'The id of a job.', example: delivery.jobId },
  assets: { description: 'The id of an asset.', example: asset.id },
  deliveries: { description: 'The id of a delivery.', example: delivery.id },
  endpoints: { description: 'The id of an endpoint.', example: endpoint.id },
  'api-keys': { description: 'The id of an API key.', example: asset.apiKeyId },
}

function addPathExamples({ parameters = [] }: Operation, path: string): void {
  for (const parameter of parameters) {
    if ('$ref' in parameter || parameter.in !== 'path' || parameter.name !== 'id') continue
    const named = ids[path.split('/')[2] ?? '']
    parameter.example ??= named?.example
    if (named !== undefined) parameter.description ??= named.description
  }
}

/** Where a route names no codes: the code with this status, if the registry has only one. */
function addProblemExamples({ responses = {} }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    const codes = Object.entries(problemKinds).filter(([, kind]) => String(kind.status) === status)
    const json = response?.content?.['application/problem+json']
    if (codes.length !== 1 || json === undefined || json.examples !== undefined) continue
    json.examples = exampleReferences(codes.map(([code]) => code))
  }
}

function addExample(
  described: { content?: Record<string, object> } | undefined,
  example: unknown,
  type = 'application/json',
): void {
  const content = described?.content?.[type]
  if (content !== undefined && example !== undefined) Object.assign(content, { example })
}
