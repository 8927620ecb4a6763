/** The examples of the routes that show what an endpoint would receive, and test it. */
import type { Attempted } from '../../deliveries/classify.ts'
import { viewTest } from '../endpoints/test-endpoint.ts'
import { viewEventTypes } from './event-types.ts'
import { attempt, delivery, endpoint } from './operation-example-rows.ts'

const attempted: Attempted = {
  verdict: 'delivered',
  host: 'accepted',
  pace: 'ordinary',
  status: 200,
  error: null,
  responseHeaders: attempt.responseHeaders,
  responseBody: attempt.responseBody,
}

export function endpointTestExamples() {
  const type = 'job.failed'
  const sent = { eventId: delivery.eventId, type, url: endpoint.url, durationMs: 184 } as const
  return {
    testEndpoint: { request: { event_type: type }, response: viewTest(sent, attempted) },
    listEventTypes: { response: { data: viewEventTypes().slice(0, 2) } },
  }
}
