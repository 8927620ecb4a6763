/**
 * The Model Context Protocol (revision 2026-07-28, and the clients of 2025): tools for agents. Each request is served by a
 * server of its own, so nothing is kept between two of them.
 */
import {
  createMcpHandler,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import type { Context as HonoContext } from 'hono'
import { parseDeepJson } from '../../../core/http/json.ts'
import { readBounded } from '../../../core/http/read-bounded.ts'
import { utf8TextIn } from '../../../core/http/utf8.ts'
import type { Problem } from '../../in-process.ts'
import { createFace, type FaceEnv } from '../face.ts'
import { type Refusal, refusalText, toolError } from './refusal.ts'
import { createServer } from './server.ts'

/** As large as the body of a job. */
const maxBodyBytes = 1024 * 1024

export const face = createFace(async (problem, { request, headers }) => {
  const retryAfter = headers.get('retry-after') ?? undefined
  // A key that is not valid stays an error of HTTP, because clients act on it, and the body of a stranger is not read.
  const message = problem.status === 401 ? undefined : await unreadMessage(request)
  return showProblem({ ...problem, retryAfter }, message)
})

face.post('*', async (c) => {
  const refused = refusedOrigin(c)
  if (refused !== undefined) return refused
  const bytes = await readBounded(c.req.raw, maxBodyBytes)
  if (bytes === 'too_large') return rpcError(413, invalidRequest, 'A request can have at most 1 MiB.')
  if (bytes === 'unreadable_body') return rpcError(400, parseError, 'The body could not be read.')
  const text = utf8TextIn(bytes)
  if (text === null) return rpcError(400, parseError, 'The body is not valid UTF-8.')
  const parsedBody = parseDeepJson(text)
  if (parsedBody === undefined) return rpcError(400, parseError, 'The body is not valid JSON.')
  // A batch would do any number of calls for one request of the key's rate. No revision since 2025-06-18 has batches.
  if (Array.isArray(parsedBody)) return rpcError(400, invalidRequest, 'Send one message in each request.')
  return serve(c, parsedBody)
})

// There are no sessions to end, and no stream of the server's own messages.
face.all('*', () => rpcError(405, invalidRequest, 'Use POST.', { allow: 'POST' }))

async function serve(c: HonoContext<FaceEnv>, parsedBody: unknown): Promise<Response> {
  const errors: Error[] = []
  const { fetch: respond, close } = createMcpHandler(({ era }) => createServer(c, era), {
    onerror: (error) => errors.push(error),
  })
  const response = await respond(c.req.raw, { parsedBody })
  // The tools of a key do not change: a subscription is acknowledged, with nothing in it, and ends.
  if (messageIn(parsedBody)?.method === 'subscriptions/listen') await close()
  const [error] = errors
  if (response.status >= 500 && error !== undefined) throw error
  return response
}

/**
 * A page of another origin is refused, as the specification demands (DNS rebinding). The host of the request decides
 * nothing: in such an attack it is the attacker's. Programs send no Origin.
 */
function refusedOrigin(c: HonoContext<FaceEnv>): Response | undefined {
  const { hostname } = new URL(c.get('context').config.publicBaseUrl)
  const local = localhostAllowedOrigins()
  return originValidationResponse(c.req.raw, local.includes(hostname) ? local : [hostname])
}

/** The problem came before the body was read: its message can still be answered. */
async function unreadMessage(request: Request): Promise<Message | undefined> {
  if (request.bodyUsed || request.method !== 'POST') return undefined
  const bytes = await readBounded(request, maxBodyBytes)
  return typeof bytes === 'string' ? undefined : messageIn(parseDeepJson(new TextDecoder().decode(bytes)))
}

interface Message {
  id: string | number
  method: string
}

/** Undefined: it is no request. A notification has no id. */
function messageIn(body: unknown): Message | undefined {
  if (typeof body !== 'object' || body === null || !('id' in body) || !('method' in body)) return undefined
  const { id, method } = body
  const isId = typeof id === 'string' || typeof id === 'number'
  return isId && typeof method === 'string' ? { id, method } : undefined
}

/** An agent sees the result of its tool, and rarely an error of HTTP. */
function showProblem(problem: Problem & Refusal, message: Message | undefined) {
  const { id = null, method } = message ?? {}
  return method === 'tools/call'
    ? { status: 200, body: { jsonrpc: '2.0', id, result: toolError(problem) } }
    : { body: { jsonrpc: '2.0', error: { code: serverError, message: refusalText(problem) }, id } }
}

// JSON-RPC 2.0 §5.1.
const parseError = -32_700
const invalidRequest = -32_600
const serverError = -32_000

function rpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers })
}
