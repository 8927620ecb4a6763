/** /v1/deliveries: the log of what callers were told, attempt by attempt. */
import { createRoute, z } from '@hono/zod-openapi'
import { deliveryStatuses } from '../../core/delivery.ts'
import { eventTypes } from '../../core/event.ts'
import { findDelivery } from '../../store/deliveries/claim.ts'
import { listDeliveries } from '../../store/deliveries/log.ts'
import { problem, problemResponse, withoutKey } from '../problems.ts'
import { createRouter } from '../router.ts'
import { deliverySchema, viewDeliveries } from './view.ts'

/** Where a page of deliveries goes on. */
export const deliveryCursor = z.string().regex(/^dlv_[0-9a-z]{26}$/, 'must be a next_cursor')
export const timestamp = z.iso.datetime({ offset: true })

const list = createRoute({
  method: 'get',
  path: '/',
  summary: 'List deliveries, newest first, with their attempts',
  description:
    'since and until are about when a delivery was made. A page may be short, even empty, and still have a next_cursor: it looks through a bounded number of deliveries.',
  request: {
    query: z.strictObject({
      job_id: z.string().optional(),
      endpoint_id: z.string().optional(),
      status: z.enum(deliveryStatuses).optional(),
      event_type: z.enum(eventTypes).optional(),
      since: timestamp.optional(),
      until: timestamp.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      cursor: deliveryCursor.optional(),
    }),
  },
  responses: {
    ...withoutKey,
    200: {
      description: 'A page of deliveries.',
      content: {
        'application/json': {
          schema: z.object({ data: z.array(deliverySchema), next_cursor: z.string().nullable() }),
        },
      },
    },
    422: problemResponse('Every fault of the query.'),
  },
})

const show = createRoute({
  method: 'get',
  path: '/{id}',
  summary: 'Show a delivery, with the body that is sent',
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    200: {
      description: 'The delivery.',
      content: {
        'application/json': {
          schema: deliverySchema.extend({
            body: z.string().openapi({ description: 'What is signed and sent, byte by byte.' }),
          }),
        },
      },
    },
    404: problemResponse('There is no such delivery.'),
  },
})

export const deliveryRoutes = createRouter()

deliveryRoutes.openapi(list, async (c) => {
  const context = c.get('context')
  const { job_id, endpoint_id, event_type, since, until, status, limit, cursor } = c.req.valid('query')
  const page = await listDeliveries(
    context.db,
    {
      ...{ jobId: job_id, endpointId: endpoint_id, eventType: event_type, status },
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    },
    { after: cursor ?? null, limit },
  )
  return c.json({ data: await viewDeliveries(context, page.deliveries), next_cursor: page.next }, 200)
})

deliveryRoutes.openapi(show, async (c) => {
  const context = c.get('context')
  const delivery = await findDelivery(context.db, c.req.valid('param').id)
  const [view] = delivery === null ? [] : await viewDeliveries(context, [delivery])
  return delivery === null || view === undefined
    ? problem(c, 'not_found', 'There is no such delivery.')
    : c.json({ ...view, body: delivery.body }, 200)
})
