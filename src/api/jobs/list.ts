/** GET /v1/jobs: the list, newest first, by filter and cursor. */
import { createRoute, z } from '@hono/zod-openapi'
import { jobStatuses } from '../../core/job.ts'
import { models, providerNames } from '../../core/request/request.ts'
import { listJobs } from '../../store/jobs/list.ts'
import { formFaults } from '../body-faults.ts'
import { type FieldFault, problem, problemResponse, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'
import { jobSchema, viewJobs } from './view.ts'

const filters = {
  status: z.enum(jobStatuses).optional(),
  provider: z.enum(providerNames).optional(),
  model: z.enum(models).optional(),
  created_after: z.iso.datetime({ offset: true }).optional(),
  created_before: z.iso.datetime({ offset: true }).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^job_[0-9a-z]{26}$/, 'must be a next_cursor')
    .optional(),
}

const metadataKey = /^metadata\[(.+)\]$/
// As many keys as a job may have: more match nothing.
const mostMetadataFilters = 20

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List jobs, newest first',
  description: `Filter by metadata with metadata[key]=value, at most ${mostMetadataFilters} keys, each once. A page may be short, even empty, and still have a next_cursor: it looks through a bounded number of jobs, and has a bounded size.`,
  request: {
    query: z.looseObject(filters),
  },
  responses: {
    ...withoutKey,
    200: {
      description: 'A page of jobs.',
      content: {
        'application/json': {
          schema: z.object({ data: z.array(jobSchema), next_cursor: z.string().nullable() }),
        },
      },
    },
    422: problemResponse('Every fault of the query.'),
  },
})

export const jobListRoutes = createRouter()

jobListRoutes.openapi(
  list,
  async (c) => {
    const context = c.get('context')
    const { status, provider, model, created_after, created_before, limit, cursor } = c.req.valid('query')
    const page = await listJobs(
      context.db,
      {
        ...{ status, provider, model },
        createdAfterMs: created_after === undefined ? undefined : Date.parse(created_after),
        createdBeforeMs: created_before === undefined ? undefined : Date.parse(created_before),
        metadata: metadataFilter(c.req.query()),
      },
      { after: cursor ?? null, limit },
    )
    return c.json({ data: await viewJobs(context, page.jobs), next_cursor: page.next }, 200)
  },
  (result, c) => {
    const errors = [...formFaults(result, c), ...filterFaults(c.req.queries())]
    return errors.length === 0 ? undefined : problem(c, 'invalid_request', 'Correct the query.', errors)
  },
)

/** What the schema cannot see: names that it does not know, and metadata filters. */
function filterFaults(query: Record<string, string[]>): FieldFault[] {
  const names = Object.keys(query)
  const keys = names.filter((name) => metadataKey.test(name))
  // Own fields only: "constructor" is in every object.
  const unknown = names.filter((name) => !Object.hasOwn(filters, name) && !keys.includes(name))
  const repeated = keys.filter((name) => query[name]?.length !== 1)
  const tooMany = keys.length > mostMetadataFilters
  return [
    ...(unknown.length > 0 ? [{ path: '', message: `knows no filter ${unknown.join(', ')}` }] : []),
    ...repeated.map((path) => ({ path, message: 'is given more than once' })),
    ...(tooMany ? [{ path: 'metadata', message: `takes at most ${mostMetadataFilters} keys` }] : []),
  ]
}

/** `metadata[order]=42` → `{ order: '42' }`. */
function metadataFilter(query: Record<string, string>): Record<string, string> {
  const entries = Object.entries(query).flatMap(([name, value]) => {
    const key = metadataKey.exec(name)?.[1]
    return key === undefined ? [] : [[key, value]]
  })
  return Object.fromEntries(entries)
}
