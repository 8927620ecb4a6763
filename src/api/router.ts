/** The variables of every request, and a router that reports all faults of an invalid input at once. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../context.ts'
import type { Caller } from '../core/access.ts'
import { inputFaults, type TextVariables, type Validated } from './body-faults.ts'
import { missingBody, problem } from './problems.ts'

export interface ApiEnv {
  Variables: {
    context: Context
    requestId: string
    /** Set by `requireApiKey`. */
    caller: Caller
    /** SHA-256 of the caller's API key. */
    keyHash: string
    /** A page calls the API in this process: its caller is identified and its request was counted (api/in-process.ts). */
    isInProcess?: true
    /** When the signed link of the request expires; unset for a request with a key. */
    linkExpiresAt?: number
  } & TextVariables
}

export function createRouter() {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalidInput })
}

export function refuseInvalidInput(result: Validated, c: HonoContext<ApiEnv>) {
  const missing = missingBody(result.target, c)
  if (missing !== undefined) return missing
  const faults = inputFaults(result, c)
  if (faults.length === 0) return undefined
  return problem(c, 'invalid_request', 'Nothing was done. Correct the fields in errors.', faults)
}
