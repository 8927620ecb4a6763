/** The pages' calls to the API. Each runs in this process, with the scopes and the project of the key that signed in. */
import type { problemKinds } from '../api/problems.ts'

/** The part of a problem (RFC 9457) that pages show. */
export interface Problem {
  status: number
  code: keyof typeof problemKinds
  title: string
  detail: string
  request_id: string
  errors?: { path: string; message: string }[]
}

export type Answer<Body> = { ok: true; body: Body } | { ok: false; problem: Problem }

/** `Body` is the type of the route's response. */
export interface Api {
  /** Throws a `ProblemError` unless the call succeeds: the page is then that problem. */
  read<Body>(path: string): Promise<Body>
  /** With a `body`, as JSON. A success without a body is `null`. */
  send<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>
  /** For files and streams. The response is that of the route. */
  open(path: string, init?: RequestInit): Promise<Response>
}

export class ProblemError extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code)
    this.problem = problem
  }
}

/**
 * `call` sends a request to a path of the API, as the caller who has signed in. It is aborted with the request for the `page`:
 * a stream ends when its browser leaves.
 */
export function openApi(call: (request: Request) => Response | Promise<Response>, page: Request): Api {
  const { url, signal } = page
  const open = async (path: string, init: RequestInit = {}) =>
    call(new Request(new URL(path, url), { signal, ...init }))
  const send = async <Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>> => {
    const content =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await open(path, { method, ...content })
    if (!response.ok) return { ok: false, problem: await response.json() }
    return { ok: true, body: response.status === 204 ? (null as Body) : await response.json() }
  }
  return {
    open,
    send,
    async read<Body>(path: string) {
      const answer = await send<Body>('GET', path)
      if (!answer.ok) throw new ProblemError(answer.problem)
      return answer.body
    },
  }
}

/** `{ status: 'failed', cursor: undefined }` → `?status=failed`. Empty values are left out. */
export function queryOf(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
