/** A file of the API as a file of the pages, for a person who has signed in. */
import type { Context as HonoContext } from 'hono'
import type { PageEnv } from './page-env.ts'

/** A browser asks for a range to seek, and whether the file that it has is still the same. */
const passedOn = ['range', 'if-range', 'if-none-match', 'if-modified-since']

export async function streamFile(c: HonoContext<PageEnv>, path: string): Promise<Response> {
  const headers = passedOn.flatMap((name) => {
    const value = c.req.header(name)
    return value === undefined ? [] : [[name, value] satisfies [string, string]]
  })
  const { method } = c.req
  const file = await c.get('api').open(path, { method, headers: Object.fromEntries(headers) })
  const response = new Response(file.body, file)
  // A link may be opened from a page of any origin. This page may not.
  response.headers.delete('access-control-allow-origin')
  response.headers.set('content-security-policy', "default-src 'none'; sandbox")
  return response
}
