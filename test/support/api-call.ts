/** Calls the Worker directly, with bindings that the test chooses. */
import { env } from 'cloudflare:workers'
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

/** `bindings` replace the real ones; an undefined one removes it. */
export async function ask(
  path: string,
  init: RequestInit,
  bindings: Record<string, unknown>,
): Promise<Response> {
  return fetchWith(bindings as Partial<Env>, new Request(`${publicBaseUrl}${path}`, init))
}

/** A request with the admin key, and with this JSON unless there is none. */
export function apiRequest(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Request {
  return new Request(`${publicBaseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${env.ADMIN_API_KEY}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** A database that is down. */
export const deadDatabase = {
  prepare: () => {
    throw new Error('D1_ERROR: the database is down')
  },
}
