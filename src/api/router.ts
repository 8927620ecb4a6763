/** What every handler finds in Hono's context. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from '../context.ts'
import { formFaults, type TextVariables } from './body-faults.ts'
import { missingBody, problem } from './problems.ts'

export interface ApiEnv {
  Variables: {
    context: Context
    requestId: string
    /** Whose key it is; set behind `onlyWithKey`. */
    apiKeyId: string
    /** When the signed link ends that let the caller in; unset for a key. */
    linkExpiresAt?: number
  } & TextVariables
}

/** A router whose bad input is answered with all of its faults. */
export function createRouter() {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      const missing = missingBody(result.target, c)
      if (missing !== undefined) return missing
      const faults = formFaults(result, c)
      if (faults.length === 0) return undefined
      return problem(c, 'invalid_request', 'Nothing was done. Correct the fields named in errors.', faults)
    },
  })
}
