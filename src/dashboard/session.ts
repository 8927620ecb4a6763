/**
 * The session of a person who has signed in with an API key. The cookie holds the hash of the key and an end, and
 * is signed. Nothing is stored, and a revoked key ends its sessions. A browser sends the cookie with the requests of our own
 * pages only (SameSite=Strict), and no script can read it (HttpOnly).
 */
import type { Context as HonoContext } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { identify } from '../api/auth.ts'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { sha256, sign, signingKey, verify } from '../core/crypto/derived-keys.ts'
import type { PageEnv } from './page-env.ts'

export interface Session {
  caller: Caller
  /** SHA-256 of the API key. */
  keyHash: string
}

const sessionSeconds = 7 * 24 * 60 * 60
const purpose = 'dashboard sessions'

/** Null: there is no such API key, or it has expired. */
export async function signIn(c: HonoContext<PageEnv>, apiKey: string): Promise<Session | null> {
  const { context } = c.env
  const keyHash = await sha256(apiKey)
  const session = await validSession(context, keyHash)
  if (session === null) return null
  const content = `${keyHash}.${context.now() + sessionSeconds * 1_000}`
  const signature = await sign(await signingKey(context.config.signingSecret, purpose), content)
  setCookie(c, cookieName(context), `${content}.${signature}`, {
    ...cookieOptions(context),
    maxAge: sessionSeconds,
  })
  return session
}

/** Null: there is no session, or it or its key has ended. */
export async function readSession(c: HonoContext<PageEnv>): Promise<Session | null> {
  const { context } = c.env
  const cookie = getCookie(c, cookieName(context)) ?? ''
  const [, keyHash = '', endsAt = '', signature = ''] = /^(\w+)\.(\d+)\.([\w-]+)$/.exec(cookie) ?? []
  const key = await signingKey(context.config.signingSecret, purpose)
  if (!(await verify(key, `${keyHash}.${endsAt}`, signature))) return null
  if (Number(endsAt) <= context.now()) return null
  return validSession(context, keyHash)
}

export function signOut(c: HonoContext<PageEnv>): void {
  deleteCookie(c, cookieName(c.env.context), cookieOptions(c.env.context))
}

async function validSession(context: Context, keyHash: string): Promise<Session | null> {
  const caller = await identify(context, keyHash)
  if (caller === null) return null
  return caller.expiresAt !== null && caller.expiresAt <= context.now() ? null : { caller, keyHash }
}

/** With this prefix, a browser accepts the cookie from this host over HTTPS only. */
function cookieName(context: Context): string {
  return isHttps(context) ? '__Host-reelhook' : 'reelhook'
}

function cookieOptions(context: Context) {
  return { path: '/', httpOnly: true, secure: isHttps(context), sameSite: 'Strict' } as const
}

function isHttps({ config }: Context): boolean {
  return config.publicBaseUrl.startsWith('https:')
}
