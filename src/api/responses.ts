/** The parts that the routes' descriptions share: JSON bodies, page sizes, and the problems that many calls can return. */
import { z } from '@hono/zod-openapi'
import { budgetSchema } from './budget.ts'
import { type ProblemCode, problemKinds } from './problems.ts'

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } }
}

export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } } as const
}

/** The `limit` of a list. Each number has one spelling: `0x10` and `1e1` are refused. */
export const pageSize = z
  .string()
  .regex(/^(?:[1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
  .transform(Number)
  .default(20)
  .openapi({ type: 'integer', minimum: 1, maximum: 100, default: 20 })

/**
 * How a route describes a problem that it can return. The codes may be omitted if the registry has one code with the
 * status (`addExamples` in system/openapi.ts).
 */
export function problemResponse(description: string, ...codes: ProblemCode[]) {
  const examples = codes.length === 0 ? undefined : exampleReferences(codes)
  return {
    description,
    content: { 'application/problem+json': { schema: problemSchema, ...(examples && { examples }) } },
  }
}

/** The description has one example of each code. */
export function exampleReferences(codes: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]))
}

const problemSchema = z
  .object({
    type: z.url().meta({ description: 'The page that explains the code.' }),
    title: z.string().meta({ description: 'The same for every problem of the code.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'About this request, for a person.' }),
    code: z.enum(Object.keys(problemKinds)).meta({ description: 'Stable. Decide by it, not by the texts.' }),
    request_id: z.string().meta({ description: 'Finds the request in the log of the deployment.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every fault of the request, each with the path of its field.' }),
    budget: budgetSchema.optional().meta({ description: 'With budget_exceeded: the numbers.' }),
  })
  .openapi('Problem')

/** The problems of every call. */
export const commonProblems = {
  500: problemResponse('Internal error. It is logged under the request_id.'),
  503: problemResponse(
    'The database is not available, or did not respond in time: retry after the seconds in Retry-After. Or a setting is missing or invalid (misconfigured).',
    'unavailable',
    'misconfigured',
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
  400: problemResponse(
    'The body is missing, is not valid JSON, or ended too early.',
    'invalid_json',
    'unreadable_body',
  ),
  413: problemResponse('The body is larger than 1 MiB.'),
  415: problemResponse('The Content-Type is not application/json.'),
  422: problemResponse('The body is invalid. The errors name every fault.', 'invalid_request'),
}

/** The further problems of every call without a body: one that is sent is read under the same limits. */
export const unexpectedBodyProblems = {
  400: problemResponse('A body was sent, and ended too early.', 'unreadable_body'),
  413: bodyProblems[413],
  422: problemResponse(
    'A body was sent that is nested too deeply or has too many entries.',
    'invalid_request',
  ),
}

export const invalidQuery = problemResponse(
  'The query is invalid. The errors name every fault.',
  'invalid_request',
)
