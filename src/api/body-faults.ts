/** The form of what was sent: what its schema says, and its text, which no schema sees whole. */
import type { z } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { parseJson } from '../core/http/json.ts'
import { jsonFaults } from '../core/request/json-text.ts'
import { brokenTextFault, textFault } from '../core/request/text.ts'
import { type FieldFault, fieldFaults } from './problems.ts'

export type Validated = { target: string } & ({ success: true } | { success: false; error: z.core.$ZodError })

/** Set by `readText`: what is wrong with the text of the JSON body; unset where there is none. */
export interface TextVariables {
  textFaults?: FieldFault[]
}

interface Reader {
  req: { url: string }
  get(name: 'textFaults'): FieldFault[] | undefined
}

/** Every fault of form of one part of a request, each at its path. */
export function formFaults(result: Validated, c: Reader): FieldFault[] {
  const bySchema = result.success ? [] : fieldFaults(result.error)
  if (result.target === 'query') return [...bySchema, ...queryFaults(new URL(c.req.url))]
  return result.target === 'json' ? [...bySchema, ...(c.get('textFaults') ?? [])] : bySchema
}

/** Reads the text of a JSON body before it is validated: a decoded body does not show that it was no UTF-8. */
export const readText = createMiddleware<{ Variables: TextVariables }>(async (c, next) => {
  if (jsonType.test(c.req.header('content-type') ?? ''))
    c.set('textFaults', bodyFaults(await c.req.arrayBuffer()))
  return next()
})

// As Hono's validator has it.
const jsonType = /^application\/([\w.-]+\+)?json\s*(;|$)/i

/** Empty where it is no JSON, too: that is said by the validator. */
function bodyFaults(bytes: ArrayBuffer): FieldFault[] {
  const json = parseJson(new TextDecoder().decode(bytes))
  if (json === undefined) return []
  if (isUtf8(bytes)) return jsonFaults(json)
  const faults = jsonFaults(json, brokenTextFault)
  // What is broken may be gone: of two fields of one name JSON.parse keeps the second.
  return faults.length > 0 ? faults : [{ path: '', message: 'is not valid UTF-8' }]
}

function isUtf8(bytes: ArrayBuffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

function queryFaults({ search, searchParams }: URL): FieldFault[] {
  const judge = isUtf8Encoded(search) ? textFault : brokenTextFault
  return [...searchParams].flatMap(([name, value]) => jsonFaults({ [name]: value }, judge))
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
