/** A person at the pages: signed in with an API key, as a browser without scripts. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { createWorker } from '../../src/worker.ts'
import { world } from './world.ts'

export interface Visitor {
  get: (path: string, headers?: Record<string, string>) => Promise<Page>
  post: (path: string, fields: Fields, headers?: Record<string, string>) => Promise<Page>
  /** Posts any body, as a form of our own page or its script does. */
  postBody: (path: string, body: BodyInit, headers?: Record<string, string>) => Promise<Page>
  /** Any request, with the cookie. */
  send: (path: string, init: RequestInit) => Promise<Page>
  cookie: string
}

/** By name; of a name that is sent several times, all values. */
type Fields = Record<string, string | string[]>

export interface Page {
  status: number
  headers: Headers
  html: string
  /** Where a redirect leads; null for any other response. */
  location: string | null
}

const origin = 'https://reelhook.test'

export async function visitorWith(apiKey: string, bindings: Partial<Env> = {}): Promise<Visitor> {
  const stranger = visitor('', bindings)
  const { headers, status } = await stranger.post('/sign-in', { api_key: apiKey, next: '/' })
  const cookie = headers.get('set-cookie')?.split(';')[0]
  if (status !== 303 || cookie === undefined) throw new Error(`signing in returned ${status}`)
  return visitor(cookie, bindings)
}

/** With an empty cookie: somebody who has not signed in. */
export function visitor(cookie: string, bindings: Partial<Env> = {}): Visitor {
  const worker = createWorker(world.edges)
  const load = async (path: string, init: RequestInit): Promise<Page> => {
    const request = new Request(new URL(path, origin), { redirect: 'manual', ...init })
    if (cookie !== '') request.headers.set('cookie', cookie)
    const response = await worker.fetch?.(request as never, { ...env, ...bindings }, createExecutionContext())
    if (response === undefined) throw new Error('the Worker has no fetch')
    const { status, headers } = response
    return { status, headers, html: await response.text(), location: headers.get('location') }
  }
  return {
    cookie,
    send: load,
    postBody: (path, body, headers = {}) =>
      load(path, { method: 'POST', body, headers: { origin, ...headers } }),
    get: (path, headers = {}) => load(path, { headers }),
    post: (path, fields, headers = {}) => {
      const pairs = Object.entries(fields).flatMap(([name, values]) =>
        [values].flat().map((one) => [name, one]),
      )
      const body = new URLSearchParams(pairs)
      return load(path, { method: 'POST', body, headers: { origin, ...headers } })
    },
  }
}
