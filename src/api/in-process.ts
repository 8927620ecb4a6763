/** Calls the API in this process, for a caller that is identified already. So a page shows and does what its key may. */
import { type ExecutionContext, Hono } from 'hono'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** The caller of a request. */
interface InProcessCall {
  context: Context
  requestId: string
  caller: Caller
  keyHash: string
}

/** The request is one to a path of the API. It needs no key. */
export type CallApi = (
  request: Request,
  call: InProcessCall,
  execution: ExecutionContext,
) => Response | Promise<Response>

export function callInProcess(api: Hono<ApiEnv>): CallApi {
  const app = new Hono<ApiEnv & { Bindings: InProcessCall }>()
  app.use(async (c, next) => {
    c.set('context', c.env.context)
    c.set('requestId', c.env.requestId)
    c.set('caller', c.env.caller)
    c.set('keyHash', c.env.keyHash)
    c.set('isInProcess', true)
    await next()
  })
  app.notFound((c) => problem(c, 'not_found', 'There is nothing at this path.'))
  app.route('/', api)
  return (request, call, execution) => app.request(request, undefined, call, execution)
}
