/** The body of a job or an estimate: its schema as documented, and all of its faults at once. */
import type { Context as HonoContext } from 'hono'
import { requestSchema, wellFormedPart } from '../../core/request/request.ts'
import { formFaults, type Validated } from '../body-faults.ts'
import { type FieldFault, missingBody, problem } from '../problems.ts'
import type { ApiEnv } from '../router.ts'
import { validateRequest } from './validate.ts'

// Described first: only a schema made after the OpenAPI extension can be named.
export const jobRequestSchema = requestSchema.describe('What is to be made.').openapi('JobRequest')
export const nothingSpent = 'Nothing was accepted or spent. Correct what errors names.'

/** A body with faults of form may have faults of content too: all are named at once. */
export function requestFaults(result: Validated, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const formal = formFaults(result, c)
  return formal.length === 0 ? undefined : answerFaults(formal, result.target, c)
}

async function answerFaults(formal: FieldFault[], target: string, c: HonoContext<ApiEnv>) {
  const part = target === 'json' ? wellFormedPart(await c.req.json()) : {}
  const named = new Set(formal.map(({ path }) => path))
  const passage = await validateRequest(c.get('context'), c.get('apiKeyId'), part)
  const others = passage.ok ? [] : passage.faults.filter(({ path }) => !named.has(path))
  return problem(c, 'invalid_request', nothingSpent, [...formal, ...others])
}
