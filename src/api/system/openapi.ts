/** GET /openapi.json: the description of the API, written once and served as a cacheable file. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { commonProblems, invalidQuery, json } from '../responses.ts'
import { type ApiEnv, refuseInvalidInput } from '../router.ts'
import { documentEvents } from './openapi-events.ts'
import { introduction } from './openapi-introduction.ts'
import { operationExamples, problemExample } from './operation-examples.ts'

const show = createRoute({
  operationId: 'getOpenApi',
  tags: ['System'],
  method: 'get',
  path: '/openapi.json',
  summary: 'The description of the API',
  security: [],
  request: { query: z.object({}) },
  responses: {
    ...commonProblems,
    200: json('This document.', z.looseObject({ openapi: z.string() })),
    304: { description: 'Unchanged: the ETag in If-None-Match is current.' },
    422: invalidQuery,
  },
})

// A deployment may change the description. A request with the ETag is cheap.
const cacheControl = 'public, max-age=300'

const tags = [
  { name: 'Jobs', description: 'Create a job, follow it, and end it.' },
  {
    name: 'Outputs',
    description: 'The stored videos of a job, and links that open them without an API key.',
  },
  { name: 'Estimates', description: 'The cost of a job before it is created.' },
  { name: 'Models', description: 'The models, and what each provider supports.' },
  { name: 'Assets', description: 'Input media: images, videos and audio files for jobs.' },
  { name: 'Endpoints', description: 'URLs that receive the events of many jobs.' },
  { name: 'Deliveries', description: 'The log of the webhooks that were sent, with every attempt.' },
  { name: 'Callbacks', description: 'A test of a callback URL.' },
  { name: 'API keys', description: 'API keys, their callback secrets and their disabled callbacks.' },
  { name: 'System', description: 'Health, statistics, public keys and this description.' },
  { name: 'Webhooks', description: 'The events that Reelhook sends to callback URLs and endpoints.' },
]

/** Adds the route to an API that has all other routes. */
export function describeApi(api: OpenAPIHono<ApiEnv>): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' })
  // Writing it takes milliseconds of CPU and needs no key. It is the same for every caller: once for each isolate. The
  // result is shared, not the promise: a request must not await the promise of another request, which may be canceled.
  let written: Awaited<ReturnType<typeof write>> | undefined

  api.use(show.path, etag())
  api.openapi(
    show,
    async (c) => {
      written ??= await write(api)
      const { text, version } = written
      return c.newResponse(text, 200, {
        'content-type': 'application/json',
        'cache-control': cacheControl,
        etag: `"${version}"`,
      })
    },
    refuseInvalidInput,
  )
}

async function write(api: OpenAPIHono<ApiEnv>): Promise<{ text: string; version: string }> {
  documentEvents(api)
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Reelhook',
      version: '1',
      description: introduction,
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: '/', description: 'This deployment.' }],
    security: [{ apiKey: [] }],
    tags,
  })
  await addExamples(document)
  const text = JSON.stringify(document)
  return { text, version: await sha256(text) }
}

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>

async function addExamples({ paths = {}, components }: Document): Promise<void> {
  const examples = await operationExamples()
  const operations = Object.values(paths).flatMap(({ get, post, patch }) => [get, post, patch])
  for (const operation of operations) {
    const { request, response } = examples[operation?.operationId ?? ''] ?? {}
    if (operation?.requestBody !== undefined && 'content' in operation.requestBody)
      addExample(operation.requestBody, request)
    for (const status of [200, 201, 202]) addExample(operation?.responses?.[status], response)
  }
  const problem = components?.schemas?.Problem
  if (problem !== undefined && !('$ref' in problem)) problem.example = problemExample()
}

function addExample(described: { content?: Record<string, object> } | undefined, example: unknown): void {
  const json = described?.content?.['application/json']
  if (json !== undefined && example !== undefined) Object.assign(json, { example })
}
