/** The bodies that create and change an API key. */
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { defaultScopes, type Scope, scopes } from '../../core/access.ts'
import { inMicros } from '../../core/job/spending.ts'
import { callbackUrlSchema } from '../../core/request/request.ts'
import { nameOf } from '../../core/request/text.ts'
import { rejectUrl } from '../../core/url/policy.ts'
import type { ApiKeyPatch } from '../../store/deliveries/api-keys.ts'
import { inputFaults, type Validated } from '../body-faults.ts'
import { type FieldFault, missingBody, problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'

/** A project is a name: it exists as long as a key has it. */
const projectSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits, "-" or "_"')
  .openapi({
    description:
      "The key sees and changes this project's jobs, assets, endpoints, deliveries, events and statistics only. Without a project it sees all. It cannot be changed later.",
    example: 'shop',
  })

const maxBudgetUsd = 1_000_000

const fields = {
  name: nameOf({ min: 1, max: 100 }),
  scopes: z.array(z.enum(scopes)).min(1).max(scopes.length).openapi({
    description:
      'jobs:read: see jobs, videos, assets and statistics. jobs:write: post, cancel, retry and erase jobs, upload and delete assets; the response to such a request shows the job, also without jobs:read. deliveries: endpoints and deliveries. metrics: GET /metrics, without a project. admin: all of these, and API keys.',
  }),
  expires_at: z.iso
    .datetime({ offset: true })
    .nullable()
    .openapi({ description: 'From then on every request with the key gets 401. null: never.' }),
  callback_url: callbackUrlSchema.nullable().meta({
    description: 'The callback URL of each job that names none. null: such a job has no callback.',
  }),
  requests_per_minute: z
    .union([z.literal(60), z.literal(300), z.literal(1_200)])
    .nullable()
    .openapi({
      description:
        'Counted per Cloudflare location. Further requests get 429. 1200 and null: the limit of the deployment.',
    }),
  monthly_budget_usd: z.number().min(0).max(maxBudgetUsd).nullable().openapi({
    description:
      'The limit of the cost of its jobs in one calendar month (UTC). A job that would pass it gets 402, and nothing is spent. Only jobs that are accepted while the key has a budget count. null: any amount.',
  }),
}

export const adminInProject = { path: 'scopes', message: 'cannot have admin with a project' }

/** The admin scope reaches the keys of every project, so it would not keep to one. */
function hasOneReach({ scopes, project }: { scopes: readonly Scope[]; project: string | null }): boolean {
  return project === null || !scopes.includes('admin')
}

export const newApiKeySchema = z
  .strictObject({
    name: fields.name,
    project: projectSchema.nullable().default(null),
    scopes: fields.scopes.default([...defaultScopes]),
    expires_at: fields.expires_at.default(null),
    callback_url: fields.callback_url.default(null),
    requests_per_minute: fields.requests_per_minute.default(null),
    monthly_budget_usd: fields.monthly_budget_usd.default(null),
  })
  .refine(hasOneReach, { path: [adminInProject.path], error: adminInProject.message })
  .openapi('NewApiKey')

export const apiKeyPatchSchema = z.strictObject(fields).partial().openapi('ApiKeyPatch')

/** The faults of the schema together with that of the URL. */
export function apiKeyFaults<Input>(result: Validated & { data?: Input }, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const formFaults = inputFaults(result, c)
  if (!result.success) return reportAllFaults(formFaults, c)
  const errors = [...formFaults, ...(result.target === 'json' ? callbackUrlFaults(result.data, c) : [])]
  return errors.length === 0 ? undefined : refuse(c, errors)
}

async function reportAllFaults(formFaults: FieldFault[], c: HonoContext<ApiEnv>) {
  const isReported = formFaults.some(({ path }) => path === 'callback_url')
  return refuse(c, [...formFaults, ...(isReported ? [] : callbackUrlFaults(await c.req.json(), c))])
}

function callbackUrlFaults(body: unknown, c: HonoContext<ApiEnv>): FieldFault[] {
  const parsed = z.looseObject({ callback_url: callbackUrlSchema }).safeParse(body)
  const message = parsed.success ? rejectUrl(parsed.data.callback_url, c.get('context').config.reach) : null
  return message === null ? [] : [{ path: 'callback_url', message }]
}

function refuse(c: HonoContext<ApiEnv>, errors: FieldFault[]) {
  return problem(c, 'invalid_request', 'Nothing was done. Correct the fields in errors.', errors)
}

/** The columns of a new key. */
export function accessOf(body: Omit<z.infer<typeof newApiKeySchema>, 'name' | 'project'>) {
  const { scopes, expires_at, callback_url, requests_per_minute, monthly_budget_usd } = body
  return {
    scopes: [...new Set(scopes)],
    expiresAt: expires_at === null ? null : Date.parse(expires_at),
    callbackUrl: callback_url,
    requestsPerMinute: requests_per_minute,
    monthlyBudgetMicros: monthly_budget_usd === null ? null : inMicros(monthly_budget_usd),
  }
}

/** Only the columns of the fields that were sent. */
export function patchOf(body: z.infer<typeof apiKeyPatchSchema>): ApiKeyPatch {
  const { scopes = [], expires_at = null, callback_url = null } = body
  const { requests_per_minute = null, monthly_budget_usd = null } = body
  const access = accessOf({ scopes, expires_at, callback_url, requests_per_minute, monthly_budget_usd })
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.scopes !== undefined && { scopes: access.scopes }),
    ...(body.expires_at !== undefined && { expiresAt: access.expiresAt }),
    ...(body.callback_url !== undefined && { callbackUrl: access.callbackUrl }),
    ...(body.requests_per_minute !== undefined && { requestsPerMinute: access.requestsPerMinute }),
    ...(body.monthly_budget_usd !== undefined && { monthlyBudgetMicros: access.monthlyBudgetMicros }),
  }
}
