/** The rows of one project, made through the API, and the calls of a key to every operation of the description. */
import { expect, vi } from 'vitest'
import { bearerHeader, createApiKey, type NewApiKey, postJobWith } from './api-keys.ts'
import { type AssetView, aDataUri, aFile } from './assets.ts'
import type { DeliveryView } from './deliveries.ts'
import type { EndpointView } from './endpoints.ts'
import { api, post, untilStatus, untilSubmitted } from './reelhook.ts'
import { finish } from './videos.ts'
import { callerUrl } from './world.ts'

/** In every text of the rows that a caller chooses, so that no response can show one unnoticed. */
export const marker = 'the-boat-of-the-shop'

export interface ProjectRows {
  jobs: { made: string; failed: string; running: string }
  assets: { uploaded: string; embedded: string }
  endpoint: string
  deliveries: string[]
}

/** A job that has a video, one that failed, one that runs, their deliveries, an endpoint and two assets. */
export async function makeRows(key: NewApiKey): Promise<ProjectRows> {
  const headers = bearerHeader(key)
  const asset = await api('/v1/assets', {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'image/png',
      'content-disposition': `attachment; filename="${marker}.png"`,
    },
    body: aFile('image/png'),
  })
  const { id: uploaded } = await asset.json<AssetView>()
  const url = `${callerUrl}/${marker}`
  const endpoint = await post(
    '/v1/endpoints',
    { url, description: marker, event_types: ['job.failed'] },
    headers,
  )
  const shown = { callback_url: url, metadata: { order: marker } }
  const made = await jobId(
    await postJobWith(key, { ...shown, prompt: marker, first_frame: aDataUri('image/png') }),
  )
  await finish(made)
  await untilStatus(made, 'succeeded')
  const failed = await jobId(await postJobWith(key, { ...shown, prompt: `${marker} sim(submit=402)` }))
  await untilStatus(failed, 'failed')
  const running = await jobId(await postJobWith(key, { ...shown, prompt: `${marker} sim(seconds=3600)` }))
  await untilSubmitted(running)
  const deliveries = await vi.waitFor(
    async () => {
      const list = await api('/v1/deliveries', { headers })
      const { data } = await list.json<{ data: DeliveryView[] }>()
      expect(data.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered'])
      return data.map(({ id }) => id)
    },
    { timeout: 60_000, interval: 20 },
  )
  const frame = await (await api(`/v1/jobs/${made}`, { headers })).json<{
    request: { first_frame: string }
  }>()
  return {
    jobs: { made, failed, running },
    assets: { uploaded, embedded: frame.request.first_frame },
    endpoint: (await endpoint.json<EndpointView>()).id,
    deliveries,
  }
}

async function jobId(response: Response): Promise<string> {
  expect(response.status, await response.clone().text()).toBe(202)
  return (await response.json<{ id: string }>()).id
}

export function aKeyOf(project: string | null): Promise<NewApiKey> {
  return createApiKey(project ?? 'of no project', { project })
}

export interface Operation {
  /** For example `GET /v1/jobs/{id}`. */
  name: string
  method: string
  path: string
  /** A valid JSON body, if it takes one. */
  example: unknown
}

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { example?: unknown }> } }>>
}

export async function everyOperation(): Promise<Operation[]> {
  const { paths } = await (await api('/openapi.json')).json<Document>()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([lower, { requestBody }]) => {
      const method = lower.toUpperCase()
      const example = requestBody?.content['application/json']?.example
      return { name: `${method} ${path}`, method, path, example }
    }),
  )
}

export function callOperation(
  { method, example }: Operation,
  path: string,
  key: NewApiKey,
): Promise<Response> {
  const json = example === undefined ? {} : { 'content-type': 'application/json' }
  const body = example === undefined ? null : JSON.stringify(example)
  return api(path, { method, headers: { ...bearerHeader(key), ...json }, body })
}
