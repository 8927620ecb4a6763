/** GET /healthz: is the Worker up, and which providers has it a key for? With `deep`: what is degraded? */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { onlyWithKey } from '../auth.ts'
import { always, problemResponse, unavailable } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { checksSchema, failing, runChecks } from './health-checks.ts'

const status = z.enum(['ok', 'degraded'])
const providers = z.array(z.string()).meta({ description: 'Those that have a key here.' })
const healthSchema = z.object({ status, providers, checks: checksSchema.optional() }).openapi('Health')

const health = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Is it up?',
  // The deep look asks the database and the bucket, and tells how much is owed: it needs a key.
  security: [{}, { apiKey: [] }],
  description:
    'Without a key: that it is up. With ?deep and a key: whether the database, the bucket, the queues and the cron trigger work, and what is overdue.',
  request: {
    query: z.object({ deep: z.string().optional().meta({ description: 'Of any value, or none.' }) }),
  },
  responses: {
    ...always,
    200: {
      description: 'Up. Degraded: what is not ok in checks needs somebody to look.',
      content: { 'application/json': { schema: healthSchema } },
    },
    401: problemResponse('The deep look needs a valid API key.'),
    422: problemResponse('Every fault of the query.'),
    503: problemResponse(
      'It cannot serve: the database does not answer. The errors name every check that is not ok.',
    ),
  },
})

const onlyShallowWithoutKey = createMiddleware<ApiEnv>(async (c, next) =>
  c.req.query('deep') === undefined ? next() : onlyWithKey(c, next),
)

export const healthRoutes = createRouter()
healthRoutes.use('/healthz', onlyShallowWithoutKey)
healthRoutes.openapi(health, async (c) => {
  const context = c.get('context')
  const providers = Object.keys(context.providers)
  if (c.req.valid('query').deep === undefined) return c.json({ status: 'ok' as const, providers }, 200)
  const checks = await runChecks(context)
  const wrong = failing(checks)
  if (checks.database.status === 'failed') return unavailable(c, wrong)
  return c.json(
    { status: wrong.length === 0 ? ('ok' as const) : ('degraded' as const), providers, checks },
    200,
  )
})
