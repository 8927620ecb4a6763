/** The body of an endpoint: its schema as documented, and all of its faults at once, the URL's among them. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { defaultEventTypes } from '../../core/event.ts'
import {
  callbackSecretSchema,
  callbackUrlSchema,
  eventTypesSchema,
  metadataSchema,
} from '../../core/request/request.ts'
import { textOf } from '../../core/request/text.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { formFaults, type Validated } from '../body-faults.ts'
import { type FieldFault, missingBody, problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'

// Made before the OpenAPI extension, what comes from the core is described in zod's own way.
const fields = {
  url: callbackUrlSchema.meta({
    description: 'https, on a public host. Kept and called as the URL standard spells it.',
  }),
  description: textOf({ max: 500 }, z.string().trim()).nullable(),
  event_types: eventTypesSchema.meta({
    description: 'What it is sent: how jobs end, if nothing else is asked.',
  }),
  metadata: metadataSchema.meta({
    description:
      "Only the events of jobs whose metadata hold all of this, letter by letter. {}: every job's.",
    example: { tenant: '7' },
  }),
  secret: callbackSecretSchema.meta({
    description: 'Signs what it is sent; made here where none is given.',
  }),
  disabled: z.boolean().openapi({ description: 'A disabled endpoint is sent nothing.' }),
}

export const newEndpointSchema = z
  .strictObject({
    ...fields,
    description: fields.description.default(null),
    event_types: fields.event_types.default([...defaultEventTypes]),
    metadata: fields.metadata.default({}),
    secret: fields.secret.optional(),
    disabled: fields.disabled.default(false),
  })
  .openapi('NewEndpoint')

export const endpointPatchSchema = z.strictObject(fields).partial().openapi('EndpointPatch')

/** Faults of form and the guard's word on the URL, together. */
export function endpointFaults<Input>(result: Validated & { data?: Input }, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const formal = formFaults(result, c)
  if (!result.success) return answerFaults(formal, result.target, c)
  const errors = [...formal, ...(result.target === 'json' ? urlFaults(result.data, c) : [])]
  return errors.length === 0 ? undefined : refuse(c, errors)
}

async function answerFaults(formal: FieldFault[], target: string, c: HonoContext<ApiEnv>) {
  const named = new Set(formal.map(({ path }) => path))
  const guarded = target === 'json' ? urlFaults(await c.req.json(), c) : []
  return refuse(c, [...formal, ...guarded.filter(({ path }) => !named.has(path))])
}

function urlFaults(body: unknown, c: HonoContext<ApiEnv>): FieldFault[] {
  const parsed = z.looseObject({ url: callbackUrlSchema }).safeParse(body)
  const message = parsed.success ? rejectUrl(parsed.data.url, c.get('context').config.reach) : null
  return message === null ? [] : [{ path: 'url', message }]
}

function refuse(c: HonoContext<ApiEnv>, errors: FieldFault[]) {
  return problem(c, 'invalid_request', 'Nothing was done. Correct the fields named in errors.', errors)
}
