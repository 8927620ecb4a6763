/** Redelivery: of one delivery, or of all that ended in the same way in a period. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from '../../context.ts'
import { sees } from '../../core/access.ts'
import { eventTypes } from '../../core/event.ts'
import { findBody } from '../../store/deliveries/bodies.ts'
import { type Delivery, findDelivery } from '../../store/deliveries/claim.ts'
import { releaseDueQueues } from '../../store/deliveries/host-queue-sweep.ts'
import { redeliver, redeliverMany } from '../../store/deliveries/redeliver.ts'
import { forgetOwners } from '../../store/owner-memory.ts'
import { inEachDatabase } from '../../store/shards.ts'
import { urlFor } from '../hidden-urls.ts'
import { problem } from '../problems.ts'
import {
  bodyProblems,
  json,
  jsonBody,
  keyProblems,
  problemResponse,
  unexpectedBodyProblems,
} from '../responses.ts'
import { createRouter } from '../router.ts'
import { deliveryCursor, deliverySchema, timestamp, viewDeliveries } from './view.ts'

const one = createRoute({
  operationId: 'redeliverDelivery',
  tags: ['Deliveries'],
  method: 'post',
  path: '/{id}/redeliver',
  summary: 'Send a delivery now',
  description:
    "Sends the same body under the same webhook-id, to the endpoint's current URL or to the job's callback_url. A delivery that has ended starts its schedule again; its attempts keep their numbers. A pending delivery does not wait for its schedule or its host: its next attempt is made now, and its schedule continues.",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    202: json('The pending delivery, with the URL of its next attempt.', deliverySchema),
    404: problemResponse('There is no such delivery.'),
    409: problemResponse(
      'An attempt is in progress. Or the body was deleted, because the job ended long ago. Or the endpoint is disabled or deleted, or the callbacks of the API key are disabled.',
      'delivery_pending',
      'pruned',
      'disabled',
    ),
  },
})

const filterSchema = z
  .strictObject({
    since: timestamp.openapi({ description: 'Only deliveries created at this time or later.' }),
    until: timestamp.optional().openapi({ description: 'Only deliveries created before this time.' }),
    status: z.enum(['failed', 'delivered']).default('failed'),
    endpoint_id: z.string().optional(),
    event_type: z.enum(eventTypes).optional(),
    limit: z.int().min(1).max(100).default(100),
    cursor: deliveryCursor.optional(),
  })
  .openapi('Redelivery')

const many = createRoute({
  operationId: 'redeliverDeliveries',
  tags: ['Deliveries'],
  method: 'post',
  path: '/redeliver',
  summary: 'Send the deliveries of a period again',
  description:
    'Sends the oldest first, a limited number per call. Repeat the request with next_cursor as cursor until it is null. The deliveries wait in the queues of their hosts and do not delay others. Pending deliveries, deliveries of pruned jobs, and deliveries to a disabled or deleted endpoint are skipped.',
  request: { body: jsonBody(filterSchema) },
  responses: {
    ...keyProblems,
    ...bodyProblems,
    202: json(
      'The deliveries that are sent again.',
      z.object({
        redelivered: z.int(),
        data: z.array(z.object({ id: z.string(), url: z.string() })),
        next_cursor: z.string().nullable(),
      }),
    ),
  },
})

export const redeliverRoutes = createRouter()

redeliverRoutes.openapi(one, async (c) => {
  const context = c.get('context')
  const { id } = c.req.valid('param')
  const db = context.dbOf(id)
  const caller = c.get('caller')
  const before = await findDelivery(db, id)
  if (before === null || !sees(caller, before)) return problem(c, 'not_found', 'There is no such delivery.')
  const isRedelivered = await redeliverIfEnabled(context, before)
  const delivery = await findDelivery(db, id)
  if (delivery === null) return problem(c, 'not_found', 'There is no such delivery.')
  if (!isRedelivered && delivery.status === 'pending' && delivery.lease !== null)
    return problem(c, 'delivery_pending', 'An attempt is in progress. Try again in a few seconds.')
  if (!isRedelivered && (await findBody(db, id)) === null)
    return problem(
      c,
      'pruned',
      'Its body was deleted a number of days after the job ended. GET /v1/jobs/:id shows the job.',
    )
  if (!isRedelivered)
    return problem(c, 'disabled', 'First enable its endpoint, or the callbacks of its API key.')
  context.log('delivery.redelivered', { job_id: delivery.jobId, delivery_id: id })
  await context.queues.delivery(id, 0)
  const [view] = await viewDeliveries(context, [delivery], caller)
  if (view === undefined) throw new Error('one delivery has one view')
  return c.json(view, 202)
})

redeliverRoutes.openapi(many, async (c) => {
  const context = c.get('context')
  const { since, until, status, endpoint_id, event_type, limit, cursor } = c.req.valid('json')
  const caller = c.get('caller')
  const filter = {
    project: caller.project ?? undefined,
    status,
    endpointId: endpoint_id,
    eventType: event_type,
    sinceMs: Date.parse(since),
    untilMs: until === undefined ? undefined : Date.parse(until),
  }
  const from = { after: cursor ?? null, limit }
  // So that each owner is read once, as it is now.
  forgetOwners()
  const stores = { databases: context.databases, findOwner: context.owners.find }
  const { redelivered, next } = await redeliverMany(stores, filter, from, context.now())
  context.log('deliveries.redelivered', { count: redelivered.length })
  const released = await inEachDatabase(context, (db) => releaseDueQueues(db, context.now()))
  await context.queues.deliveries(released.flat())
  const data = redelivered.map(({ id, url }) => ({ id, url: urlFor(caller, url) }))
  return c.json({ redelivered: data.length, data, next_cursor: next }, 202)
})

/** False: its owner is disabled, or it cannot be redelivered. */
async function redeliverIfEnabled(context: Context, delivery: Delivery): Promise<boolean> {
  const owner = await context.owners.findNow(delivery)
  return owner.obstacle === null && redeliver(context.dbOf(delivery.id), delivery, owner, context.now())
}
