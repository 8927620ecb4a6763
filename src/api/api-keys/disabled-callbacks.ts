/** /v1/api-keys/:id/…: the callbacks of a key's jobs to hosts that took nothing for days; for the key, or the admin's. */
import { createRoute, z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import {
  type DisabledCallbacks,
  disabledCallbacksOf,
  enableCallbacks,
} from '../../store/deliveries/disabled.ts'
import { adminKeyId } from '../auth.ts'
import { problem, problemResponse, withoutKey, withUnaskedBody } from '../problems.ts'
import { type ApiEnv, createRouter } from '../router.ts'

const disabledSchema = z
  .object({
    host: z.string(),
    failing_since: z.iso.datetime(),
    disabled_at: z.iso.datetime(),
  })
  .openapi('DisabledCallbacks')

const params = z.object({ id: z.string().openapi({ description: 'A key, or admin for the admin key.' }) })
const answers = (description: string) => ({
  ...withoutKey,
  200: {
    description,
    content: { 'application/json': { schema: z.object({ data: z.array(disabledSchema) }) } },
  },
  403: problemResponse("Neither this key nor the admin's."),
})

const list = createRoute({
  method: 'get',
  path: '/{id}/disabled-callbacks',
  summary: "The hosts that a key's jobs send no callbacks to",
  description:
    'A host that took nothing for five days, though it was tried. Their deliveries fail unattempted, with the reason disabled; endpoints on the same host stand for themselves. For the key itself, and the admin key.',
  request: { params },
  responses: answers('The hosts.'),
})

const enable = createRoute({
  method: 'post',
  path: '/{id}/enable-callbacks',
  summary: "Send a key's callbacks to all hosts again",
  description:
    'What failed meanwhile is sent by POST /v1/deliveries/redeliver. For the key itself, and the admin key.',
  request: { params },
  responses: { ...withUnaskedBody, ...answers('The hosts that were disabled until now.') },
})

const onlyForItself = createMiddleware<ApiEnv>(async (c, next) => {
  const caller = c.get('apiKeyId')
  if (caller === adminKeyId || caller === c.req.param('id')) return next()
  return problem(c, 'forbidden', 'Only the key itself and the admin key may do that.')
})

export const disabledCallbackRoutes = createRouter()
disabledCallbackRoutes.use('/:id/disabled-callbacks', onlyForItself)
disabledCallbackRoutes.use('/:id/enable-callbacks', onlyForItself)

disabledCallbackRoutes.openapi(list, async (c) => {
  const disabled = await disabledCallbacksOf(c.get('context').db, c.req.valid('param').id)
  return c.json({ data: disabled.map(view) }, 200)
})

disabledCallbackRoutes.openapi(enable, async (c) => {
  const { db, now, queues: nudges } = c.get('context')
  const { enabled, woken } = await enableCallbacks(db, c.req.valid('param').id, now())
  await nudges.deliveries(woken)
  return c.json({ data: enabled.map(view) }, 200)
})

function view({ host, failingSince, disabledAt }: DisabledCallbacks) {
  return {
    host,
    failing_since: new Date(failingSince).toISOString(),
    disabled_at: new Date(disabledAt).toISOString(),
  }
}
