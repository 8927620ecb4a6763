/** POST /v1/jobs/:id/links: new signed links to the stored videos of a job. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { linkTo, longestLinkSeconds, outputFileName } from '../../media/signed-links.ts'
import { findJob } from '../../store/jobs/jobs.ts'
import { outputsOfAll } from '../../store/jobs/outputs.ts'
import { problem } from '../problems.ts'
import { bodyProblems, json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { noSuchJob } from './view.ts'

const linkRequestSchema = z.strictObject({
  expires_in_seconds: z
    .int()
    .min(1)
    .max(longestLinkSeconds)
    .optional()
    .openapi({ description: `The default is ${longestLinkSeconds}, which is seven days.` }),
})

const linkSchema = z
  .object({
    n: z.int().openapi({ description: 'The number of the output.' }),
    url: z.url(),
    url_expires_at: z.iso.datetime(),
  })
  .openapi('Link')

const create = createRoute({
  operationId: 'createJobLinks',
  tags: ['Outputs'],
  method: 'post',
  path: '/{id}/links',
  summary: 'Create new links to the videos of a job',
  description:
    'For a page or a person without an API key. Earlier links stay valid until they expire. A link opens one video and nothing else.',
  request: {
    params: z.object({ id: z.string() }),
    body: { content: { 'application/json': { schema: linkRequestSchema } } },
  },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    ...noSuchJob,
    200: json('One link for each output that is stored by now.', z.object({ data: z.array(linkSchema) })),
  },
})

export const linkRoutes = createRouter().openapi(create, async (c) => {
  const { dbOf, config, now } = c.get('context')
  const { id } = c.req.valid('param')
  const db = dbOf(id)
  const [job, found] = await Promise.all([findJob(db, id), outputsOfAll(db, [id])])
  if (job === null || !sees(c.get('caller'), job)) return problem(c, 'not_found', 'There is no such job.')
  const { expires_in_seconds = longestLinkSeconds } = c.req.valid('json')
  const expiresAtMs = now() + expires_in_seconds * 1_000
  const stored = (found.get(id) ?? []).flatMap((output) => (output.status === 'stored' ? [output] : []))
  const data = await Promise.all(
    stored.map(async ({ n, contentType }) => {
      const fileName = outputFileName(id, { n, contentType })
      const { url, expiresAt } = await linkTo(config, { jobId: id, n, fileName }, expiresAtMs)
      return { n, url, url_expires_at: new Date(expiresAt).toISOString() }
    }),
  )
  return c.json({ data }, 200)
})
