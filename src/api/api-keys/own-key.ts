/** The routes that a key may use for itself, and a key with the scope admin for every key. */
import { createMiddleware } from 'hono/factory'
import { mayDo } from '../../core/access.ts'
import { problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'

export const requireOwnKey = createMiddleware<ApiEnv>(async (c, next) => {
  const caller = c.get('caller')
  if (caller.keyId === c.req.param('id') || mayDo(caller, 'admin')) return next()
  return problem(c, 'forbidden', 'Only this key and a key with the scope admin can do that.')
})
