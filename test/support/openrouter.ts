/** Calls of the OpenRouter dialect. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { getJob } from './reelhook.ts'
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

export const base = `${publicBaseUrl}/openrouter/api/v1/videos`

export function ask(
  path: string,
  init: RequestInit = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = `Bearer ${env.ADMIN_API_KEY}`
  return fetchWith({}, new Request(`${base}${path}`, { ...init, headers: { authorization, ...headers } }))
}

export function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return ask('', { method: 'POST', body: JSON.stringify(body) }, headers)
}

export const aVideo = (fields: object = {}) => ({
  model: 'bytedance/seedance-2.0-mini',
  prompt: 'A paper boat drifts down a rainy gutter',
  resolution: '480p',
  provider: { options: { reelhook: { provider: 'runware' } } },
  ...fields,
})

/** The job of a request with these fields. */
export async function created(fields: object = {}, headers: Record<string, string> = {}): Promise<JobView> {
  const response = await post(aVideo(fields), headers)
  expect(response.status, await response.clone().text()).toBe(202)
  return getJob((await response.json<{ id: string }>()).id)
}

export async function errorOf(response: Response): Promise<{ code: number; message: string }> {
  expect(response.headers.get('content-type')).toBe('application/json')
  return (await response.json<{ error: { code: number; message: string } }>()).error
}
