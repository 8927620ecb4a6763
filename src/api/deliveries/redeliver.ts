/** Redelivery: one delivery, or all that ended so since a time. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { eventTypes } from '../../core/event.ts'
import { findDelivery } from '../../store/deliveries/claim.ts'
import { releaseDueQueues } from '../../store/deliveries/host-queue-sweep.ts'
import { redeliver, redeliverMany } from '../../store/deliveries/redeliver.ts'
import { problem, problemResponse, withBody, withoutKey, withUnaskedBody } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import { deliveryCursor, timestamp } from './deliveries.ts'
import { deliverySchema, viewDeliveries } from './view.ts'

const one = createRoute({
  method: 'post',
  path: '/{id}/redeliver',
  summary: 'Send a delivery now',
  description:
    "At once, under the same webhook-id and with the same body, to the endpoint's current URL, or to the job's own. One that is over is sent again: its attempts go on being numbered, and its schedule begins anew. One that is pending does not wait for its turn, or for its host to be tried again: its next attempt is made now, and its schedule goes on.",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    202: {
      description: 'The delivery, pending; its url says where it goes.',
      content: { 'application/json': { schema: deliverySchema } },
    },
    404: problemResponse('There is no such delivery.'),
    409: problemResponse(
      'An attempt is under way (delivery_pending), or its endpoint or API key is disabled, or its endpoint deleted (disabled).',
    ),
  },
})

const filterSchema = z
  .strictObject({
    since: timestamp.openapi({ description: 'Deliveries made then or later.' }),
    until: timestamp.optional().openapi({ description: 'And before then.' }),
    status: z.enum(['failed', 'delivered']).default('failed'),
    endpoint_id: z.string().optional(),
    event_type: z.enum(eventTypes).optional(),
    limit: z.int().min(1).max(100).default(100),
    cursor: deliveryCursor.optional(),
  })
  .openapi('Redelivery')

const many = createRoute({
  method: 'post',
  path: '/redeliver',
  summary: 'Send all deliveries again that failed since a time',
  description:
    'The oldest first, a bounded number per call: post the same with the next_cursor as cursor until there is none. They wait in the lines of their hosts, so that nothing else waits behind them. Passed over is what is pending, and what goes to a disabled or deleted endpoint.',
  request: { body: { required: true, content: { 'application/json': { schema: filterSchema } } } },
  responses: {
    ...withoutKey,
    202: {
      description: 'What is sent again, and where to.',
      content: {
        'application/json': {
          schema: z.object({
            redelivered: z.int(),
            data: z.array(z.object({ id: z.string(), url: z.string() })),
            next_cursor: z.string().nullable(),
          }),
        },
      },
    },
    ...withBody,
    422: problemResponse('Every fault of the body.'),
  },
})

export const redeliverRoutes = createRouter()

redeliverRoutes.openapi(one, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const isRedelivered = await redeliver(context.db, id, context.now())
  const delivery = await findDelivery(context.db, id)
  if (delivery === null) return problem(c, 'not_found', 'There is no such delivery.')
  if (!isRedelivered) return refuse(c, delivery.status === 'pending' && delivery.lease !== null)
  context.log('delivery.redelivered', { job_id: delivery.jobId, delivery_id: id })
  await context.queues.delivery(id, 0)
  const [view] = await viewDeliveries(context, [delivery])
  if (view === undefined) throw new Error('one delivery has one view')
  return c.json(view, 202)
})

redeliverRoutes.openapi(many, async (c) => {
  const context = c.get('context')
  const { since, until, status, endpoint_id, event_type, limit, cursor } = c.req.valid('json')
  const filter = {
    ...{ status, endpointId: endpoint_id, eventType: event_type, sinceMs: Date.parse(since) },
    untilMs: until === undefined ? undefined : Date.parse(until),
  }
  const from = { after: cursor ?? null, limit }
  const { redelivered, next } = await redeliverMany(context.db, filter, from, context.now())
  context.log('deliveries.redelivered', { count: redelivered.length })
  await context.queues.deliveries(await releaseDueQueues(context.db, context.now()))
  return c.json({ redelivered: redelivered.length, data: redelivered, next_cursor: next }, 202)
})

function refuse(c: HonoContext<ApiEnv>, isUnderWay: boolean) {
  return isUnderWay
    ? problem(c, 'delivery_pending', 'An attempt is under way. Ask again in a few seconds.')
    : problem(c, 'disabled', 'Enable its endpoint, or the callbacks of its API key, first.')
}
