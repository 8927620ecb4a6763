import { LoadAPIKeyError, LoadSettingError } from '@ai-sdk/provider'
import type { Connection } from './call.ts'
import { createVideoModel } from './model.ts'
import type { ReelhookVideoModel, ReelhookVideoModelId } from './types.ts'

export interface ReelhookSettings {
  /** The URL of your Reelhook, e.g. https://reelhook.example.workers.dev. Default: the environment variable REELHOOK_URL. */
  baseURL?: string
  /** Default: the environment variable REELHOOK_API_KEY. */
  apiKey?: string
  /** Sent with each request. */
  headers?: Record<string, string>
  fetch?: typeof globalThis.fetch
}

export interface ReelhookProvider {
  (modelId: ReelhookVideoModelId): ReelhookVideoModel
  video(modelId: ReelhookVideoModelId): ReelhookVideoModel
  videoModel(modelId: ReelhookVideoModelId): ReelhookVideoModel
}

/** The settings are read when a request is sent, so a missing one fails the call and not the import. */
export function createReelhook(settings: ReelhookSettings = {}): ReelhookProvider {
  const video = (modelId: ReelhookVideoModelId) => createVideoModel(modelId, () => connectionOf(settings))
  return Object.assign((modelId: ReelhookVideoModelId) => video(modelId), { video, videoModel: video })
}

/** With the settings of the environment. */
export const reelhook: ReelhookProvider = createReelhook()

function connectionOf({
  baseURL,
  apiKey,
  headers = {},
  fetch = globalThis.fetch,
}: ReelhookSettings): Connection {
  const url = baseURL ?? environment('REELHOOK_URL')
  const key = apiKey ?? environment('REELHOOK_API_KEY')
  if (url === undefined)
    throw new LoadSettingError({
      message: 'The URL of Reelhook is missing. Pass baseURL to createReelhook(), or set REELHOOK_URL.',
    })
  if (key === undefined)
    throw new LoadAPIKeyError({
      message:
        'The API key of Reelhook is missing. Pass apiKey to createReelhook(), or set REELHOOK_API_KEY.',
    })
  return {
    baseUrl: url.replace(/\/+$/, ''),
    headers: { authorization: `Bearer ${key}`, ...headers },
    // Workers refuse a fetch that is called as a method of something else.
    fetch: (input, init) => fetch(input, init),
  }
}

// Browsers have none.
declare const process: { env: Record<string, string | undefined> } | undefined

function environment(name: string): string | undefined {
  const value = typeof process === 'undefined' ? undefined : process.env[name]
  return value === '' ? undefined : value
}
