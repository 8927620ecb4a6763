/** Cloudflare's API for one account, with the credentials that wrangler uses. */
import { z } from 'zod'
import { parseJson } from '../../core/http/json.ts'
import type { RunWrangler } from '../local/wrangler.ts'

export interface Cloudflare {
  accountId: string
  /** Sends one request to a path inside the account. */
  call<T>(schema: z.ZodType<T>, request: ApiRequest): Promise<ApiResult<T>>
}

export interface ApiRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** For example `d1/database`. */
  path: string
  body?: unknown
}

type ApiResult<T> = { ok: true; result: T } | { ok: false; refusal: Refusal }

export interface Refusal {
  request: ApiRequest
  /** Cloudflare's error codes. Empty: no readable response. */
  codes: number[]
  message: string
}

export interface Connection {
  run: RunWrangler
  fetch: typeof fetch
  environment: Readonly<Record<string, string | undefined>>
  /** `account_id` of wrangler.toml. */
  accountId: string | undefined
}

export type Opened = { ok: true; cloudflare: Cloudflare } | { ok: false; fault: string }

/** Finds the account to deploy to. */
export async function openCloudflare(connection: Connection): Promise<Opened> {
  const { run, environment } = connection
  const { exitCode, stdout } = await run(['auth', 'token', '--json'], { output: 'captured' })
  const credentials = exitCode === 0 ? credentialsSchema.safeParse(parseJson(stdout)) : undefined
  if (!credentials?.success) return { ok: false, fault: notLoggedIn }
  const request = requestWith(connection, headersOf(credentials.data))
  const given = connection.accountId ?? environment.CLOUDFLARE_ACCOUNT_ID
  const id: Chosen = given === undefined ? await onlyAccount(request) : { ok: true, id: given }
  if (!id.ok) return id
  const within = (of: ApiRequest) => ({ ...of, path: `accounts/${id.id}/${of.path}` })
  return {
    ok: true,
    cloudflare: { accountId: id.id, call: (schema, of) => request(schema, within(of)) },
  }
}

type Send = <T>(schema: z.ZodType<T>, request: ApiRequest) => Promise<ApiResult<T>>
type Chosen = { ok: true; id: string } | { ok: false; fault: string }

async function onlyAccount(send: Send): Promise<Chosen> {
  const listed = await send(accountsSchema, { method: 'GET', path: 'accounts?per_page=50' })
  if (!listed.ok) {
    const { codes, message } = listed.refusal
    return { ok: false, fault: codes.length === 0 ? message : `${refusedLogin} (${message})` }
  }
  const [first, ...others] = listed.result
  if (first !== undefined && others.length === 0) return { ok: true, id: first.id }
  if (first === undefined) return { ok: false, fault: noAccount }
  const accounts = listed.result.map(({ id, name }) => `  ${id}  ${name}`)
  return { ok: false, fault: [severalAccounts, ...accounts].join('\n') }
}

function requestWith({ fetch, environment }: Connection, credentials: Record<string, string>): Send {
  const baseUrl = environment.CLOUDFLARE_API_BASE_URL ?? 'https://api.cloudflare.com/client/v4'
  return async (schema, request) => {
    const { method, path, body } = request
    const refused = (codes: number[], message: string) =>
      ({ ok: false, refusal: { request, codes, message } }) as const
    try {
      const response = await fetch(`${baseUrl}/${path}`, {
        method,
        headers: { ...credentials, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const answer = envelopeSchema.safeParse(parseJson(await response.text()))
      if (!answer.success) return refused([], `Cloudflare's API responds with status ${response.status}.`)
      const { success, errors, result } = answer.data
      if (success) return { ok: true, result: schema.parse(result) }
      return refused(
        errors.map(({ code }) => code),
        errors.map(({ code, message }) => `${message} [code: ${code}]`).join('; '),
      )
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      return refused([], `Cloudflare's API cannot be reached: ${error.cause ?? error.message}.`)
    }
  }
}

function headersOf(credentials: z.infer<typeof credentialsSchema>): Record<string, string> {
  return credentials.type === 'api_key'
    ? { 'x-auth-key': credentials.key, 'x-auth-email': credentials.email }
    : { authorization: `Bearer ${credentials.token}` }
}

const notLoggedIn = 'Wrangler is not logged in: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.'
export const refusedLogin =
  'Cloudflare refuses the login: run `npx wrangler login` again, or set CLOUDFLARE_API_TOKEN to a valid token.'
const noAccount = 'The login reaches no account: set CLOUDFLARE_ACCOUNT_ID to the id of the account.'
const severalAccounts = 'The login reaches several accounts: set CLOUDFLARE_ACCOUNT_ID to one of these.'

const credentialsSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['api_token', 'oauth']), token: z.string() }),
  z.object({ type: z.literal('api_key'), key: z.string(), email: z.string() }),
])

const accountsSchema = z.array(z.object({ id: z.string(), name: z.string() }))

const envelopeSchema = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })),
  result: z.unknown(),
})
