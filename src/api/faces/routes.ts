/** The paths of the faces. The code of each is loaded at its first request. */
import { Hono } from 'hono'
import type { Context } from '../../context.ts'
import type { CallApi } from '../in-process.ts'
import type { FaceEnv } from './face.ts'

interface Entrance {
  Variables: { context: Context; requestId: string }
}

const faces: Readonly<Record<string, () => Promise<{ face: Hono<FaceEnv> }>>> = {
  '/openai/*': () => import('./openai/openai.ts'),
  '/openrouter/*': () => import('./openrouter/openrouter.ts'),
  '/mcp': () => import('./mcp/mcp.ts'),
}

export function faceRoutes(callApi: CallApi) {
  const routes = new Hono<Entrance>()
  for (const [path, load] of Object.entries(faces)) {
    routes.all(path, async (c) => {
      const { face } = await load()
      const bindings = { context: c.get('context'), requestId: c.get('requestId'), callApi }
      const response = await face.request(c.req.raw, undefined, bindings, c.executionCtx)
      // This adds the headers of the Worker, such as x-request-id.
      return c.newResponse(response.body, response)
    })
  }
  return routes
}
