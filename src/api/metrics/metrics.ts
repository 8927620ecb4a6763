/** GET /metrics: the numbers of the whole deployment, for Prometheus and what reads its formats. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { accepts } from 'hono/accepts'
import { createMiddleware } from 'hono/factory'
import type { Context } from '../../context.ts'
import type { ProviderName } from '../../core/request/choices.ts'
import { probe } from '../../probe.ts'
import { identifyRequest, requireApiKey } from '../auth.ts'
import { problem } from '../problems.ts'
import { limitRate } from '../rate-limit.ts'
import { invalidQuery, keyProblems, problemResponse } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { requireScope } from '../scopes.ts'
import { buildFamily, databaseFamilies } from './deployment-families.ts'
import { familiesOf } from './families.ts'
import { isComplete, readAll } from './readings.ts'
import {
  contentTypes,
  type Family,
  openMetricsType,
  plainType,
  writeOpenMetrics,
  writePlain,
} from './text.ts'

/**
 * How long an isolate repeats the last numbers, so that several scrapers cost one read. It is shorter than the 15 seconds
 * that a scraper should leave between two scrapes: another isolate may answer the next one, and an older number after a
 * newer one would look like a counter that was reset.
 */
const repeatedMs = 10_000

const show = createRoute({
  operationId: 'getMetrics',
  tags: ['System'],
  method: 'get',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  description: `The numbers of the whole deployment as OpenMetrics 1.0, or in the text format 0.0.4 of Prometheus if Accept prefers text/plain. They are up to ${repeatedMs / 1_000} seconds old; scrape at most every 15 seconds. A part that does not respond is left out, and reelhook_database_up is 0 for a database that does not. A key of a project gets 403.`,
  request: { query: z.object({}) },
  responses: {
    ...keyProblems,
    200: {
      description: 'The metrics. They name no prompt, no URL and no API key.',
      content: {
        [openMetricsType]: {
          schema: { type: 'string' } as const,
          example: writeOpenMetrics([buildFamily('1.0.0'), ...databaseFamilies([1_482_752])]),
        },
        [plainType]: {
          schema: { type: 'string' } as const,
          example: writePlain([buildFamily('1.0.0'), ...databaseFamilies([1_482_752])]),
        },
      },
    },
    403: problemResponse(
      'This API key does not have the scope metrics, or has a project: the metrics are those of all projects.',
      'forbidden',
    ),
    422: invalidQuery,
  },
})

/** Without the control database no key can be checked. That it is down is all that any caller would learn then. */
const answerWithoutDatabase = createMiddleware<ApiEnv>(async (c, next) => {
  const context = c.get('context')
  const identified = await probe(context, 'metrics.api_key', () => identifyRequest(c))
  if (identified.ok) return next()
  return send(c, [buildFamily(context.version), ...databaseFamilies([null])])
})

export const metricsRoutes = createRouter()
metricsRoutes.use(show.path, answerWithoutDatabase, requireApiKey, limitRate, requireScope)
metricsRoutes.openapi(show, async (c) => {
  if (c.get('caller').project !== null)
    return problem(c, 'forbidden', 'The metrics are those of all projects. Use an API key without a project.')
  return send(c, await families(c.get('context')))
})

/** By something that lives as long as the isolate. */
const remembered = new WeakMap<Context['watching'], { atMs: number; families: Family[] }>()

/** The result is shared, not the promise: a request must not await that of another, which may be canceled. */
async function families(context: Context): Promise<Family[]> {
  const { config, version, now, watching } = context
  const known = remembered.get(watching)
  if (known !== undefined && Math.abs(now() - known.atMs) < repeatedMs) return known.families
  const readings = await readAll(context)
  const providers = Object.values(context.providers).map(({ name }): ProviderName => name)
  const made = familiesOf(readings, { version, providers, limits: config.limits })
  if (isComplete(readings)) remembered.set(watching, { atMs: readings.nowMs, families: made })
  return made
}

function send(c: HonoContext<ApiEnv>, made: readonly Family[]) {
  const type = accepts(c, {
    header: 'Accept',
    supports: [openMetricsType, plainType],
    default: openMetricsType,
  })
  const isPlain = type === plainType
  return c.body(isPlain ? writePlain(made) : writeOpenMetrics(made), 200, {
    'content-type': contentTypes[isPlain ? plainType : openMetricsType],
  })
}
