/** POST /v1/jobs/:id/retry: the request of a job that failed or was canceled, posted again as a new job. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { decryptSecret } from '../../deliveries/secrets.ts'
import { encryptedSecretOf } from '../../store/deliveries/claim.ts'
import { findJob, type Job } from '../../store/jobs/jobs.ts'
import { type ProblemResponse, problem, problemResponse, withoutKey, withUnaskedBody } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import type { Posted } from './accept.ts'
import { acceptedResponses, createJobOnce, idempotencyHeaders } from './create.ts'
import { nothingSpent } from './request.ts'

const retry = createRoute({
  method: 'post',
  path: '/{id}/retry',
  summary: 'Retry a job',
  description:
    'Makes a new job of the request of one that failed or was canceled, with retry_of naming that one. It is checked anew, as if it were posted, and signs what it tells with the same secret as before.',
  request: { params: z.object({ id: z.string() }), headers: idempotencyHeaders },
  responses: {
    ...withoutKey,
    ...withUnaskedBody,
    ...acceptedResponses,
    404: problemResponse('There is no such job.'),
    409: problemResponse(
      'It has not ended (not_settled), or has succeeded (already_settled); or the Idempotency-Key was used for something else.',
    ),
  },
})

export const retryRoutes = createRouter().openapi(retry, async (c) => {
  const { id } = c.req.valid('param')
  return createJobOnce(c, `retry ${id}`, async () => {
    const job = await findJob(c.get('context').db, id)
    if (job === null) return problem(c, 'not_found', 'There is no such job.')
    switch (job.status) {
      case 'failed':
      case 'canceled':
        return again(c, job)
      case 'succeeded':
        return problem(c, 'already_settled', 'The job has succeeded. Post a new one for another video.')
      case 'queued':
      case 'generating':
      case 'storing':
        return problem(c, 'not_settled', 'The job has not ended yet. Cancel it first, or wait.')
    }
  })
})

/** As it was posted, with the secret that signed for it: whoever retries it, its receiver can verify what comes. */
async function again(c: HonoContext<ApiEnv>, job: Job): Promise<Posted | ProblemResponse> {
  const { id, request } = job
  const { db, config } = c.get('context')
  if (job.damaged.includes('request')) {
    const message = 'is damaged in the database, and what is left of it is another request: post a new job'
    return problem(c, 'invalid_request', nothingSpent, [{ path: 'request', message }])
  }
  const sealed = request.callback_url === undefined ? null : await encryptedSecretOf(db, job)
  if (sealed === null) return { request, retryOf: id }
  const secret = await decryptSecret(config.signingSecret, sealed)
  if (secret !== null) return { request: { ...request, callback_secret: secret }, retryOf: id }
  const message = 'cannot be read any more, because SIGNING_SECRET was changed: post a new job'
  return problem(c, 'invalid_request', nothingSpent, [{ path: 'callback_secret', message }])
}
