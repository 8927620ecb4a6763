/** The body of a job or an estimate: its schema as described, and all of its faults at once. */
import type { Context as HonoContext } from 'hono'
import type { Context } from '../../context.ts'
import type { Caller } from '../../core/access.ts'
import { parseJson } from '../../core/http/json.ts'
import { type PostedRequest, requestSchema, wellFormedPart } from '../../core/request/request.ts'
import { inputFaults, type Validated } from '../body-faults.ts'
import { type FieldFault, fieldFaults, missingBody, problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { validateRequest } from './validate.ts'

// `describe` makes a new schema: only one that is made after the OpenAPI extension can have a name.
export const jobRequestSchema = requestSchema.describe('The video to make.').openapi('JobRequest')

export const notAccepted = 'Nothing was accepted or spent. Correct the fields in errors.'

/** A job that names no callback URL has that of its API key. */
export function withCallbackUrl(request: PostedRequest, { callbackUrl }: Caller): PostedRequest {
  return request.callback_url === undefined && callbackUrl !== null
    ? { ...request, callback_url: callbackUrl }
    : request
}

/** A body with faults in its form can also have faults in its content: all of them are reported at once. */
export function requestFaults(result: Validated, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const formFaults = inputFaults(result, c)
  return formFaults.length === 0 ? undefined : reportAllFaults(formFaults, result.target, c)
}

/** The headers are validated before the body. */
async function reportAllFaults(targetFaults: FieldFault[], target: string, c: HonoContext<ApiEnv>) {
  const body = parseJson(await c.req.text())
  const isUnread = target !== 'json' && body !== undefined
  const bodyFaults = isUnread ? inputFaults({ target: 'json', ...requestSchema.safeParse(body) }, c) : []
  const formFaults = [...targetFaults, ...bodyFaults]
  return problem(c, 'invalid_request', notAccepted, [
    ...formFaults,
    ...(await contentFaults(c.get('context'), c.get('caller'), body, formFaults)),
  ])
}

/** Every fault of a body that a face has made of a request. */
export async function faultsOf(context: Context, caller: Caller, body: unknown): Promise<FieldFault[]> {
  const { error } = requestSchema.safeParse(body)
  const formFaults = error === undefined ? [] : fieldFaults(error)
  return [...formFaults, ...(await contentFaults(context, caller, body, formFaults))]
}

/** The faults in the content of the fields that no known fault names. */
async function contentFaults(context: Context, caller: Caller, body: unknown, formFaults: FieldFault[]) {
  const submitted = { posted: body, part: wellFormedPart(body), formFaults }
  const { faults } = await validateRequest(context, caller, submitted)
  const reported = new Set(formFaults.map(({ path }) => path))
  return faults.filter(({ path }) => !reported.has(path))
}
