/** The parts that the routes' descriptions share: JSON bodies, and the problems that many calls can return. */
import { z } from '@hono/zod-openapi'
import { problemKinds } from './problems.ts'

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } }
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const
}

/** How a route describes a problem that it can return. */
export function problemResponse(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } }
}

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(problemKinds)),
    request_id: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem')

/** The problems of every call. */
export const commonProblems = {
  500: problemResponse('Internal error. It is logged under the request_id.'),
  503: problemResponse(
    'The database is not available, or did not respond in time: retry after the seconds in Retry-After. Or a setting is missing or invalid (misconfigured).',
  ),
}

/** The problems of every call that requires an API key. */
export const keyProblems = {
  ...commonProblems,
  401: problemResponse('The API key is missing or not valid.'),
  429: problemResponse(
    'Too many requests with this API key. Retry after the number of seconds in Retry-After.',
  ),
}

/** The further problems of every call with a JSON body. */
export const bodyProblems = {
  400: problemResponse('The body is missing, is not valid JSON, or ended too early.'),
  413: problemResponse('The body is larger than 1 MiB.'),
  415: problemResponse('The Content-Type is not application/json.'),
  422: problemResponse('The body is invalid. The errors name every fault.'),
}

/** The further problems of every call without a body: one that is sent is read under the same limits. */
export const unexpectedBodyProblems = {
  400: problemResponse('A body was sent, and ended too early.'),
  413: bodyProblems[413],
  422: problemResponse('A body was sent that is nested too deeply or has too many entries.'),
}

export const invalidQuery = problemResponse('The query is invalid. The errors name every fault.')
