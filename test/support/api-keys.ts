/** Callers with their own API keys. */
import { expect } from 'vitest'
import { api, aRequest, post } from './reelhook.ts'

export interface NewApiKey {
  id: string
  name: string
  key: string
  callback_secret: string
  created_at: string
  revoked_at: string | null
}

export async function createApiKey(
  name = 'a caller',
  access: Record<string, unknown> = {},
): Promise<NewApiKey> {
  const response = await post('/v1/api-keys', { name, ...access })
  expect(response.status, await response.clone().text()).toBe(201)
  return response.json()
}

export async function revokeApiKey({ id }: NewApiKey): Promise<Response> {
  return api(`/v1/api-keys/${id}`, { method: 'DELETE' })
}

export function bearerHeader({ key }: { key: string }): { authorization: string } {
  return { authorization: `Bearer ${key}` }
}

/** Posts a job with this key; its deliveries are signed with the key's secret. */
export async function postJobWith(
  apiKey: NewApiKey,
  overrides: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return post('/v1/jobs', aRequest({ callback_secret: undefined, ...overrides }), {
    ...bearerHeader(apiKey),
    ...headers,
  })
}
