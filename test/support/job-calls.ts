/** The calls on an existing job. */
import { expect } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { api } from './reelhook.ts'

export function cancel(id: string): Promise<Response> {
  return api(`/v1/jobs/${id}/cancel`, { method: 'POST' })
}

export async function canceled(id: string): Promise<JobView> {
  const response = await cancel(id)
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

export function retry(id: string, headers: Record<string, string> = {}): Promise<Response> {
  return api(`/v1/jobs/${id}/retry`, { method: 'POST', headers })
}

export async function retried(id: string, headers: Record<string, string> = {}): Promise<JobView> {
  const response = await retry(id, headers)
  expect(response.status, await response.clone().text()).toBe(202)
  return response.json()
}

export function erase(id: string, query = ''): Promise<Response> {
  return api(`/v1/jobs/${id}${query}`, { method: 'DELETE' })
}
