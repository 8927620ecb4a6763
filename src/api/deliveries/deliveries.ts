/** /v1/deliveries: the log of every delivery with its attempts. */
import { createRoute, z } from '@hono/zod-openapi'
import { sees } from '../../core/access.ts'
import { deliveryStatuses } from '../../core/delivery.ts'
import { eventTypes } from '../../core/event.ts'
import { findBody } from '../../store/deliveries/bodies.ts'
import { findDelivery } from '../../store/deliveries/claim.ts'
import { listDeliveries } from '../../store/deliveries/log.ts'
import { bodyFor } from '../hidden-urls.ts'
import { problem } from '../problems.ts'
import { invalidQuery, json, keyProblems, pageSize, problemResponse } from '../responses.ts'
import { createRouter } from '../router.ts'
import { deliveryCursor, deliverySchema, timestamp, viewDeliveries } from './view.ts'

const list = createRoute({
  operationId: 'listDeliveries',
  tags: ['Deliveries'],
  method: 'get',
  path: '/',
  summary: 'List deliveries, newest first, with their attempts',
  description:
    'The parameters since and until compare with the time at which a delivery was created. With endpoint_id or a key of a project, and another filter, a page can be short and still have a next_cursor.',
  request: {
    query: z.strictObject({
      job_id: z.string().optional().openapi({ description: 'Only deliveries of this job.' }),
      endpoint_id: z.string().optional().openapi({ description: 'Only deliveries to this endpoint.' }),
      status: z
        .enum(deliveryStatuses)
        .optional()
        .openapi({ description: 'Only deliveries with this status now.' }),
      event_type: z.enum(eventTypes).optional().openapi({ description: 'Only deliveries of this event.' }),
      since: timestamp.optional().openapi({ description: 'Only deliveries created at this time or later.' }),
      until: timestamp.optional().openapi({ description: 'Only deliveries created before this time.' }),
      limit: pageSize.openapi({ description: 'The largest number of deliveries.' }),
      cursor: deliveryCursor.optional().openapi({ description: 'The next_cursor of the page before.' }),
    }),
  },
  responses: {
    ...keyProblems,
    200: json(
      'A page of deliveries.',
      z.object({ data: z.array(deliverySchema), next_cursor: z.string().nullable() }),
    ),
    422: invalidQuery,
  },
})

const show = createRoute({
  operationId: 'getDelivery',
  tags: ['Deliveries'],
  method: 'get',
  path: '/{id}',
  summary: 'Show a delivery with its body',
  description: 'The delivery as in the list, and the exact body that every attempt sends.',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    200: json(
      'The delivery.',
      deliverySchema.extend({
        body: z.string().nullable().openapi({
          description:
            'The exact text that is signed and sent; the URLs of a job that this key has not posted are shown without user info and query, but for the links to its videos if the key has the scope jobs:read. Null: pruned_at of the job is set.',
        }),
      }),
    ),
    404: problemResponse('There is no such delivery.'),
  },
})

export const deliveryRoutes = createRouter()

deliveryRoutes.openapi(list, async (c) => {
  const context = c.get('context')
  const caller = c.get('caller')
  const { job_id, endpoint_id, event_type, since, until, status, limit, cursor } = c.req.valid('query')
  const page = await listDeliveries(
    context.databases,
    {
      project: caller.project ?? undefined,
      jobId: job_id,
      endpointId: endpoint_id,
      eventType: event_type,
      status,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    },
    { after: cursor ?? null, limit },
    context.now(),
  )
  return c.json({ data: await viewDeliveries(context, page.deliveries, caller), next_cursor: page.next }, 200)
})

deliveryRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const db = context.dbOf(id)
  const [delivery, body] = await Promise.all([findDelivery(db, id), findBody(db, id)])
  const caller = c.get('caller')
  const seen = delivery === null || !sees(caller, delivery) ? [] : [delivery]
  const [view] = await viewDeliveries(context, seen, caller)
  return delivery === null || view === undefined
    ? problem(c, 'not_found', 'There is no such delivery.')
    : c.json({ ...view, body: bodyFor(caller, body, delivery) }, 200)
})
