/** GET /v1/jobs/:id/events: the job's timeline, as a list or as a stream. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { timelineOf } from '../../core/job/timeline.ts'
import { heartbeatMs, maxStreamsPerKey, streamLifetimeMs } from '../../core/schedule/watch.ts'
import { timelineRowsOf } from '../../store/reports/timeline.ts'
import { timelineFor } from '../hidden-urls.ts'
import { problem } from '../problems.ts'
import { keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { enter, tooManyWait } from '../waiting/clients.ts'
import { eventStreamType, streamEvents } from '../waiting/event-stream.ts'
import { entriesAfter, followJob, viewEntry } from '../waiting/job-stream.ts'
import { noSuchJob } from './view.ts'

const eventSchema = z
  .object({
    id: z.string(),
    type: z.string().openapi({ example: 'task.submitted' }),
    created_at: z.iso.datetime(),
    data: z.record(z.string(), z.unknown()).openapi({
      description: '{ "damaged": true }: the stored data cannot be read.',
    }),
  })
  .openapi('TimelineEntry')

const list = createRoute({
  operationId: 'listJobEvents',
  tags: ['Jobs'],
  method: 'get',
  path: '/{id}/events',
  summary: "List or follow a job's timeline, oldest first",
  description: [
    'Once pruned_at of the job is set, only the entries of its tasks, outputs and end are left.',
    `With Accept: text/event-stream the entries are server-sent events: event is the type, id the id, and data the entry as in the list. Further ones follow until the last of the job. Without one there is a comment every ${heartbeatMs / 1_000} seconds, and one when the progress of the job changes. A stream also ends after ${streamLifetimeMs / 60_000} minutes: reconnect with Last-Event-ID. A key may have ${maxStreamsPerKey} streams; further ones get 429.`,
  ].join(' '),
  request: {
    params: z.object({ id: z.string() }),
    headers: z.object({
      'last-event-id': z.string().optional().openapi({
        description: 'The id of the last entry: the stream continues after it.',
        example: 'evt_01m7y12e4tecwv3dvtedr424pe',
      }),
    }),
  },
  responses: {
    ...keyProblems,
    ...noSuchJob,
    200: {
      description: 'The events of the job.',
      content: {
        'application/json': { schema: z.object({ data: z.array(eventSchema) }) },
        [eventStreamType]: { schema: z.string() },
      },
    },
    204: {
      description: 'The job has ended with the entry in Last-Event-ID. A browser does not reconnect then.',
    },
  },
})

export const eventRoutes = createRouter().openapi(list, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const rows = await timelineRowsOf(context.dbOf(id), id)
  if (rows === null || !sees(c.get('caller'), rows.job))
    return problem(c, 'not_found', 'There is no such job.')
  const caller = c.get('caller')
  if (!accepts(c.req.header('accept'))) {
    return c.json({ data: timelineFor(caller, timelineOf(rows).map(viewEntry), rows.job) }, 200)
  }
  const lastId = c.req.header('last-event-id')
  const entries = entriesAfter(caller, lastId)
  const first = entries.take(rows)
  if (lastId !== undefined && first === '' && entries.hasEnded()) return c.body(null, 204)
  const client = enter(context, { kind: 'stream', keyId: caller.keyId, jobId: id })
  if (client === null) return tooManyWait(c, 'stream')
  return streamEvents(c, client, (signal) => followJob(c, client, { entries, first }, signal))
})

function accepts(header = ''): boolean {
  return header.toLowerCase().includes(eventStreamType)
}
