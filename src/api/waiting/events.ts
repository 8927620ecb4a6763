/** GET /v1/events: the events of all jobs that the key may see, as a stream. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  heartbeatMs,
  longestJobMs,
  maxGapMs,
  maxResumeInspected,
  maxResumeJobs,
  maxStreamsPerKey,
  maxUnsettledWatched,
  streamLifetimeMs,
} from '../../core/schedule/watch.ts'
import { inputFaults } from '../body-faults.ts'
import { problem, unavailable } from '../problems.ts'
import { invalidQuery, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { followAll } from './all-stream.ts'
import { enter, leave, tooManyWait } from './clients.ts'
import { readCursor } from './cursor.ts'
import { filterFaults, filters, isWantedBy } from './event-filter.ts'
import { eventStreamType, streamEvents } from './event-stream.ts'
import { isFollowed } from './feed.ts'
import { createLooks } from './looks.ts'

const follow = createRoute({
  operationId: 'followEvents',
  tags: ['Event streams'],
  method: 'get',
  path: '/',
  summary: 'Follow the events of all jobs',
  description: [
    'A stream of server-sent events: event is the type, and data the body that webhooks have. Where an event was delivered, these are the same bytes; otherwise data shows the job as it is when the event is sent. In a job that another key posted, and in a retry, URLs are shown without user info, query and fragment, except to the scope admin. The part of id before the dot is the webhook-id. job.erased, output.late and output.exported, which follow the end of a job, are not on the stream.',
    `Send the last id as Last-Event-ID to continue after it. Nothing is missed after an interruption of up to ${maxGapMs / 3_600_000} hours, and the events of the last two minutes may be repeated: process each webhook-id once. If more has happened than the stream repeats, there is one event gap, with the time since which events may be missing and what to do. A stream repeats the events of up to ${maxResumeJobs} jobs that run or have ended since, among ${maxResumeInspected.toLocaleString('en')} created in the ${longestJobMs / 3_600_000} hours before; for a key of a project only its jobs count.`,
    `Without an event there is a comment every ${heartbeatMs / 1_000} seconds. A stream ends after ${streamLifetimeMs / 60_000} minutes, and within about a minute after its API key is revoked, has expired or has other scopes: reconnect. A key may have ${maxStreamsPerKey} streams; further ones get 429.`,
    `While a database has more than ${maxUnsettledWatched.toLocaleString('en')} unsettled jobs, streams have one event gap and then no events of it, and new streams get 503.`,
    'Filter by metadata with metadata[key]=value.',
  ].join(' '),
  request: {
    query: z.looseObject(filters),
    headers: z.object({
      'last-event-id': z.string().optional().openapi({
        description:
          'The id of the last event or heartbeat. Any other text counts as none, and so does a time in the future.',
        example: 'evt_01m7y12e4tecwv3dvtedr424pe.1795230349000',
      }),
    }),
  },
  responses: {
    ...keyProblems,
    200: { description: 'The stream.', content: { [eventStreamType]: { schema: z.string() } } },
    422: invalidQuery,
  },
})

export const allEventRoutes = createRouter()

allEventRoutes.openapi(
  follow,
  async (c) => {
    const context = c.get('context')
    const caller = c.get('caller')
    const client = enter(context, { kind: 'stream', keyId: caller.keyId, jobId: null })
    if (client === null) return tooManyWait(c, 'stream')
    if (!(await isFollowed(context, createLooks(context, client, c.req.raw.signal)))) {
      leave(context, client)
      return unavailable(c)
    }
    const from = readCursor(c.req.header('last-event-id') ?? '', context.now())
    const isWanted = isWantedBy(caller, c.req.valid('query'), c.req.query())
    return streamEvents(c, client, (signal) => followAll(c, client, { isWanted, from }, signal))
  },
  (result, c) => {
    const errors =
      result.target === 'query' ? [...inputFaults(result, c), ...filterFaults(c.req.queries())] : []
    if (errors.length === 0) return undefined
    return problem(c, 'invalid_request', 'Correct the parameters in errors.', errors)
  },
)
