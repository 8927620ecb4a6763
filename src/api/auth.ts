/** Bearer keys: the admin key from the configuration, and the keys in D1, which are stored as hashes. */
import { createMiddleware } from 'hono/factory'
import type { Context } from '../context.ts'
import { sha256 } from '../core/crypto/derived-keys.ts'
import { problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** The owner of the admin key's jobs. The admin key has no row and no callback secret. */
export const adminKeyId = 'admin'

export const requireApiKey = createMiddleware<ApiEnv>(async (c, next) => {
  const key = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1]
  const apiKeyId = key === undefined ? null : await identify(c.get('context'), key)
  if (apiKeyId === null)
    return problem(c, 'unauthorized', 'Send the header "Authorization: Bearer <api key>".')
  c.set('apiKeyId', apiKeyId)
  return next()
})

export const requireAdminKey = createMiddleware<ApiEnv>(async (c, next) => {
  if (c.get('apiKeyId') !== adminKeyId)
    return problem(c, 'forbidden', 'Only the admin key can manage API keys.')
  return next()
})

async function identify({ owners, config }: Context, key: string): Promise<string | null> {
  const hash = await sha256(key)
  // This compares hashes, not keys, so the duration of the comparison reveals nothing useful.
  if (hash === (await sha256(config.adminApiKey))) return adminKeyId
  return owners.apiKeyByHash(hash)
}
