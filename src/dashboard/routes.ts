/** The paths of the pages for people, and their static files. The code of the pages is loaded at the first request. */
import { Hono } from 'hono'
import type { CallApi } from '../api/in-process.ts'
import type { Context } from '../context.ts'

interface Entrance {
  Variables: { context: Context; requestId: string }
}

/** The first segments of the pages' paths. A path without a page below them is answered as a page too. */
const sections = ['jobs', 'deliveries', 'endpoints', 'receiver-test', 'keys', 'sign-in', 'sign-out', 'live']

export function dashboardRoutes(callApi: CallApi) {
  const routes = new Hono<Entrance>()
  routes.get('/static/*', async (c) => {
    const file = await c.get('context').staticFile(c.req.raw)
    // It also redirects to what it takes for the same file. A file has one address.
    if (file.status !== 200 && file.status !== 304) return c.notFound()
    const headers = new Headers(file.headers)
    // Revalidated at each use, so that a page never meets the script of another version.
    headers.set('cache-control', 'no-cache')
    headers.set('x-content-type-options', 'nosniff')
    return new Response(file.body, { status: file.status, headers })
  })
  for (const path of ['/', ...sections.flatMap((section) => [`/${section}`, `/${section}/*`])]) {
    routes.all(path, async (c) => {
      const { pages } = await import('./pages.tsx')
      const page = { context: c.get('context'), requestId: c.get('requestId'), callApi }
      return pages.request(c.req.raw, undefined, page, c.executionCtx)
    })
  }
  return routes
}
