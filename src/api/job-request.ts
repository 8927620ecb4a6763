/** The body of a job or an estimate: its schema as documented, and all of its faults at once. */
import type { z } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import { requestSchema, wellFormedPart } from '../core/request.ts'
import { passDoor } from './door.ts'
import type { ApiEnv } from './environment.ts'
import { fieldFaults, missingBody, problem } from './problems.ts'

// Described first: only a schema made after the OpenAPI extension can be named.
export const jobRequestSchema = requestSchema.describe('What is to be made.').openapi('JobRequest')
export const nothingSpent = 'Nothing was accepted or spent. Correct what errors names.'

/** A body with faults of form may have faults of content too: all are named at once. */
export function nameAllFaults(result: Checked, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  return missing !== undefined || result.success ? missing : answerFaults(result, c)
}

type Checked = { success: true; target: string } | Unsound
interface Unsound {
  success: false
  error: z.core.$ZodError
  target: string
}

async function answerFaults({ error, target }: Unsound, c: HonoContext<ApiEnv>) {
  const formal = fieldFaults(error)
  const part = target === 'json' ? wellFormedPart(await c.req.json()) : {}
  const named = new Set(formal.map(({ path }) => path))
  const passage = await passDoor(c.get('context'), c.get('apiKeyId'), part)
  const others = passage.ok ? [] : passage.faults.filter(({ path }) => !named.has(path))
  return problem(c, 'invalid_request', nothingSpent, [...formal, ...others])
}
