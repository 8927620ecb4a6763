/** The emulated cache as an HTTP server in front of a local Worker. */
import { listen } from '../support/listen.ts'
import { createEdgeCache } from '../support/platform/edge-cache.ts'

export interface EdgeServer {
  url: string
  /** Every request for a file, and how it was answered. */
  requests: { method: string; range: string | null; status: number; cacheStatus: string | null }[]
  /** The number of requests that reached the Worker. */
  reached(): number
  close(): Promise<void>
}

export async function startEdgeServer(workerUrl: string): Promise<EdgeServer> {
  const requests: EdgeServer['requests'] = []
  let reached = 0
  const cache = createEdgeCache((request) => {
    reached += 1
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    for (const name of ['host', 'connection']) headers.delete(name)
    return fetch(`${workerUrl}${pathname}${search}`, { method: request.method, headers, redirect: 'manual' })
  })
  const server = await listen(async (request) => {
    const response = await cache.fetch(request)
    const { method, headers } = request
    const cacheStatus = response.headers.get('cf-cache-status')
    requests.push({ method, range: headers.get('range'), status: response.status, cacheStatus })
    return response
  })
  return { ...server, requests, reached: () => reached }
}

/** A page of another origin than Reelhook's. */
export function startPageServer() {
  const headers = { 'content-type': 'text/html' }
  return listen(async () => new Response('<!doctype html><title>Gallery</title><body>', { headers }))
}
