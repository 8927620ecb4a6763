/** The faults of a request's input: those of its schema, and those of its text, which no schema sees whole. */
import type { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { parseJson } from '../core/http/json.ts'
import { utf8TextIn } from '../core/http/utf8.ts'
import { jsonFaults } from '../core/request/json-text.ts'
import { brokenTextFault, textFault } from '../core/request/text.ts'
import { type FieldFault, fieldFaults } from './problems.ts'

export type Validated = { target: string } & ({ success: true } | { success: false; error: z.core.$ZodError })

/** Set by `checkText`: the faults in the text of the JSON body; unset without such a body. */
export interface TextVariables {
  textFaults?: FieldFault[]
}

interface Request {
  req: { url: string }
  get(name: 'textFaults'): FieldFault[] | undefined
}

/** Every fault of one part of a request, each at its path. */
export function inputFaults(result: Validated, c: Request): FieldFault[] {
  const schemaFaults = result.success ? [] : fieldFaults(result.error)
  if (result.target === 'query') return [...schemaFaults, ...queryFaults(new URL(c.req.url))]
  return result.target === 'json' ? [...schemaFaults, ...(c.get('textFaults') ?? [])] : schemaFaults
}

function queryFaults({ search, searchParams }: URL): FieldFault[] {
  const faultOf = isUtf8Encoded(search) ? textFault : brokenTextFault
  return [...searchParams].flatMap(([name, value]) => jsonFaults({ [name]: value }, faultOf))
}

function isUtf8Encoded(search: string): boolean {
  try {
    decodeURIComponent(search)
    return true
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}

/** Checks the text of a JSON body before it is validated: a decoded body does not show that it was not UTF-8. */
export const checkText = createMiddleware<{ Variables: TextVariables }>(async (c, next) => {
  if (jsonType.test(c.req.header('content-type') ?? ''))
    c.set('textFaults', bodyFaults(await c.req.arrayBuffer()))
  return next()
})

// The pattern of Hono's validator.
const jsonType = /^application\/([\w.-]+\+)?json\s*(;|$)/i

/** Empty if the body is not JSON: the validator reports that. */
function bodyFaults(bytes: ArrayBuffer): FieldFault[] {
  const json = parseJson(new TextDecoder().decode(bytes))
  if (json === undefined) return []
  if (utf8TextIn(bytes) !== null) return jsonFaults(json)
  const faults = jsonFaults(json, brokenTextFault)
  // JSON.parse keeps only the last field of a name, so the broken one may be gone.
  return faults.length > 0 ? faults : [{ path: '', message: 'is not valid UTF-8' }]
}
