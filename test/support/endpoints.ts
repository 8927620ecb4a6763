/** Endpoints, created and read through the API. */
import { expect } from 'vitest'
import { api, post } from './reelhook.ts'

export interface EndpointView {
  id: string
  url: string
  description: string | null
  event_types: string[]
  format: string
  metadata: Record<string, string>
  disabled: boolean
  disabled_at: string | null
  disabled_by: 'user' | 'failure' | null
  created_at: string
}

export interface NewEndpoint extends EndpointView {
  secret: string
}

export async function makeEndpoint(
  url: string,
  overrides: Record<string, unknown> = {},
): Promise<NewEndpoint> {
  const response = await post('/v1/endpoints', { url, ...overrides })
  expect(response.status, await response.clone().text()).toBe(201)
  return response.json()
}

export async function changeEndpoint({ id }: { id: string }, patch: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return api(`/v1/endpoints/${id}`, { method: 'PATCH', headers, body: JSON.stringify(patch) })
}

export async function showEndpoint({ id }: { id: string }): Promise<EndpointView> {
  const response = await api(`/v1/endpoints/${id}`)
  expect(response.status).toBe(200)
  return response.json()
}

export async function deleteEndpoint({ id }: { id: string }): Promise<Response> {
  return api(`/v1/endpoints/${id}`, { method: 'DELETE' })
}

export async function enableEndpoint({ id }: { id: string }): Promise<Response> {
  return api(`/v1/endpoints/${id}/enable`, { method: 'POST' })
}
