/** GET /openapi.json: the description of the API, written once and served as a file that may be kept. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { always } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { introduction } from './openapi-introduction.ts'

const show = createRoute({
  method: 'get',
  path: '/openapi.json',
  summary: 'The description of the API',
  security: [],
  responses: {
    ...always,
    200: {
      description: 'This document.',
      content: { 'application/json': { schema: z.looseObject({ openapi: z.string() }) } },
    },
    304: { description: 'Unchanged since the ETag in If-None-Match.' },
  },
})

// A deployment may change it. To ask again with the ETag is cheap.
const cacheControl = 'public, max-age=300'

/** Adds the route to an API that has all others. */
export function describeApi(api: OpenAPIHono<ApiEnv>): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' })
  const write = () =>
    JSON.stringify(
      api.getOpenAPI31Document({
        openapi: '3.1.0',
        info: { title: 'Reelhook', version: '1', description: introduction },
        security: [{ apiKey: [] }],
      }),
    )
  // Writing takes milliseconds of CPU, needs no key, and gives every caller the same: once for each isolate.
  let document: string | undefined
  let version: string | undefined

  api.use(show.path, etag())
  api.openapi(show, async (c) => {
    document ??= write()
    version ??= await sha256(document)
    return c.newResponse(document, 200, {
      'content-type': 'application/json',
      'cache-control': cacheControl,
      etag: `"${version}"`,
    })
  })
}
