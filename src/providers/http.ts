/**
 * One JSON call to a provider. What comes back is an answer, whatever its status, or a fault that says how much
 * is known: of a billable call that broke, nothing is.
 */
import { type Evidence, type FaultCode, fail, type Result } from '../core/fault.ts'
import { parseJson } from '../core/http/json.ts'

export type Fetch = (request: Request) => Promise<Response>

/**
 * `billable`: when no clear answer comes, it may have been bought. `safe`: it may be asked again. `brief`: as safe, and
 * somebody is waiting.
 */
export type CallKind = 'billable' | 'safe' | 'brief'

export interface ProviderResponse {
  status: number
  headers: Headers
  /** Parsed JSON; undefined where the body was none. */
  body: unknown
}

const timeoutsMs = { billable: 30_000, safe: 15_000, brief: 3_000 } as const satisfies Record<
  CallKind,
  number
>

export async function callProvider(
  fetch: Fetch,
  kind: CallKind,
  url: string,
  init: { method: string; headers: Record<string, string>; body?: unknown },
): Promise<Result<ProviderResponse>> {
  const { method, headers, body } = init
  const request = new Request(url, {
    method,
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutsMs[kind]),
  })
  try {
    const response = await fetch(request)
    const text = await response.text()
    return {
      ok: true,
      value: { status: response.status, headers: response.headers, body: parseJson(text) },
    }
  } catch (error) {
    // Everything that fetch and reading a body throw is the network's: refused, reset, timed out.
    return answerLost(kind, 'no answer came', { error: String(error) })
  }
}

/** The fault for an answer that decides nothing: an unreadable body, or a 5xx. */
export function answerLost(kind: CallKind, what: string, evidence: Evidence) {
  const code: FaultCode = kind === 'billable' ? 'answer_lost' : 'unavailable'
  return fail(
    code,
    kind === 'billable' ? `It is not known whether the task was accepted: ${what}.` : `${what}.`,
    { evidence },
  )
}
