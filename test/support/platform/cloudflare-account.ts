/** The state of the pretended Cloudflare account, and the form of the API's responses. */
import type { DatabaseSync } from 'node:sqlite'
import type { Context } from 'hono'

export const accountId = '0123456789abcdef0123456789abcdef'
export const apiToken = 'a-token-with-every-permission'

/** The permissions of an API token, as the dashboard names them. */
export const permissions = ['Workers Scripts', 'D1', 'Workers R2 Storage', 'Queues'] as const
export type Permission = (typeof permissions)[number]

/** One request, as `METHOD path`, with the path inside the account. */
interface Call {
  method: string
  path: string
  permission: Permission | null
}

interface Upload {
  /** The metadata part: bindings, secrets, flags, limits. */
  metadata: { bindings: { name: string; type: string; text?: string; [key: string]: unknown }[] } & Record<
    string,
    unknown
  >
  /** The names of the modules. */
  modules: string[]
}

/** Everything in the account, and the faults that a test may switch on. */
export interface Cloudflare {
  tokens: Map<string, readonly Permission[]>
  accounts: { id: string; name: string }[]
  hasR2: boolean
  isPaid: boolean
  subdomain: string | null
  /** A request whose `METHOD path` matches gets this error. */
  failing: { request: RegExp; status: number; code: number; message: string } | null
  databases: Map<string, { uuid: string; location?: string | undefined; sqlite: DatabaseSync }>
  buckets: Map<string, { location?: string | undefined; rules: { id: string; [key: string]: unknown }[] }>
  queues: Map<string, { id: string; consumers: { consumer_id: string; [key: string]: unknown }[] }>
  uploads: Upload[]
  /** The paths of the static files of the last upload. */
  staticFiles: string[]
  /** The Worker's secrets after the last upload. Null: there is no Worker. */
  secrets: Map<string, string> | null
  crons: string[]
  calls: Call[]
  /** Called for each request. */
  onCall: (() => void) | null
}

export function success(c: Context, result: unknown): Response {
  const count = Array.isArray(result) ? result.length : 1
  const result_info = { page: 1, per_page: 100, count, total_count: count, total_pages: 1 }
  return c.json({ success: true, errors: [], messages: [], result, result_info })
}

export function failure(status: number, code: number, message: string): Response {
  const body = { success: false, errors: [{ code, message }], messages: [], result: null }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
}

export function emptyAccount(): Cloudflare {
  return {
    tokens: new Map([[apiToken, permissions]]),
    accounts: [{ id: accountId, name: 'Video team' }],
    hasR2: true,
    isPaid: true,
    subdomain: 'video-team',
    failing: null,
    databases: new Map(),
    buckets: new Map(),
    queues: new Map(),
    uploads: [],
    staticFiles: [],
    secrets: null,
    crons: [],
    calls: [],
    onCall: null,
  }
}
