/** Requests of OpenAI's Videos dialect. */
import { expect } from 'vitest'
import type { Video } from '../../src/api/faces/openai/video.ts'
import { aFile } from './assets.ts'
import { api, untilStatus } from './reelhook.ts'
import { finish } from './videos.ts'

export type { Video }

export interface VideoError {
  error: { message: string; type: string; param: string | null; code: string }
}

export const videosPath = '/openai/v1/videos'

export function aVideoRequest(overrides: Record<string, string | Blob> = {}) {
  return {
    model: 'sora-2',
    prompt: 'A paper boat drifts down a rainy gutter',
    seconds: '4',
    size: '1280x720',
    ...overrides,
  }
}

export function formOf(fields: Record<string, string | Blob>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, 'boat.png')
  }
  return form
}

export function aPicture(bytes = 1_000): Blob {
  return new Blob([aFile('image/png', bytes)], { type: 'image/png' })
}

/** As a form, which is what OpenAI's client for Node sends. */
export function postVideo(
  fields: Record<string, string | Blob> = {},
  headers: Record<string, string> = {},
  path = videosPath,
): Promise<Response> {
  return api(path, { method: 'POST', body: formOf(aVideoRequest(fields)), headers })
}

export function postJson(body: unknown, headers: Record<string, string> = {}, path = videosPath) {
  const all = { 'content-type': 'application/json', ...headers }
  return api(path, { method: 'POST', body: JSON.stringify(body), headers: all })
}

export async function videoIn(response: Response): Promise<Video> {
  expect(response.status, await response.clone().text()).toBe(200)
  return response.json()
}

export async function getVideo(id: string): Promise<Video> {
  return videoIn(await api(`${videosPath}/${id}`))
}

export async function errorIn(response: Response, status = 400): Promise<VideoError['error']> {
  expect(response.status, await response.clone().text()).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/json')
  return (await response.json<VideoError>()).error
}

/** A video that is stored. */
export async function aVideo(fields: Record<string, string | Blob> = {}): Promise<Video> {
  const { id } = await videoIn(await postVideo(fields))
  await finish(id)
  await untilStatus(id, 'succeeded')
  return getVideo(id)
}
