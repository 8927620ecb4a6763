/**
 * Cloudflare's cache in front of the Worker, as developers.cloudflare.com/workers/cache documents it. It stores whole
 * responses for as long as Cache-Control allows, and answers ranges from them. It never stores a 206.
 *
 * The documentation does not say what becomes of a response that its client stops reading. Here it is not stored.
 */

const maxStoredBytes = 512 * 1024 * 1024

/** How long a response without Cache-Control is stored, by its status. */
const defaultSeconds: Readonly<Record<number, number>> = {
  200: 7200,
  203: 7200,
  204: 7200,
  300: 1200,
  301: 1200,
  404: 180,
  405: 60,
  410: 180,
  414: 60,
  501: 60,
}

export interface EdgeCache {
  fetch(request: Request): Promise<Response>
  /** The Worker's `ctx.cache.purge`, by tag. */
  purge(options: { tags?: string[] }): Promise<{ success: boolean; errors: never[] }>
}

interface Entry {
  bytes: Uint8Array<ArrayBuffer>
  status: number
  headers: Headers
  tags: string[]
  storedAt: number
  staleAt: number
}

type Worker = (request: Request) => Promise<Response>

export function createEdgeCache(worker: Worker, now: () => number = Date.now): EdgeCache {
  const entries = new Map<string, Entry>()
  return {
    async fetch(request) {
      const isCached = request.method === 'GET' || request.method === 'HEAD'
      if (!isCached) return toClient(await worker(request), 'BYPASS')
      const entry = entries.get(keyOf(request))
      if (entry !== undefined && now() < entry.staleAt)
        return forMethod(request, answer(request, entry, now()))
      const response = await worker(request.method === 'HEAD' ? asGet(request) : request)
      const freshMs = 1_000 * freshSeconds(request, response)
      if (freshMs === 0) return forMethod(request, toClient(response, bypassOrMiss(response)))
      const { status } = response
      const headers = new Headers(response.headers)
      const store = (bytes: Uint8Array<ArrayBuffer>) => {
        const times = { storedAt: now(), staleAt: now() + freshMs }
        entries.set(keyOf(request), { bytes, status, headers, tags: tagsOf(headers), ...times })
      }
      return forMethod(request, toClient(stored(response, store), 'MISS'))
    },
    async purge({ tags = [] }) {
      const purged = new Set(tags.map((tag) => tag.toLowerCase()))
      for (const [key, entry] of entries) {
        if (entry.tags.some((tag) => purged.has(tag))) entries.delete(key)
      }
      return { success: true, errors: [] }
    },
  }
}

/** The method and the host are not part of it, nor is the Authorization header. */
function keyOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}

/** A HEAD on a cold cache becomes a GET of the whole file, so that it can be stored. */
function asGet(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.delete('range')
  return new Request(request.url, { headers })
}

/** How long a response may be stored; 0 if it may not. */
function freshSeconds(request: Request, { status, headers }: Response): number {
  if (headers.has('vary')) throw new Error('the emulated cache does not support Vary')
  const isNeverStored = status === 206 || status === 304 || (status >= 520 && status <= 526)
  if (isNeverStored || headers.has('set-cookie')) return 0
  if (Number(headers.get('content-length')) > maxStoredBytes) return 0
  const control = headers.get('cache-control')
  if (control === null) return defaultSeconds[status] ?? 0
  if (/\b(?:private|no-store|no-cache)\b/.test(control)) return 0
  const isShared = /\b(?:public|must-revalidate|s-maxage)\b/.test(control)
  if (request.headers.has('authorization') && !isShared) return 0
  const [, seconds] = /\bs-maxage=(\d+)/.exec(control) ?? /\bmax-age=(\d+)/.exec(control) ?? []
  return Number(seconds ?? 0)
}

function bypassOrMiss({ headers }: Response): 'BYPASS' | 'MISS' {
  return /\b(?:private|no-store)\b/.test(headers.get('cache-control') ?? '') ? 'BYPASS' : 'MISS'
}

/** The response, which is stored once all of its body has been read. */
function stored(response: Response, store: (bytes: Uint8Array<ArrayBuffer>) => void): Response {
  const chunks: Uint8Array[] = []
  let length = 0
  const collect = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length
      if (length <= maxStoredBytes) chunks.push(chunk)
      controller.enqueue(chunk)
    },
    flush() {
      const declared = response.headers.get('content-length')
      const isWhole = declared === null || Number(declared) === length
      if (isWhole && length <= maxStoredBytes) store(joined(chunks, length))
    },
  })
  return new Response(response.body?.pipeThrough(collect) ?? null, response)
}

function joined(chunks: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function tagsOf(headers: Headers): string[] {
  return (headers.get('cache-tag') ?? '').toLowerCase().split(',')
}

function answer(request: Request, { bytes, status, headers: stored, storedAt }: Entry, at: number): Response {
  const headers = new Headers(stored)
  headers.set('age', String(Math.floor((at - storedAt) / 1_000)))
  const respond = (body: Uint8Array<ArrayBuffer> | null, code: number) =>
    toClient(new Response(body, { status: code, headers }), 'HIT')
  const etag = headers.get('etag')
  if (etag !== null && request.headers.get('if-none-match')?.includes(etag)) {
    headers.delete('content-length')
    return respond(null, 304)
  }
  const range = rangeOf(request, etag, bytes.length)
  if (range === null || status !== 200) return respond(bytes, status)
  const [from, to] = range
  if (from >= to) {
    headers.set('content-range', `bytes */${bytes.length}`)
    headers.set('content-length', '0')
    return respond(null, 416)
  }
  headers.set('content-range', `bytes ${from}-${to - 1}/${bytes.length}`)
  headers.set('content-length', String(to - from))
  return respond(bytes.slice(from, to), 206)
}

/** One requested range, its end exclusive. */
function rangeOf({ headers }: Request, etag: string | null, size: number): [number, number] | null {
  const ifRange = headers.get('if-range')
  if (ifRange !== null && ifRange !== etag) return null
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(headers.get('range') ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') return [Math.max(0, size - Number(last)), size]
  return [Number(first), last === '' ? size : Math.min(Number(last) + 1, size)]
}

function toClient(response: Response, cacheStatus: 'HIT' | 'MISS' | 'BYPASS'): Response {
  const headers = new Headers(response.headers)
  headers.delete('cache-tag')
  headers.set('cf-cache-status', cacheStatus)
  return new Response(response.body, { status: response.status, headers })
}

/** A HEAD gets no body, but the cache reads it all. */
async function forMethod(request: Request, response: Response): Promise<Response> {
  if (request.method !== 'HEAD') return response
  await response.arrayBuffer()
  return new Response(null, response)
}
