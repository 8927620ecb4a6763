/** The map of the API. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { sayError } from '../log.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { onlyWithAdminKey, onlyWithKey } from './auth.ts'
import { deliveryRoutes } from './deliveries.ts'
import { disabledCallbackRoutes } from './disabled-callbacks.ts'
import { endpointRoutes } from './endpoints.ts'
import type { ApiEnv } from './environment.ts'
import { estimateRoutes } from './estimates.ts'
import { documentEvents } from './event-docs.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { jobListRoutes } from './job-list.ts'
import { jobRoutes } from './jobs.ts'
import { modelRoutes } from './models.ts'
import { outputRoutes } from './outputs.ts'
import { problem } from './problems.ts'
import { redeliverRoutes } from './redeliver.ts'

export function createApi() {
  const api = new OpenAPIHono<ApiEnv>()
  api.onError((error, c) => {
    if (error instanceof HTTPException && error.status === 400) {
      return problem(c, 'invalid_json', error.message)
    }
    if (error instanceof HTTPException && error.status === 415) {
      return problem(c, 'unsupported_media_type', 'Send the header "Content-Type: application/json".')
    }
    c.get('context').log('request.failed', {
      request_id: c.get('requestId'),
      path: c.req.routePath,
      error: sayError(error),
    })
    return problem(
      c,
      'internal',
      'It is logged under the request_id. Try again; posts with an Idempotency-Key are safe.',
    )
  })

  api.route('/', healthRoutes)
  // An output is opened by a signed link as well as by a key, so it looks for itself.
  api.route('/v1/jobs', outputRoutes)

  api.use('/v1/*', onlyWithKey)
  api.route('/v1/jobs', jobRoutes)
  api.route('/v1/jobs', jobListRoutes)
  api.route('/v1/jobs', eventRoutes)
  api.route('/v1/estimates', estimateRoutes)
  api.route('/v1/models', modelRoutes)
  api.route('/v1/deliveries', deliveryRoutes)
  api.route('/v1/deliveries', redeliverRoutes)
  api.route('/v1/endpoints', endpointRoutes)
  // A key may look after itself here, so they stand before the door that only the admin's opens.
  api.route('/v1/api-keys', disabledCallbackRoutes)
  api.use('/v1/api-keys/*', onlyWithAdminKey)
  api.route('/v1/api-keys', apiKeyRoutes)

  documentEvents(api)
  api.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' })
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Reelhook',
      version: '1',
      description:
        'Turns "make me a video" into an event: post a job, hang up, and be told by a signed webhook.',
    },
    security: [{ apiKey: [] }],
  })
  return api
}
