/** Calls tools as the clients of the Model Context Protocol do, in the revision 2026-07-28. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { api, aRequest } from './reelhook.ts'
import { fetchWith } from './runtime.ts'
import { publicBaseUrl } from './world.ts'

const revision = '2026-07-28'

export interface ToolResult {
  content: { type: string; text?: string; uri?: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

interface Message {
  result?: Record<string, unknown>
  error?: { code: number; message: string }
  id: unknown
}

/** A whole message; `headers` replace its own. */
export function rpc(
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): RequestInit & { headers: Record<string, string> } {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return {
    method: 'POST',
    headers: {
      authorization: `Bearer ${env.ADMIN_API_KEY}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': revision,
      'mcp-method': method,
      ...(typeof params.name === 'string' && { 'mcp-name': params.name }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params: { ...params, _meta } }),
  }
}

export async function messageOf(response: Response): Promise<Message> {
  return response.json()
}

interface ListedTool {
  name: string
  description: string
  annotations: Record<string, boolean>
  inputSchema: { properties?: Record<string, unknown>; required?: string[] }
}

export async function toolsOf(headers: Record<string, string> = {}): Promise<ListedTool[]> {
  const { result } = await messageOf(await api('/mcp', rpc('tools/list', {}, headers)))
  return (result as unknown as { tools: ListedTool[] }).tools
}

/** With `bindings`, in a Worker that has these in place of its own. */
export async function callTool(
  name: string,
  values: Record<string, unknown>,
  { headers = {}, bindings }: { headers?: Record<string, string>; bindings?: Record<string, unknown> } = {},
): Promise<ToolResult> {
  const init = rpc('tools/call', { name, arguments: values }, headers)
  const response = await (bindings === undefined
    ? api('/mcp', init)
    : fetchWith(bindings as Partial<Env>, new Request(`${publicBaseUrl}/mcp`, init)))
  const { result, error, id } = await messageOf(response)
  expect({ error, id, status: response.status }).toEqual({ error: undefined, id: 7, status: 200 })
  return result as unknown as ToolResult
}

/** The text of a refused call. */
export async function refusalOf(...call: Parameters<typeof callTool>): Promise<string> {
  const { isError, content } = await callTool(...call)
  expect(isError, JSON.stringify(content)).toBe(true)
  return content[0]?.text ?? ''
}

/** Whole arguments of create_video. */
export function aVideo(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  // The admin key has no secret that could sign a callback.
  const { callback_secret: _secret, callback_url: _url, ...request } = aRequest()
  return { ...request, max_cost_usd: 1, idempotency_key: crypto.randomUUID(), ...overrides }
}
