/** GET /healthz: is the Worker up, and which providers has it a key for? */
import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from './environment.ts'

const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Is it up?',
  security: [],
  responses: {
    200: {
      description: 'Up, with the providers that have a key.',
      content: {
        'application/json': { schema: z.object({ status: z.literal('ok'), providers: z.array(z.string()) }) },
      },
    },
  },
})

export const healthRoutes = createRouter().openapi(health, (c) =>
  c.json({ status: 'ok' as const, providers: Object.keys(c.get('context').providers) }, 200),
)
