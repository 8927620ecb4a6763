/** GET /v1/jobs: the list, newest first, with filters and a cursor. */
import { createRoute, z } from '@hono/zod-openapi'
import { jobStatuses } from '../../core/job/job.ts'
import { models, providerNames } from '../../core/request/choices.ts'
import { listJobs } from '../../store/jobs/list.ts'
import { type IndexedMetadata, isIndexed } from '../../store/metadata.ts'
import { inputFaults } from '../body-faults.ts'
import { type FieldFault, problem } from '../problems.ts'
import { invalidQuery, json, keyProblems, pageSize } from '../responses.ts'
import { createRouter } from '../router.ts'
import { jobSchema, viewJobs } from './view.ts'

const filters = {
  status: z.enum(jobStatuses).optional().openapi({ description: 'Only jobs with this status now.' }),
  provider: z
    .enum(providerNames)
    .optional()
    .openapi({ description: 'Only jobs whose provider now is this one.' }),
  model: z.enum(models).optional().openapi({ description: 'Only jobs of this model.' }),
  created_after: z.iso
    .datetime({ offset: true })
    .optional()
    .openapi({ description: 'Only jobs created after this time.' }),
  created_before: z.iso
    .datetime({ offset: true })
    .optional()
    .openapi({ description: 'Only jobs created before this time.' }),
  order: z
    .enum(['asc', 'desc'])
    .default('desc')
    .openapi({ description: 'desc: the newest first. asc: the oldest first.' }),
  limit: pageSize.openapi({ description: 'The largest number of jobs.' }),
  cursor: z
    .string()
    .regex(/^job_[0-9a-z]{26}$/, 'must be a next_cursor')
    .optional()
    .openapi({ description: 'The next_cursor of the page before.' }),
}

const metadataKey = /^metadata\[(.+)\]$/
// The largest number of metadata keys that a job can have.
const maxMetadataFilters = 20

const list = createRoute({
  operationId: 'listJobs',
  tags: ['Jobs'],
  method: 'get',
  path: '/',
  summary: 'List jobs, by default the newest first',
  description: [
    `Filter by metadata with metadata[key]=value, at most ${maxMetadataFilters} keys, each once.`,
    'The deployment may limit the keys (INDEXED_METADATA); a filter by another key is refused. A filter by a key finds no job that was posted while the key was not indexed. A page has a limited size in bytes. With metadata and a status, provider, model or other metadata, or with a key of a project and any of these, it comes from a limited number of jobs. So it can be short and still have a next_cursor.',
  ].join(' '),
  request: { query: z.looseObject(filters) },
  responses: {
    ...keyProblems,
    200: json('A page of jobs.', z.object({ data: z.array(jobSchema), next_cursor: z.string().nullable() })),
    422: invalidQuery,
  },
})

export const jobListRoutes = createRouter()

jobListRoutes.openapi(
  list,
  async (c) => {
    const context = c.get('context')
    const { status, provider, model, created_after, created_before, order, limit, cursor } =
      c.req.valid('query')
    const page = await listJobs(
      context.databases,
      {
        order: order === 'asc' ? 'oldest_first' : 'newest_first',
        project: c.get('caller').project ?? undefined,
        status,
        provider,
        model,
        createdAfterMs: created_after === undefined ? undefined : Date.parse(created_after),
        createdBeforeMs: created_before === undefined ? undefined : Date.parse(created_before),
        metadata: metadataFilter(c.req.query()),
      },
      { after: cursor ?? null, limit },
    )
    return c.json({ data: await viewJobs(context, page.jobs, c.get('caller')), next_cursor: page.next }, 200)
  },
  (result, c) => {
    const { indexedMetadata } = c.get('context').config
    const errors = [...inputFaults(result, c), ...filterFaults(c.req.queries(), indexedMetadata)]
    if (errors.length === 0) return undefined
    return problem(c, 'invalid_request', 'Correct the parameters in errors.', errors)
  },
)

/** The faults that the schema cannot see: unknown parameters, and metadata filters. */
function filterFaults(query: Record<string, string[]>, indexed: IndexedMetadata): FieldFault[] {
  const names = Object.keys(query)
  const metadataNames = names.filter((name) => metadataKey.test(name))
  // Own fields only: every object has a "constructor".
  const unknown = names.filter((name) => !Object.hasOwn(filters, name) && !metadataNames.includes(name))
  const repeated = metadataNames.filter((name) => query[name]?.length !== 1)
  const notIndexed = metadataNames.filter((name) => !isIndexed(metadataKey.exec(name)?.[1] ?? '', indexed))
  const isTooMany = metadataNames.length > maxMetadataFilters
  return [
    ...(unknown.length > 0 ? [{ path: '', message: `has unknown parameters: ${unknown.join(', ')}` }] : []),
    ...repeated.map((path) => ({ path, message: 'is given more than once' })),
    ...notIndexed.map((path) => ({
      path,
      message: 'is not indexed: the setting INDEXED_METADATA lists the keys to filter by',
    })),
    ...(isTooMany ? [{ path: 'metadata', message: `takes at most ${maxMetadataFilters} keys` }] : []),
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
