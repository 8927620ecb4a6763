/** The scope that each operation requires. It depends on the route only, so a refusal reveals nothing about rows. */
import { createMiddleware } from 'hono/factory'
import { matchedRoutes } from 'hono/route'
import { type Caller, mayDo, type Scope } from '../core/access.ts'
import { problem } from './problems.ts'
import type { ApiEnv } from './router.ts'

/** `any`: a key with any scope. An operation that is not listed requires `admin`. */
const requiredScopes: Readonly<Record<string, Scope | 'any'>> = {
  'GET /v1/jobs': 'jobs:read',
  'POST /v1/jobs': 'jobs:write',
  'GET /v1/jobs/{id}': 'jobs:read',
  'DELETE /v1/jobs/{id}': 'jobs:write',
  'POST /v1/jobs/{id}/cancel': 'jobs:write',
  'GET /v1/jobs/{id}/answers': 'jobs:read',
  'GET /v1/jobs/{id}/events': 'jobs:read',
  'POST /v1/jobs/{id}/links': 'jobs:read',
  'GET /v1/jobs/{id}/outputs/{n}': 'jobs:read',
  'GET /v1/jobs/{id}/outputs/{n}/{name}': 'jobs:read',
  'POST /v1/jobs/{id}/retry': 'jobs:write',
  'POST /v1/assets': 'jobs:write',
  'GET /v1/assets/{id}': 'jobs:read',
  'DELETE /v1/assets/{id}': 'jobs:write',
  'GET /v1/assets/{id}/content': 'jobs:read',
  'GET /v1/events': 'jobs:read',
  'GET /v1/assets/{id}/content/{name}': 'jobs:read',
  'GET /v1/models': 'any',
  'POST /v1/estimates': 'any',
  'GET /v1/stats': 'jobs:read',
  'GET /v1/stats/series': 'jobs:read',
  'GET /metrics': 'metrics',
  'GET /v1/endpoints': 'deliveries',
  'POST /v1/endpoints': 'deliveries',
  'GET /v1/endpoints/{id}': 'deliveries',
  'PATCH /v1/endpoints/{id}': 'deliveries',
  'DELETE /v1/endpoints/{id}': 'deliveries',
  'POST /v1/endpoints/{id}/test': 'deliveries',
  'GET /v1/event-types': 'any',
  'POST /v1/endpoints/{id}/enable': 'deliveries',
  'GET /v1/deliveries': 'deliveries',
  'GET /v1/deliveries/{id}': 'deliveries',
  'POST /v1/deliveries/{id}/redeliver': 'deliveries',
  'POST /v1/deliveries/redeliver': 'deliveries',
  'GET /v1/hosts': 'deliveries',
  'POST /v1/callbacks/test': 'deliveries',
  // For the key itself; for another key they require `admin` (api-keys/own-key.ts).
  'POST /v1/api-keys/{id}/rotate-secret': 'deliveries',
  'GET /v1/api-keys/{id}/disabled-callbacks': 'deliveries',
  'POST /v1/api-keys/{id}/enable-callbacks': 'deliveries',
  'GET /v1/api-keys/current': 'any',
  'GET /v1/alerts': 'admin',
  'POST /v1/alerts/test': 'admin',
  'GET /v1/api-keys': 'admin',
  'POST /v1/api-keys': 'admin',
  'GET /v1/api-keys/{id}': 'admin',
  'PATCH /v1/api-keys/{id}': 'admin',
  'DELETE /v1/api-keys/{id}': 'admin',
}

export const requireScope = createMiddleware<ApiEnv>(async (c, next) => {
  // Middleware has no method of its own.
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL')
  // There is nothing at this path: the response is 404.
  if (route === undefined) return next()
  const scope = scopeOf(`${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`)
  if (hasScope(c.get('caller'), scope)) return next()
  return problem(c, 'forbidden', missingScope(scope))
})

function scopeOf(operation: string): Scope | 'any' {
  return requiredScopes[operation] ?? 'admin'
}

function hasScope(caller: Caller, scope: Scope | 'any'): boolean {
  return scope === 'any' ? caller.scopes.length > 0 : mayDo(caller, scope)
}

function missingScope(scope: Scope | 'any'): string {
  return scope === 'any' ? 'This API key has no scope.' : `This API key does not have the scope ${scope}.`
}

interface DescribedOperation {
  security?: Record<string, string[]>[]
  responses?: Record<string, unknown>
}

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
type DescribedPath = Partial<Record<(typeof methods)[number], DescribedOperation>>

/** Adds to each operation of the description the scope that it requires, and the 403 of a key without it. */
export function describeScopes(paths: Record<string, DescribedPath>): void {
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of methods) {
      const name = `${method.toUpperCase()} ${path}`
      const operation = operations[method]
      const requiresScope = path.startsWith('/v1/') || name in requiredScopes
      if (operation !== undefined && requiresScope) describeScope(operation, scopeOf(name))
    }
  }
}

function describeScope(operation: DescribedOperation, scope: Scope | 'any'): void {
  const { security = [{ apiKey: [] }], responses = {} } = operation
  // OpenAPI 3.1: for a bearer key these are the names of the roles that it needs.
  const roles = scope === 'any' ? [] : [scope]
  operation.security = security.map((way) => ('apiKey' in way ? { ...way, apiKey: roles } : way))
  operation.responses = { ...responses, 403: responses['403'] ?? refusal(missingScope(scope)) }
}

function refusal(description: string) {
  const schema = { $ref: '#/components/schemas/Problem' }
  return { description, content: { 'application/problem+json': { schema } } }
}
