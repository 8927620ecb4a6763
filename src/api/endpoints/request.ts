/** The body of an endpoint: its schema as described, and all of its faults at once, including those of its URL and format. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { defaultEventTypes, formatFault } from '../../core/event.ts'
import { eventFormatSchema, eventTypesSchema } from '../../core/request/event-fields.ts'
import { callbackSecretSchema, callbackUrlSchema, metadataSchema } from '../../core/request/request.ts'
import { textOf } from '../../core/request/text.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import { inputFaults, type Validated } from '../body-faults.ts'
import { type FieldFault, missingBody, problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'

// Schemas from the core are made before the OpenAPI extension, so they have `meta` and no `openapi`.
const fields = {
  url: callbackUrlSchema.meta({
    description:
      'https, on a public host with a name in the DNS. Stored and called in the normalized form of the URL standard.',
  }),
  description: textOf({ max: 500 }, z.string().trim()).nullable(),
  event_types: eventTypesSchema.meta({
    description: 'The event types that it receives. The default is the three final events of a job.',
  }),
  format: eventFormatSchema,
  metadata: metadataSchema.meta({
    description:
      'Filter: only events of jobs whose metadata contains all of these keys and values. {}: all jobs.',
    example: { tenant: '7' },
  }),
  secret: callbackSecretSchema.meta({
    description: 'The secret that signs its deliveries. The default is a new random secret.',
  }),
  disabled: z.boolean().openapi({ description: 'A disabled endpoint receives nothing.' }),
}

export const newEndpointSchema = z
  .strictObject({
    ...fields,
    description: fields.description.default(null),
    event_types: fields.event_types.default([...defaultEventTypes]),
    format: fields.format.default('reelhook'),
    metadata: fields.metadata.default({}),
    secret: fields.secret.optional(),
    disabled: fields.disabled.default(false),
  })
  .openapi('NewEndpoint')

export const endpointPatchSchema = z.strictObject(fields).partial().openapi('EndpointPatch')

/** The faults of the schema together with those of the URL and of the format. */
export function endpointFaults<Input>(result: Validated & { data?: Input }, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const formFaults = inputFaults(result, c)
  if (!result.success) return reportAllFaults(formFaults, result.target, c)
  const errors = [...formFaults, ...(result.target === 'json' ? contentFaults(result.data, c) : [])]
  return errors.length === 0 ? undefined : refuse(c, errors)
}

async function reportAllFaults(formFaults: FieldFault[], target: string, c: HonoContext<ApiEnv>) {
  const reported = new Set(formFaults.map(({ path }) => path))
  const others = target === 'json' ? contentFaults(await c.req.json(), c) : []
  return refuse(c, [...formFaults, ...others.filter(({ path }) => !reported.has(path))])
}

function contentFaults(body: unknown, c: HonoContext<ApiEnv>): FieldFault[] {
  return [...urlFaults(body, c), ...formatFaults(body)]
}

function urlFaults(body: unknown, c: HonoContext<ApiEnv>): FieldFault[] {
  const parsed = z.looseObject({ url: callbackUrlSchema }).safeParse(body)
  const message = parsed.success ? rejectUrl(parsed.data.url, c.get('context').config.reach) : null
  return message === null ? [] : [{ path: 'url', message }]
}

/** Only of a body that names both: the default events are in every format, and a change needs the endpoint (update.ts). */
function formatFaults(body: unknown): FieldFault[] {
  const { format, event_types } = fields
  const parsed = z.looseObject({ format, event_types }).safeParse(body)
  const message = parsed.success ? formatFault(parsed.data.format, parsed.data.event_types) : null
  return message === null ? [] : [{ path: 'event_types', message }]
}

export function refuse(c: HonoContext<ApiEnv>, errors: FieldFault[]) {
  return problem(c, 'invalid_request', 'Nothing was done. Correct the fields in errors.', errors)
}
