/** GET /v1/api-keys/current: what the API key of the request is and may do, for any key. */
import { createRoute, z } from '@hono/zod-openapi'
import { scopes } from '../../core/access.ts'
import { isoOrNull } from '../../core/iso.ts'
import { findApiKey, secretRotatedAt } from '../../store/deliveries/api-keys.ts'
import { adminKeyId } from '../auth.ts'
import { budgetSchema, usedBudgets, viewBudget } from '../budget.ts'
import { problem } from '../problems.ts'
import { json, keyProblems } from '../responses.ts'
import { createRouter } from '../router.ts'
import { secretRotatedAtSchema } from './view.ts'

const currentKeySchema = z
  .object({
    id: z.string().openapi({ description: 'admin for the admin key.' }),
    name: z.string(),
    project: z.string().nullable(),
    scopes: z.array(z.enum(scopes)),
    expires_at: z.iso.datetime().nullable(),
    secret_rotated_at: secretRotatedAtSchema,
    callback_url: z.string().nullable(),
    requests_per_minute: z.int().nullable(),
    budget: budgetSchema.nullable().openapi({ description: 'null: its jobs may cost any amount.' }),
  })
  .openapi('CurrentApiKey')

export type CurrentApiKey = z.infer<typeof currentKeySchema>

const current = createRoute({
  operationId: 'getCurrentApiKey',
  tags: ['API keys'],
  method: 'get',
  path: '/current',
  summary: 'Show the API key of the request',
  description:
    'For every key, whatever its scopes: what it may do, when it expires, and what is left of its budget.',
  responses: { ...keyProblems, 200: json('The key.', currentKeySchema) },
})

export const currentKeyRoutes = createRouter().openapi(current, async (c) => {
  const context = c.get('context')
  const caller = c.get('caller')
  const key = caller.keyId === adminKeyId ? null : await findApiKey(context.db, caller.keyId)
  if (key === null && caller.keyId !== adminKeyId)
    return problem(c, 'unauthorized', 'This API key was revoked.')
  const { monthlyBudgetMicros = null } = key ?? {}
  const used = key === null ? 0 : ((await usedBudgets(context, [key])).get(key.id) ?? 0)
  return c.json(
    {
      id: caller.keyId,
      name: key?.name ?? 'the admin key',
      project: caller.project,
      scopes: [...caller.scopes],
      expires_at: isoOrNull(caller.expiresAt),
      secret_rotated_at: key === null ? null : isoOrNull(secretRotatedAt(key)),
      callback_url: caller.callbackUrl,
      requests_per_minute: caller.requestsPerMinute,
      budget: monthlyBudgetMicros === null ? null : viewBudget(monthlyBudgetMicros, used, context.now()),
    },
    200,
  )
})
