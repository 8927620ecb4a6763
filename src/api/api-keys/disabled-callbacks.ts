/** Lists and enables the hosts for which the callbacks of an API key are disabled; for that key and the scope admin. */
import { createRoute, z } from '@hono/zod-openapi'
import { reopenLanes } from '../../deliveries/reopen-lanes.ts'
import {
  type DisabledCallbacks,
  disabledCallbacksOf,
  enableCallbacks,
} from '../../store/deliveries/disabled.ts'
import { json, keyProblems, problemResponse, unexpectedBodyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { requireOwnKey } from './own-key.ts'

export const disabledSchema = z
  .object({
    host: z.string(),
    failing_since: z.iso.datetime(),
    disabled_at: z.iso.datetime(),
  })
  .openapi('DisabledCallbacks')

const params = z.object({
  id: z.string().openapi({ description: 'The id of an API key, or admin for the admin key.' }),
})
const responses = (description: string) => ({
  ...keyProblems,
  200: json(description, z.object({ data: z.array(disabledSchema) })),
  403: problemResponse(
    'The API key has not the scope deliveries, or is neither this key nor one with the scope admin.',
  ),
})

const list = createRoute({
  operationId: 'listDisabledCallbacks',
  tags: ['API keys'],
  method: 'get',
  path: '/{id}/disabled-callbacks',
  summary: 'List the hosts that receive no callbacks of an API key',
  description:
    'Each of these hosts accepted no delivery for five days. Deliveries to it fail without an attempt, with the reason disabled. Endpoints on the same host are not affected. For the key itself and the scope admin.',
  request: { params },
  responses: responses('The hosts.'),
})

const enable = createRoute({
  operationId: 'enableCallbacks',
  tags: ['API keys'],
  method: 'post',
  path: '/{id}/enable-callbacks',
  summary: 'Enable the callbacks of an API key to all hosts',
  description:
    'To send the failed deliveries, use POST /v1/deliveries/redeliver. For the key itself and the scope admin.',
  request: { params },
  responses: { ...unexpectedBodyProblems, ...responses('The hosts that were disabled until now.') },
})

export const disabledCallbackRoutes = createRouter()
disabledCallbackRoutes.use('/:id/disabled-callbacks', requireOwnKey)
disabledCallbackRoutes.use('/:id/enable-callbacks', requireOwnKey)

disabledCallbackRoutes.openapi(list, async (c) => {
  const disabled = await disabledCallbacksOf(c.get('context').db, c.req.valid('param').id)
  return c.json({ data: disabled.map(viewDisabled) }, 200)
})

disabledCallbackRoutes.openapi(enable, async (c) => {
  const context = c.get('context')
  const { id: ownerId } = c.req.valid('param')
  const enabled = await enableCallbacks(context.db, ownerId)
  await reopenLanes(
    context,
    enabled.map(({ host }) => ({ host, ownerId })),
  )
  return c.json({ data: enabled.map(viewDisabled) }, 200)
})

export function viewDisabled({ host, failingSince, disabledAt }: DisabledCallbacks) {
  return {
    host,
    failing_since: new Date(failingSince).toISOString(),
    disabled_at: new Date(disabledAt).toISOString(),
  }
}
