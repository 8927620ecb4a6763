/** A tool: its definition, and what a call of it does. */
import type { Tool as Definition, ResourceLink, ToolAnnotations } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Scope } from '../../../core/access.ts'
import { structureFault } from '../../body.ts'
import type { Api, Problem } from '../../in-process.ts'
import { fieldFaults } from '../../problems.ts'
import { invalid, type Refusal } from './refusal.ts'

export interface Tool {
  name: string
  scope: Scope | 'any'
  /** Made at its first use, once in an isolate. */
  definition: () => Definition
  run: Run<Record<string, unknown>>
}

type Run<Input> = (input: Input, call: { api: Api }) => Promise<Reply>

/** `text` is all that some clients show to their model. `structured` fits the output schema of the tool. */
export type Reply =
  | { ok: true; text: string; structured: Record<string, unknown>; links?: ResourceLink[] }
  | { ok: false; refusal: Refusal }

interface Described {
  name: string
  title: string
  description: string
  scope: Scope | 'any'
  annotations: ToolAnnotations
  input: z.ZodType
  output: z.ZodType
  /** Another tool describes these arguments: the schemas of all tools are in the context of an agent. */
  hasBriefInput?: true
}

/** `run` gets the arguments as they came: for a tool whose arguments the API validates. */
export function defineTool(
  { input, output, hasBriefInput, scope, ...described }: Described,
  run: Tool['run'],
): Tool {
  let made: Definition | undefined
  return {
    name: described.name,
    scope,
    definition: () => {
      made ??= {
        ...described,
        inputSchema: jsonSchema(input, 'input', hasBriefInput ? 'brief' : 'described'),
        outputSchema: jsonSchema(output, 'output', 'brief'),
      }
      return made
    },
    run: async (values, call) => {
      const fault = structureFault(values)
      return fault === null ? run(values, call) : invalid([fault])
    },
  }
}

/** `run` gets the parsed arguments. */
export function defineParsedTool<Input extends z.ZodType>(
  described: Described & { input: Input },
  run: Run<z.output<Input>>,
): Tool {
  return defineTool(described, async (values, call) => {
    const { success, data, error } = described.input.safeParse(values)
    return success ? run(data, call) : invalid(fieldFaults(error))
  })
}

export type Asked<Body> = { ok: true; body: Body; isReplay: boolean } | Extract<Reply, { ok: false }>

/** Calls /v1. `Body` is the type of the route's response. */
export async function ask<Body>(
  api: Api,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Asked<Body>> {
  const content =
    body === undefined
      ? { headers }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
  const response = await api.open(path, { method, ...content })
  if (response.ok) {
    const isReplay = response.headers.get('idempotent-replayed') === 'true'
    return { ok: true, body: await response.json<Body>(), isReplay }
  }
  const retryAfter = response.headers.get('retry-after') ?? undefined
  return { ok: false, refusal: { ...(await response.json<Problem>()), retryAfter } }
}

/** Short: it omits repeated descriptions, and patterns, which the descriptions explain. */
function jsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output',
  detail: 'brief' | 'described',
): Definition['inputSchema'] {
  const seen = new Set<unknown>()
  const text = JSON.stringify(z.toJSONSchema(schema, { io }), (key, value) => {
    if (leftOut.has(key) || (io === 'output' && leftOutOfOutput.has(key))) return undefined
    if (key !== 'description' || typeof value !== 'string') return value
    if (detail === 'brief' || seen.has(value)) return undefined
    seen.add(value)
    return value
  })
  return JSON.parse(text)
}

const leftOut = new Set(['$schema', 'example', 'pattern', 'propertyNames'])
/** A result has no more fields than these, but a client need not insist on it. */
const leftOutOfOutput = new Set(['additionalProperties', 'format', 'minimum', 'maximum'])
