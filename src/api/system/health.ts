/** GET /healthz: whether the Worker runs. With `deep` and an API key: which of its checks fail. */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { offeredProviders } from '../../providers/index.ts'
import { requireApiKey } from '../auth.ts'
import { unavailable } from '../problems.ts'
import { commonProblems, invalidQuery, json, problemResponse } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { type Checks, checksSchema, failing, runChecks } from './health-checks.ts'

const status = z.enum(['ok', 'degraded'])
const providers = z.array(z.string()).meta({ description: 'The providers that have an API key here.' })
const healthSchema = z
  .object({
    status,
    version: z.string().meta({
      description: 'The release of Reelhook that responded. During a gradual deployment there are two.',
    }),
    providers,
    checks: checksSchema.optional(),
  })
  .openapi('Health')

const show = createRoute({
  operationId: 'getHealth',
  tags: ['System'],
  method: 'get',
  path: '/healthz',
  summary: 'Health',
  // The deep call uses the database and the bucket, and shows the amount of overdue work, so it needs a key.
  security: [{}, { apiKey: [] }],
  description:
    'Without an API key: that the Worker runs, and its version. With ?deep and an API key: whether the database, the bucket, the queues and the cron trigger work, and how much work is overdue. A key of a project gets the states only.',
  request: {
    query: z.object({
      deep: z.string().optional().meta({ description: 'Runs the checks. The value is ignored.' }),
    }),
  },
  responses: {
    ...commonProblems,
    200: json('It runs. degraded: at least one of the checks is not ok.', healthSchema),
    401: problemResponse('The deep call requires a valid API key.'),
    422: invalidQuery,
    503: problemResponse(
      'The database is not available. The errors name every check that is not ok. Or a setting is missing or invalid.',
      'unavailable',
      'misconfigured',
    ),
  },
})

const requireKeyForChecks = createMiddleware<ApiEnv>(async (c, next) =>
  c.req.query('deep') === undefined ? next() : requireApiKey(c, next),
)

export const healthRoutes = createRouter()
healthRoutes.use('/healthz', requireKeyForChecks)
healthRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const { version } = context
  const providers = offeredProviders(context.providers).map(({ name }) => name)
  if (c.req.valid('query').deep === undefined)
    return c.json({ status: 'ok' as const, version, providers }, 200)
  const checks = await runChecks(context)
  const errors = failing(checks)
  if (checks.database.status === 'failed') return unavailable(c, errors)
  const status = errors.length === 0 ? ('ok' as const) : ('degraded' as const)
  // The numbers are those of all projects.
  const shown = c.get('caller').project === null ? checks : statesOf(checks)
  return c.json({ status, version, providers, checks: shown }, 200)
})

/** Every number but the latencies is null. */
function statesOf(checks: Checks): Checks {
  return JSON.parse(JSON.stringify(checks), (name, value) =>
    name === 'size' || (typeof value === 'number' && name !== 'latency_ms') ? null : value,
  )
}
