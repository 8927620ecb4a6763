/** One signed POST to a caller, and what came of it. Reads no row and writes none. */
import type { Guard } from '../core/url/policy.ts'
import { type Attempted, classifyResponse, noResponse, notSent } from './classify.ts'

export interface AttemptEdges {
  fetch: (request: Request) => Promise<Response>
  now: () => number
  guard: Guard
}

export interface Post {
  url: string
  body: string
  /** The headers that sign it; null when nothing can. */
  signed: Record<string, string> | null
}

const timeoutMs = 15_000
const maxReadBytes = 16 * 1024
const maxKeptBytes = 1024

export async function attemptPost(edges: AttemptEdges, { url, body, signed }: Post): Promise<Attempted> {
  const objection = await edges.guard(url)
  if (objection !== null) {
    const error = `the URL ${objection.message}`
    return objection.isHostDown ? noResponse(error) : notSent(error)
  }
  if (signed === null) return notSent('there is no secret to sign with, or SIGNING_SECRET was changed since')
  const request = new Request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signed,
    },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  try {
    const response = await edges.fetch(request)
    return classifyResponse(url, response, await readStart(response), edges.now())
  } catch (error) {
    // Everything that fetch and reading a body throw is the network's: refused, reset, timed out.
    return noResponse(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  }
}

/** What the answer begins with. */
async function readStart({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk)
      bytes += chunk.length
      // Leaving the loop cancels the rest.
      if (bytes >= maxReadBytes) break
    }
  } catch {
    // It broke off, or dripped until the time was up and the connection ended with it: the status has decided already.
    return textOf(chunks)
  }
  return textOf(chunks)
}

async function textOf(chunks: Uint8Array[]): Promise<string> {
  const kept = await new Blob(chunks).slice(0, maxKeptBytes).arrayBuffer()
  // As a stream: a character cut in half at the end is left out.
  return new TextDecoder().decode(kept, { stream: true })
}
