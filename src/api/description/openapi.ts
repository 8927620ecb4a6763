/** GET /openapi.json: the description of the API, written once and served as a cacheable file. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { commonProblems, invalidQuery, json } from '../responses.ts'
import { type ApiEnv, refuseInvalidInput } from '../router.ts'
import { describeScopes } from '../scopes.ts'
import { addExamples } from './add-examples.ts'
import { documentEvents } from './events.ts'
import { introduction } from './introduction.ts'

const show = createRoute({
  operationId: 'getOpenApi',
  tags: ['System'],
  method: 'get',
  path: '/openapi.json',
  summary: 'The description of the API',
  description:
    'OpenAPI 3.1: every operation, event and problem, with examples. Needs no API key and no settings. GET /docs shows it as a page.',
  security: [],
  request: { query: z.object({}) },
  responses: {
    500: commonProblems[500],
    200: json('This document.', z.looseObject({ openapi: z.string() })),
    304: { description: 'Unchanged: the ETag in If-None-Match is current.' },
    422: invalidQuery,
  },
})

/** Also of the pages. A deployment may change them, and a request with the ETag is cheap. */
export const cacheControl = 'public, max-age=300'

const tags = [
  { name: 'Jobs', description: 'Create a job, follow it, and end it.' },
  {
    name: 'Outputs',
    description: 'The stored videos of a job, and links that open them without an API key.',
  },
  { name: 'Event streams', description: 'The events of all jobs, as they happen.' },
  { name: 'Estimates', description: 'The cost of a job before it is created.' },
  { name: 'Models', description: 'The models, and what each provider supports.' },
  { name: 'Assets', description: 'Input media: images, videos and audio files for jobs.' },
  { name: 'Endpoints', description: 'URLs that receive the events of many jobs.' },
  { name: 'Deliveries', description: 'The log of the webhooks that were sent, with every attempt.' },
  { name: 'Callbacks', description: 'A test of a callback URL.' },
  { name: 'API keys', description: 'API keys, their callback secrets and their disabled callbacks.' },
  { name: 'System', description: 'Health, statistics, public keys, this description and its pages.' },
  { name: 'Webhooks', description: 'The events that Reelhook sends to callback URLs and endpoints.' },
]

export interface Description {
  text: string
  /** A hash of the text. */
  version: string
}

/** Adds the route to an API that has all other routes, those of the pages excepted. Returns how to get the description. */
export function describeApi(api: OpenAPIHono<ApiEnv>): () => Promise<Description> {
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' })
  // Writing it takes milliseconds of CPU and needs no key. It is the same for every caller: once for each isolate. The
  // result is shared, not the promise: a request must not await the promise of another request, which may be canceled.
  let written: Description | undefined
  const describe = async () => {
    written ??= await write(api)
    return written
  }

  api.use(show.path, etag())
  api.openapi(
    show,
    async (c) => {
      const { text, version } = await describe()
      return c.newResponse(text, 200, {
        'content-type': 'application/json',
        'cache-control': cacheControl,
        etag: `"${version}"`,
      })
    },
    refuseInvalidInput,
  )
  return describe
}

async function write(api: OpenAPIHono<ApiEnv>): Promise<Description> {
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
  describeScopes(document.paths ?? {})
  await addExamples(document)
  const text = JSON.stringify(document)
  return { text, version: await sha256(text) }
}
