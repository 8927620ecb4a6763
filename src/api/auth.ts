/** Bearer keys: the admin key from the configuration, and the keys in D1, which are stored as hashes. */
import type { Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import { type Caller, scopes } from '../core/access.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { noteUse } from './last-used.ts'
import { problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** The owner of the admin key's jobs. The admin key has no row and no callback secret. */
export const adminKeyId = 'admin'

const adminCaller: Caller = {
  keyId: adminKeyId,
  project: null,
  scopes,
  expiresAt: null,
  lastUsedAt: null,
  callbackUrl: null,
  requestsPerMinute: null,
  monthlyBudgetMicros: null,
}

export const requireApiKey = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.get('isInProcess')) return next()
  const identified = await identifyRequest(c)
  if (identified === null)
    return problem(c, 'unauthorized', 'Send the header "Authorization: Bearer <api key>".')
  const { caller, keyHash } = identified
  if (caller.expiresAt !== null && caller.expiresAt <= c.get('context').now())
    return problem(c, 'unauthorized', 'This API key has expired. Create another, or extend it.')
  c.set('caller', caller)
  c.set('keyHash', keyHash)
  if (caller.keyId !== adminKeyId) noteUse(c.get('context'), c.executionCtx, caller)
  return next()
})

/** Null: no key was sent, or none that is valid. It may have expired. */
export async function identifyRequest(
  c: HonoContext<ApiEnv>,
): Promise<{ caller: Caller; keyHash: string } | null> {
  const key = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (key === undefined) return null
  const keyHash = await sha256(key)
  const caller = await identify(c.get('context'), keyHash)
  return caller === null ? null : { caller, keyHash }
}

/** The hash of an API key → its caller. Null: no key has this hash, or it was revoked. It may have expired. */
export async function identify({ owners, config }: Context, keyHash: string): Promise<Caller | null> {
  // This compares hashes, not keys, so the duration of the comparison reveals nothing useful.
  if (keyHash === (await sha256(config.adminApiKey))) return adminCaller
  return owners.callerByHash(keyHash)
}
