/** The pages, and who may open them. Loaded at the first request for one of them. */
import { Hono, type Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import { adminKeyId } from '../api/auth.ts'
import { openApi, type Problem, ProblemError } from '../api/in-process.ts'
import { noteUse } from '../api/last-used.ts'
import { isPageWithinRate } from '../api/rate-limit.ts'
import { describeError } from '../log.ts'
import { isDatabaseTrouble } from '../store/database.ts'
import { ProblemAlert } from './components/problem.tsx'
import { deliveryPages } from './deliveries/deliveries.tsx'
import { endpointPages } from './endpoints/endpoints.tsx'
import { jobPages } from './job/job.tsx'
import { jobListPages } from './jobs/list.tsx'
import { keyPages } from './keys/keys.tsx'
import { livePages } from './live.ts'
import { newJobPages } from './new-job/new-job.tsx'
import { overviewPages } from './overview/overview.tsx'
import type { PageEnv } from './page-env.ts'
import { render } from './render.tsx'
import { readSession } from './session.ts'
import { signInPages } from './sign-in/sign-in.tsx'

/**
 * Refuses a change that no page of ours has sent. The cookie alone is no proof: a browser also sends it with the requests of
 * our site's other hosts (SameSite).
 */
const requireOwnPage = createMiddleware<PageEnv>(async (c, next) =>
  isSafe(c.req.method) || isFromOwnPage(c.req.raw)
    ? next()
    : renderProblem(c, problemOf(c, 'forbidden', 'This form was not sent by our page')),
)

const requireSession = createMiddleware<PageEnv>(async (c, next) => {
  const session = await readSession(c)
  if (session === null) return redirectToSignIn(c)
  const { caller } = session
  const { context, requestId, callApi } = c.env
  if (caller.keyId !== adminKeyId) noteUse(context, c.executionCtx, caller)
  c.set('caller', caller)
  const call = (request: Request) => callApi(request, { context, requestId, ...session }, c.executionCtx)
  c.set('api', openApi(call, c.req.raw))
  if (!(await isPageWithinRate(context, caller))) return renderProblem(c, tooManyRequests(c))
  return next()
})

export const pages = new Hono<PageEnv>()
  .use(requireOwnPage)
  .route('/', signInPages)
  .use(requireSession)
  .route('/', overviewPages)
  .route('/', newJobPages)
  .route('/', jobListPages)
  .route('/', jobPages)
  .route('/', deliveryPages)
  .route('/', endpointPages)
  .route('/', keyPages)
  .route('/', livePages)

pages.notFound((c) => renderProblem(c, problemOf(c, 'not_found', 'There is no such page')))

pages.onError((error, c) => {
  if (error instanceof ProblemError) return renderProblem(c, error.problem)
  c.env.context.log('page.failed', {
    request_id: c.env.requestId,
    path: c.req.routePath,
    error: describeError(error),
  })
  return renderProblem(c, isDatabaseTrouble(error) ? unavailable(c) : notMade(c))
})

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Every browser of these days sends Sec-Fetch-Site, to https and to this machine. Older ones send Origin. */
function isFromOwnPage({ headers, url }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  return site === null ? headers.get('origin') === new URL(url).origin : site === 'same-origin'
}

function redirectToSignIn(c: HonoContext<PageEnv>) {
  const { pathname, search } = new URL(c.req.url)
  // A posted form is lost, so the person begins again where its page is.
  const hasPage = isSafe(c.req.method) || pathname === '/jobs/new'
  if (!hasPage) return c.redirect('/sign-in', 303)
  return c.redirect(`/sign-in?${new URLSearchParams({ next: pathname + search })}`, 303)
}

function renderProblem(c: HonoContext<PageEnv>, problem: Problem) {
  return render(c, { title: problem.title, status: problem.status }, <ProblemAlert problem={problem} />)
}

function tooManyRequests(c: HonoContext<PageEnv>): Problem {
  c.header('retry-after', '60')
  return {
    ...problemOf(c, 'rate_limited', 'Too many requests'),
    detail: 'Wait a minute, then load the page again.',
  }
}

function unavailable(c: HonoContext<PageEnv>): Problem {
  c.header('retry-after', '10')
  return {
    ...problemOf(c, 'unavailable', 'The database is not available'),
    detail: 'Load the page again in some seconds.',
  }
}

function notMade(c: HonoContext<PageEnv>): Problem {
  return {
    ...problemOf(c, 'internal', 'The page could not be made'),
    detail: 'The error is logged under the number of the request.',
  }
}

const statuses = {
  not_found: 404,
  forbidden: 403,
  internal: 500,
  rate_limited: 429,
  unavailable: 503,
} as const

function problemOf(c: HonoContext<PageEnv>, code: keyof typeof statuses, title: string): Problem {
  return { status: statuses[code], code, title, detail: '', request_id: c.env.requestId }
}
