/** Access by a signed link or by an API key: the middleware, and its part of a route's description. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { every } from 'hono/combine'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { everyProject, type Viewer } from '../../core/access.ts'
import { conditionalHeaders } from '../../core/http/preconditions.ts'
import { isPlainLink, plainInteger } from '../../core/url/signed-spelling.ts'
import { isValidLink, type LinkTarget } from '../../media/signed-links.ts'
import { requireApiKey } from '../auth.ts'
import { problem } from '../problems.ts'
import { limitRate } from '../rate-limit.ts'
import type { ApiEnv } from '../router.ts'
import { requireScope } from '../scopes.ts'

export const linkQuery = z.object({
  expires: z
    .string()
    .regex(plainInteger, 'must be a whole number')
    .transform(Number)
    .optional()
    .openapi({ type: 'integer', minimum: 0, description: 'Part of a signed link: when it expires.' }),
  signature: z.string().optional().openapi({ description: 'Part of a signed link.' }),
})

/** The `security` of such a route. */
export const keyOrLink = [{ apiKey: [] }, {}]

/**
 * A page of any origin can play what a link opens. The authorization header is not allowed: an API key opens everything
 * and does not belong in a page.
 */
export const allowAnyOrigin = cors({
  origin: '*',
  allowMethods: ['GET', 'HEAD'],
  allowHeaders: [...conditionalHeaders],
  exposeHeaders: ['accept-ranges', 'content-disposition', 'content-length', 'content-range', 'etag'],
  maxAge: 24 * 60 * 60,
})

/** A link opens its file, whatever project that is of. */
export function viewerOf(c: HonoContext<ApiEnv>): Viewer {
  return c.get('linkExpiresAt') === undefined ? c.get('caller') : everyProject
}

/** `params` reads from the path what the link must be signed for. */
export function requireLinkOrKey(params: z.ZodType<LinkTarget>) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    const { config, now } = c.get('context')
    const link = linkSchema.safeParse(c.req.query())
    const linked = params.safeParse(c.req.param())
    if (!linked.success) return problem(c, 'not_found', 'There is nothing at this path.')
    if (!link.success) return byKey(c, next)
    if (isPlainLink(c.req.url) && (await isValidLink(config, linked.data, link.data, now()))) {
      c.set('linkExpiresAt', link.data.expires * 1_000)
      return next()
    }
    if (c.get('isInProcess') || c.req.header('authorization') !== undefined) return byKey(c, next)
    return problem(
      c,
      'unauthorized',
      'The link is not valid, was changed or has expired. An API key opens the file at any time.',
    )
  })
}

const byKey = every(requireApiKey, limitRate, requireScope)

const linkSchema = z.object({
  expires: z.string().regex(plainInteger).transform(Number),
  signature: z.string(),
})
