/** One request to Reelhook. Its errors are those of the AI SDK, which repeats a call only if the error says that it may. */
import { APICallError } from '@ai-sdk/provider'
import type { CallHeaders } from './types.ts'

export interface Connection {
  baseUrl: string
  headers: Record<string, string>
  fetch: typeof globalThis.fetch
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  headers?: CallHeaders | undefined
  body?: { type: string; content: string | Uint8Array<ArrayBuffer> }
  signal?: AbortSignal | undefined
}

interface Answer<Body> {
  body: Body
  headers: Record<string, string>
}

export async function call<Body>(connection: Connection, wanted: Call): Promise<Answer<Body>> {
  const { method, path, body, signal = null } = wanted
  const url = `${connection.baseUrl}${path}`
  const headers = headersOf(connection, wanted)
  const { response, text } = await connection
    .fetch(url, { method, headers, signal, ...(body !== undefined && { body: body.content }) })
    .then(async (response) => ({ response, text: await response.text() }))
    .catch((cause) => {
      throw signal?.aborted ? cause : lost(url, cause)
    })
  const json = parsed(text)
  if (!response.ok || json === undefined) throw refused(url, response, { text, json })
  return { body: json, headers: Object.fromEntries(response.headers) }
}

function headersOf({ headers }: Connection, { headers: ofCall = {}, body }: Call): Headers {
  const all = new Headers(headers)
  for (const [name, value] of Object.entries(ofCall)) if (value !== undefined) all.set(name, value)
  if (body !== undefined) all.set('content-type', body.type)
  return all
}

/** The request may have been carried out. A start is repeated with the same idempotency key, so it is safe to repeat. */
function lost(url: string, cause: unknown): APICallError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new APICallError({
    message: `Reelhook did not respond: ${reason}`,
    url,
    requestBodyValues: undefined,
    cause,
    isRetryable: true,
  })
}

interface Problem {
  title?: string
  detail?: string
  errors?: { path: string; message: string }[]
}

function refused(url: string, response: Response, { text, json }: { text: string; json?: Problem }) {
  const { status, headers } = response
  const {
    title = `The response of ${url} (HTTP ${status}) is not one of Reelhook`,
    detail,
    errors = [],
  } = json ?? {}
  const faults = errors.map(({ path, message }) => `${optionNameOf(path)} ${message}`.trim())
  return new APICallError({
    message: [`${title}.`, ...(detail === undefined ? [] : [detail]), ...faults].join(' '),
    url,
    requestBodyValues: undefined,
    statusCode: status,
    responseHeaders: Object.fromEntries(headers),
    responseBody: text,
    // A conflict stays one, and a full database stays full.
    isRetryable: status === 408 || status === 429 || (status >= 500 && status !== 507),
    data: json,
  })
}

function parsed(text: string) {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const optionNames: Readonly<Record<string, string>> = {
  model: 'model',
  prompt: 'prompt',
  count: 'n',
  duration: 'duration',
  seed: 'seed',
  aspect_ratio: 'aspectRatio',
  generate_audio: 'generateAudio',
  first_frame: 'prompt.image or frameImages',
  last_frame: 'frameImages',
  reference_images: 'inputReferences',
  reference_videos: 'inputReferences',
  reference_audios: 'inputReferences',
  callback_url: 'webhookUrl',
}

/** The caller knows a field of the job by the name of its option in the AI SDK. */
function optionNameOf(path: string): string {
  if (path === '' || path === 'file') return path
  const [field = ''] = path.split('.')
  const name = optionNames[field] ?? `providerOptions.reelhook.${path}`
  return name.endsWith(path) ? `${name}:` : `${name} (${path}):`
}
