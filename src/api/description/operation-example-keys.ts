/** An API key, for the examples of the description. */
import type { ApiKey } from '../../store/deliveries/api-keys.ts'
import { viewApiKey } from '../api-keys/view.ts'
import { viewBudget } from '../budget.ts'

const row: Omit<ApiKey, 'hash' | 'callbackSecret'> = {
  id: 'key_01m7xzk3n6f9ja8c6mphr3z4aw',
  name: 'shop',
  createdAt: Date.UTC(2026, 10, 20, 9, 30),
  revokedAt: null,
  project: 'shop',
  scopes: ['jobs:read', 'jobs:write'],
  expiresAt: Date.UTC(2027, 10, 20),
  lastUsedAt: Date.UTC(2026, 10, 21, 3, 5),
  retiredSecrets: '[]',
  callbackUrl: 'https://example.com/hooks/video',
  requestsPerMinute: 300,
  monthlyBudgetMicros: 50_000_000,
}
const usedMicros = 12_405_000

export const exampleApiKey = viewApiKey(row, new Map([[row.id, usedMicros]]))

const { id, name, project, scopes, expires_at } = exampleApiKey
const { secret_rotated_at, callback_url, requests_per_minute } = exampleApiKey

export const exampleCurrentKey = {
  id,
  name,
  project,
  scopes,
  expires_at,
  secret_rotated_at,
  callback_url,
  requests_per_minute,
  budget: viewBudget(50_000_000, usedMicros, Date.UTC(2026, 10, 21)),
}
