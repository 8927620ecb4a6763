/**
 * Calls the API in this process, for a caller that is identified already: with the scopes and the project of its key. The pages
 * and the faces get and do everything through it.
 */
import { type ExecutionContext, Hono } from 'hono'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { problem, type problemKinds } from './problems.ts'
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

/** The part of a problem (RFC 9457) that pages and faces show. */
export interface Problem {
  status: number
  code: keyof typeof problemKinds
  title: string
  detail: string
  request_id: string
  errors?: { path: string; message: string }[]
}

export type Answer<Body> = { ok: true; body: Body } | { ok: false; problem: Problem }

/** `Body` is the type of the route's response. */
export interface Api {
  /** Throws a `ProblemError` unless the call succeeds: the response is then that problem. */
  read<Body>(path: string): Promise<Body>
  /** With a `body`, as JSON. A success without a body is `null`. */
  send<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>
  /** For files and streams. The response is that of the route. */
  open(path: string, init?: RequestInit): Promise<Response>
}

export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code)
    this.problem = problem
  }
}

/**
 * `call` sends a request to a path of the API, as an identified caller, with the trace of the caller's own request. It is
 * aborted with that request: a stream ends when its browser leaves.
 */
export function openApi(call: (request: Request) => Response | Promise<Response>, origin: Request): Api {
  const { url, signal } = origin
  const traceparent = origin.headers.get('traceparent')
  const open = async (path: string, init: RequestInit = {}) => {
    const request = new Request(new URL(path, url), { signal, ...init })
    if (traceparent !== null) request.headers.set('traceparent', traceparent)
    return call(request)
  }
  const send = async <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> => {
    const content =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await open(path, { method, ...content })
    if (!response.ok) return { ok: false, problem: await response.json() }
    return { ok: true, body: response.status === 204 ? (null as Body) : await response.json() }
  }
  return {
    open,
    send,
    async read<Body>(path: string) {
      const answer = await send<Body>('GET', path)
      if (!answer.ok) throw new ProblemError(answer.problem)
      return answer.body
    },
  }
}

/** `{ status: 'failed', cursor: undefined }` → `?status=failed`. Empty values are left out. */
export function queryOf(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
