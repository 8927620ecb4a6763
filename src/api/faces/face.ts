/**
 * Shared by the faces. A face speaks another API's dialect: it translates a request into calls of /v1 in this process, and
 * the response back. So a job of a face is accepted, paid for, shown and delivered like any other.
 */
import { Hono, type Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import { matchedRoutes } from 'hono/route'
import type { Context } from '../../context.ts'
import { describeError } from '../../log.ts'
import { isDatabaseTrouble } from '../../store/database.ts'
import { requireApiKey } from '../auth.ts'
import { type Api, type CallApi, openApi, type Problem, ProblemError } from '../in-process.ts'
import { problem, unavailable } from '../problems.ts'
import { limitRate } from '../rate-limit.ts'
import type { ApiEnv } from '../router.ts'

/** The Worker passes these to a face with each request. */
interface FaceBindings {
  context: Context
  requestId: string
  callApi: CallApi
}

export interface FaceEnv {
  Bindings: FaceBindings
  Variables: ApiEnv['Variables'] & { api: Api }
}

/** The response of the dialect to a problem: its status and headers are kept unless the response has its own. */
export type ShowProblem = (problem: Problem, refused: Refused) => Shown | Promise<Shown>

interface Refused {
  request: Request
  /** The headers of the response with the problem. */
  headers: Headers
}

interface Shown {
  status?: number
  headers?: Record<string, string>
  body: unknown
}

/**
 * A face whose every error has the dialect's shape: those of its own routes, those that it throws as a `ProblemError`, and any
 * response of /v1 with a problem that it returns as it is. Requests need an API key and count towards its rate.
 */
export function createFace(showProblem: ShowProblem): Hono<FaceEnv> {
  const face = new Hono<FaceEnv>()
  face.use(async (c, next) => {
    c.set('context', c.env.context)
    c.set('requestId', c.env.requestId)
    await next()
    if (isProblem(c.res))
      c.res = await inDialect(c.res, (problem) =>
        showProblem(problem, { request: c.req.raw, headers: c.res.headers }),
      )
  })
  face.use(requireApiKey)
  face.use(limitRate)
  face.use(openApiForCaller)
  face.notFound((c) => problem(c, 'not_found', `There is nothing at ${c.req.method} ${c.req.path}.`))
  face.onError(respondToError)
  return face
}

const openApiForCaller = createMiddleware<FaceEnv>(async (c, next) => {
  const { context, requestId, callApi } = c.env
  const identified = { context, requestId, caller: c.get('caller'), keyHash: c.get('keyHash') }
  c.set(
    'api',
    openApi((request) => callApi(request, identified, c.executionCtx), c.req.raw),
  )
  return next()
})

/** A `ProblemError` is its problem; any other error is logged. */
export function respondToError(error: Error, c: HonoContext<FaceEnv>): Response {
  if (error instanceof ProblemError) {
    return new Response(JSON.stringify(error.problem), { status: error.problem.status, headers: problemType })
  }
  const { context, requestId } = c.env
  const path = matchedRoutes(c).at(-1)?.path ?? ''
  context.log('face.failed', { request_id: requestId, path, error: describeError(error) })
  return isDatabaseTrouble(error)
    ? unavailable(c)
    : problem(c, 'internal', 'The error is logged under the request_id.')
}

const problemType = { 'content-type': 'application/problem+json' }

function isProblem({ headers }: Response): boolean {
  return headers.get('content-type') === problemType['content-type']
}

async function inDialect(
  response: Response,
  show: (problem: Problem) => Shown | Promise<Shown>,
): Promise<Response> {
  // The response to HEAD has no body.
  if (response.body === null) return response
  const { status = response.status, headers = {}, body } = await show(await response.json<Problem>())
  const all = new Headers(response.headers)
  all.set('content-type', 'application/json')
  all.delete('content-length')
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return new Response(JSON.stringify(body), { status, headers: all })
}
