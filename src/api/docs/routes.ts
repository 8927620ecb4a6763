/** GET /docs and /docs/problems/:code: the description as pages. The code that writes them is loaded at the first request. */
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { etag } from 'hono/etag'
import { sha256 } from '../../core/crypto/derived-keys.ts'
import { cacheControl, type Description } from '../description/openapi.ts'
import { baseUrlOf, problem, problemKinds } from '../problems.ts'
import { commonProblems, invalidQuery, problemResponse } from '../responses.ts'
import { type ApiEnv, refuseInvalidInput } from '../router.ts'

const page = (description: string) => ({
  description,
  content: { 'text/html': { schema: { type: 'string' } as const, example: '<!doctype html>…' } },
})

const shared = {
  tags: ['System'],
  method: 'get',
  security: [],
}

const showReference = createRoute({
  ...shared,
  method: 'get',
  operationId: 'getReference',
  path: '/docs',
  summary: 'The description as a page',
  description:
    'Every operation, event and problem on one page, without scripts. /docs#createJob opens the operation with that operationId. Needs no API key and no settings.',
  request: { query: z.object({}) },
  responses: {
    500: commonProblems[500],
    200: page('The page.'),
    304: { description: 'Unchanged: the ETag in If-None-Match is current.' },
    422: invalidQuery,
  },
})

const showProblem = createRoute({
  ...shared,
  method: 'get',
  operationId: 'getProblemPage',
  path: '/docs/problems/{code}',
  summary: 'The page of a problem code',
  description: 'The type of every problem is the URL of its page. Needs no API key and no settings.',
  request: {
    params: z.object({
      code: z.string().openapi({ description: 'The code of a problem.', example: 'rate_limited' }),
    }),
    query: z.object({}),
  },
  responses: {
    500: commonProblems[500],
    200: page('What the code means, whether anything was done, and what to do.'),
    304: showReference.responses[304],
    404: problemResponse('There is no such code.'),
    422: invalidQuery,
  },
})

/** Adds the pages to an API. `describe` returns the description of all of its routes. */
export function addPages(api: OpenAPIHono<ApiEnv>, describe: () => Promise<Description>): void {
  // As for the description: written once for each isolate. All requests of a deployment normally have one base URL.
  let reference: { version: string; baseUrl: string; html: string } | undefined

  api.use('/docs', etag())
  api.use('/docs/*', etag())
  api.openapi(
    showReference,
    async (c) => {
      const { text, version } = await describe()
      const baseUrl = baseUrlOf(c)
      if (reference?.version !== version || reference.baseUrl !== baseUrl) {
        const { writeReference } = await import('./pages.tsx')
        reference = { version, baseUrl, html: writeReference(JSON.parse(text), baseUrl) }
      }
      return sendPage(c, reference.html)
    },
    refuseInvalidInput,
  )
  api.openapi(
    showProblem,
    async (c) => {
      const { code } = c.req.valid('param')
      if (!isProblemCode(code)) return problem(c, 'not_found', 'No problem has this code.')
      const { writeProblemPage } = await import('./pages.tsx')
      return sendPage(c, writeProblemPage(code))
    },
    refuseInvalidInput,
  )
}

function isProblemCode(code: string): code is keyof typeof problemKinds {
  return Object.hasOwn(problemKinds, code)
}

async function sendPage(c: HonoContext, html: string) {
  const { contentSecurityPolicy } = await import('./pages.tsx')
  return c.html(html, 200, {
    'cache-control': cacheControl,
    'content-security-policy': await contentSecurityPolicy(),
    etag: `"${await sha256(html)}"`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
}
