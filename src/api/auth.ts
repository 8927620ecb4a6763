/** Bearer keys: the admin key from the configuration, and keys kept in D1 by their hash. */
import { createMiddleware } from 'hono/factory'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { findApiKeyByHash } from '../store/deliveries/api-keys.ts'
import { problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** What the admin key's jobs are filed under; it has no row and no callback secret of its own. */
export const adminKeyId = 'admin'

const howTo = 'Send the header "Authorization: Bearer <api key>".'

export const onlyWithKey = createMiddleware<ApiEnv>(async (c, next) => {
  const key = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const apiKeyId = key === undefined ? null : await identify(c, key)
  if (apiKeyId === null) return problem(c, 'unauthorized', howTo)
  c.set('apiKeyId', apiKeyId)
  return next()
})

export const onlyWithAdminKey = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.get('apiKeyId') !== adminKeyId)
    return problem(c, 'forbidden', 'Only the admin key may manage API keys.')
  return next()
})

async function identify(c: { get(name: 'context'): ApiEnv['Variables']['context'] }, key: string) {
  const { db, config } = c.get('context')
  const hash = await sha256(key)
  // Hashes are compared, not keys: what the comparison's time tells is of no use.
  if (hash === (await sha256(config.adminApiKey))) return adminKeyId
  return (await findApiKeyByHash(db, hash))?.id ?? null
}
