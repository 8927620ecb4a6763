/** The API: its middleware, its routes and their order, and its response to every error. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { except } from 'hono/combine'
import { HTTPException } from 'hono/http-exception'
import { describeError } from '../log.ts'
import { isDatabaseFull, isDatabaseTrouble } from '../store/database.ts'
import { alertRoutes } from './alerts/alerts.ts'
import { apiKeyRoutes } from './api-keys/api-keys.ts'
import { currentKeyRoutes } from './api-keys/current.ts'
import { disabledCallbackRoutes } from './api-keys/disabled-callbacks.ts'
import { secretRotationRoutes } from './api-keys/rotate-secret.ts'
import { assetRoutes } from './assets/assets.ts'
import { assetContentRoutes } from './assets/content.ts'
import { requireApiKey } from './auth.ts'
import { validateBody } from './body.ts'
import { checkText } from './body-faults.ts'
import { deliveryRoutes } from './deliveries/deliveries.ts'
import { hostRoutes } from './deliveries/hosts.ts'
import { redeliverRoutes } from './deliveries/redeliver.ts'
import { callbackRoutes } from './deliveries/test-callback.ts'
import { eventTypeRoutes } from './description/event-types.ts'
import { describeApi } from './description/openapi.ts'
import { addPages } from './docs/routes.ts'
import { endpointRoutes } from './endpoints/endpoints.ts'
import { endpointTestRoutes } from './endpoints/test-endpoint.ts'
import { endpointUpdateRoutes } from './endpoints/update.ts'
import { estimateRoutes } from './estimates/estimates.ts'
import { answerRoutes } from './jobs/answers.ts'
import { cancelRoutes } from './jobs/cancel.ts'
import { eraseRoutes } from './jobs/erase.ts'
import { eventRoutes } from './jobs/events.ts'
import { jobRoutes } from './jobs/jobs.ts'
import { linkRoutes } from './jobs/links.ts'
import { jobListRoutes } from './jobs/list.ts'
import { outputRoutes } from './jobs/outputs.ts'
import { retryRoutes } from './jobs/retry.ts'
import { metricsRoutes } from './metrics/metrics.ts'
import { modelRoutes } from './models/models.ts'
import { problem, unavailable } from './problems.ts'
import { limitRate } from './rate-limit.ts'
import { databaseFull } from './refuse-when-full.ts'
import type { ApiEnv } from './router.ts'
import { requireScope } from './scopes.ts'
import { seriesRoutes } from './stats/series.ts'
import { healthRoutes } from './system/health.ts'
import { statsRoutes } from './system/stats.ts'
import { webhookKeyRoutes } from './system/webhook-keys.ts'
import { allEventRoutes } from './waiting/events.ts'

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
      error: describeError(error),
    })
    if (isDatabaseFull(error)) return databaseFull(c, 'It has no room left')
    if (isDatabaseTrouble(error)) return unavailable(c)
    return problem(
      c,
      'internal',
      'The error is logged under the request_id. Try again; a POST with an Idempotency-Key is safe to repeat.',
    )
  })

  api.route('/', healthRoutes)
  api.route('/', webhookKeyRoutes)
  api.route('/', metricsRoutes)
  // A signed link opens these too, so they authenticate by themselves.
  api.route('/v1/jobs', outputRoutes)
  api.route('/v1/assets', assetContentRoutes)

  api.use('/v1/*', requireApiKey)
  api.use('/v1/*', limitRate)
  api.use('/v1/*', requireScope)
  // The upload of an asset streams its body and has other limits.
  const isUpload = (c: Context) => c.req.method === 'POST' && c.req.path === '/v1/assets'
  api.use('/v1/*', except(isUpload, validateBody))
  api.route('/v1/assets', assetRoutes)
  api.use('/v1/*', checkText)
  api.route('/v1/jobs', jobRoutes)
  api.route('/v1/jobs', jobListRoutes)
  api.route('/v1/jobs', eventRoutes)
  api.route('/v1/jobs', answerRoutes)
  api.route('/v1/events', allEventRoutes)
  api.route('/v1/jobs', cancelRoutes)
  api.route('/v1/jobs', retryRoutes)
  api.route('/v1/jobs', eraseRoutes)
  api.route('/v1/jobs', linkRoutes)
  api.route('/v1/estimates', estimateRoutes)
  api.route('/v1/models', modelRoutes)
  api.route('/v1/deliveries', deliveryRoutes)
  api.route('/v1/deliveries', redeliverRoutes)
  api.route('/v1/hosts', hostRoutes)
  api.route('/v1/endpoints', endpointRoutes)
  api.route('/v1/endpoints', endpointUpdateRoutes)
  api.route('/v1/endpoints', endpointTestRoutes)
  api.route('/v1/event-types', eventTypeRoutes)
  api.route('/v1/stats', statsRoutes)
  api.route('/v1/stats', seriesRoutes)
  api.route('/v1/callbacks', callbackRoutes)
  api.route('/v1/alerts', alertRoutes)
  // A key can use these for itself, so they come before the admin key is required.
  api.route('/v1/api-keys', currentKeyRoutes)
  api.route('/v1/api-keys', secretRotationRoutes)
  api.route('/v1/api-keys', disabledCallbackRoutes)
  api.route('/v1/api-keys', apiKeyRoutes)

  addPages(api, describeApi(api))
  return api
}
