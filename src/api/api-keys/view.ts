/** An API key as the API shows it, without the fields that are shown only once. */
import { z } from '@hono/zod-openapi'
import { scopes } from '../../core/access.ts'
import { isoOrNull } from '../../core/iso.ts'
import { inUsd } from '../../core/job/spending.ts'
import { type ApiKey, secretRotatedAt } from '../../store/deliveries/api-keys.ts'
import { problemResponse } from '../responses.ts'

export const secretRotatedAtSchema = z.iso.datetime().nullable().openapi({
  description:
    'When the callback secret was rotated last. For 24 hours from then, the previous one signs too. null: never.',
})

export const apiKeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    project: z.string().nullable(),
    scopes: z.array(z.enum(scopes)),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: 'To the hour.' }),
    secret_rotated_at: secretRotatedAtSchema,
    callback_url: z.string().nullable(),
    requests_per_minute: z.int().nullable(),
    monthly_budget_usd: z.number().nullable(),
    spent_usd: z.number().nullable().openapi({
      description:
        'The cost of its jobs of this month: of ended jobs as billed, of others as reserved. null: it has no budget.',
    }),
  })
  .openapi('ApiKey')

export const noSuchApiKey = { 404: problemResponse('There is no such key, or it is revoked.') }

export function viewApiKey(
  row: Omit<ApiKey, 'hash' | 'callbackSecret'>,
  usedMicros: ReadonlyMap<string, number>,
): z.infer<typeof apiKeySchema> {
  const { monthlyBudgetMicros } = row
  return {
    id: row.id,
    name: row.name,
    project: row.project,
    scopes: row.scopes,
    created_at: new Date(row.createdAt).toISOString(),
    expires_at: isoOrNull(row.expiresAt),
    revoked_at: isoOrNull(row.revokedAt),
    last_used_at: isoOrNull(row.lastUsedAt),
    secret_rotated_at: isoOrNull(secretRotatedAt(row)),
    callback_url: row.callbackUrl,
    requests_per_minute: row.requestsPerMinute,
    monthly_budget_usd: monthlyBudgetMicros === null ? null : inUsd(monthlyBudgetMicros),
    spent_usd: monthlyBudgetMicros === null ? null : inUsd(usedMicros.get(row.id) ?? 0),
  }
}
