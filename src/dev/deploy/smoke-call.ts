/** The calls of the smoke test, as any caller sends them. Trouble is an answer too. */
import { z } from 'zod'
import { parseJson } from '../../core/http/json.ts'

/** `json`: undefined if the body is none. `status`: null if nothing answered, and `error` says why. */
export interface Answer {
  status: number | null
  error: string
  json: unknown
  bytes: Uint8Array
}

export type Call = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  access?: 'with_key' | 'without_key',
) => Promise<Answer>

interface Caller {
  url: string
  adminApiKey?: string
  fetch: typeof fetch
}

/** Longer than the longest wait for a job. */
const timeoutMs = 25_000

export function createCall({ url, adminApiKey, fetch }: Caller): Call {
  return async (method, path, body, access = 'with_key') => {
    const headers = {
      ...(access === 'with_key' && { authorization: `Bearer ${adminApiKey}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const init = { method, headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const
    try {
      const response = await fetch(`${url}${path}`, {
        ...init,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { status: response.status, error: '', json: parseJson(new TextDecoder().decode(bytes)), bytes }
    } catch (error) {
      // fetch throws for network failures only. Its cause names the reason, such as an unknown host.
      const cause = error instanceof Error ? (error.cause ?? error) : error
      return { status: null, error: describe(cause), json: undefined, bytes: new Uint8Array() }
    }
  }
}

/** The status with the problem that the body describes, if it does. */
export function describeAnswer({ status, error, json }: Answer): string {
  if (status === null) return error
  const problem = problemSchema.safeParse(json).data
  if (problem === undefined) return `status ${status}`
  const errors = (problem.errors ?? []).map(({ path, message }) => `${path} ${message}`)
  return [`status ${status}, ${problem.detail}`, ...errors].join(' ')
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

const problemSchema = z.object({
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
