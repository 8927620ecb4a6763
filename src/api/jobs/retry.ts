/** POST /v1/jobs/:id/retry: creates a new job with the request of a job that failed or was canceled. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { sees } from '../../core/access.ts'
import { decryptHeaders } from '../../deliveries/callback-headers.ts'
import { decryptSecret } from '../../deliveries/secrets.ts'
import { encryptedSecretOf } from '../../store/deliveries/api-keys.ts'
import { findJob, type Job } from '../../store/jobs/jobs.ts'
import { type ProblemResponse, problem } from '../problems.ts'
import { keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { type ApiEnv, createRouter } from '../router.ts'
import type { NewJob } from './choose-provider.ts'
import { acceptedResponses, createHeaders, createJobOnce, keyConflicts } from './create.ts'
import { notAccepted } from './request.ts'
import { noSuchJob } from './view.ts'

const retry = createRoute({
  operationId: 'retryJob',
  tags: ['Jobs'],
  method: 'post',
  path: '/{id}/retry',
  summary: 'Retry a job',
  description:
    'Creates a new job with the request of a job that failed or was canceled; retry_of names that job. The request is validated again. The events of the new job are signed with the same secret as before, and carry the same callback_headers. The new job belongs to the key that retries, and to its project.',
  request: { params: z.object({ id: z.string() }), headers: createHeaders },
  responses: {
    ...keyProblems,
    ...unexpectedBodyProblems,
    ...acceptedResponses,
    ...noSuchJob,
    409: problemResponse(
      `The job has not ended (not_settled) or has succeeded (already_settled). ${keyConflicts}`,
      'not_settled',
      'already_settled',
      'idempotency_conflict',
      'job_erased',
    ),
  },
})

export const retryRoutes = createRouter().openapi(retry, async (c) => {
  const { id } = c.req.valid('param')
  return createJobOnce(c, `retry ${id}`, async () => {
    const job = await findJob(c.get('context').dbOf(id), id)
    if (job === null || !sees(c.get('caller'), job)) return problem(c, 'not_found', 'There is no such job.')
    switch (job.status) {
      case 'failed':
      case 'canceled':
        return repeat(c, job)
      case 'succeeded':
        return problem(c, 'already_settled', 'The job has succeeded. Create a new job for another video.')
      case 'queued':
      case 'generating':
      case 'storing':
        return problem(c, 'not_settled', 'The job has not ended yet. Cancel it first, or wait.')
    }
  })
})

/** The original request with the original secret and headers: the receiver can verify the events whichever key retries the job. */
async function repeat(c: HonoContext<ApiEnv>, job: Job): Promise<NewJob | ProblemResponse> {
  const { id, request } = job
  const { db, config } = c.get('context')
  if (job.damaged.includes('request')) {
    const message = 'is damaged in the database and is no longer the original request: create a new job'
    return problem(c, 'invalid_request', notAccepted, [{ path: 'request', message }])
  }
  if (request.callback_url === undefined) return { request, retryOf: id }
  const encrypted = await encryptedSecretOf(db, job)
  const secret = encrypted === null ? undefined : await decryptSecret(config.signingSecret, encrypted)
  const headers = await decryptHeaders(config.signingSecret, job.callbackHeaders)
  if (secret !== null && headers !== null)
    return { request: { ...request, callback_secret: secret, callback_headers: headers }, retryOf: id }
  const message = 'cannot be decrypted, because SIGNING_SECRET was changed: create a new job'
  return problem(c, 'invalid_request', notAccepted, [
    ...(secret === null ? [{ path: 'callback_secret', message }] : []),
    ...(headers === null ? [{ path: 'callback_headers', message }] : []),
  ])
}
