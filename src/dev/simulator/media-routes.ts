import { Hono } from 'hono'
import { type BodyFault, type Directives, dueFault, type Encoding, type Label } from './directives.ts'
import { expiryOf } from './links.ts'
import { mediaOf, type Part, soundOf, streamPart } from './media.ts'
import type { SimulatedOutput, SimulatedTask } from './task.ts'
import { record, type World } from './world.ts'

export function mediaRoutes(world: World): Hono {
  return new Hono().get('/:file', (c) => {
    const found = world.outputs.get(c.req.param('file').replace(/\.mp4$/, ''))
    if (found === undefined) return c.text('Not found', 404)
    const response = serve(world, found.task, found.output, c.req.raw)
    const what = response.status < 400 ? 'media.served' : 'media.refused'
    record(world, {
      provider: found.task.provider,
      what,
      taskId: found.task.taskId,
      status: response.status,
    })
    return response
  })
}

function serve(world: World, task: SimulatedTask, output: SimulatedOutput, request: Request): Response {
  const query = new URL(request.url).searchParams
  const expiresAt = expiryOf(output, query)
  const isAnonymous = !request.headers.get('user-agent')
  if (task.directives.host === 'wants-agent' && isAnonymous) return textResponse(403, 'Forbidden')
  if (expiresAt === undefined) return textResponse(403, 'Signature mismatch')
  if (world.edges.now() > expiresAt) return textResponse(403, 'Link expired')
  const isMissing = task.directives.link === 'missing' || output.failure !== undefined
  if (isMissing || world.edges.now() < output.endsAt) return textResponse(404, 'Not found')

  // A HEAD is always correct, and does not use up a fault.
  const fault =
    request.method === 'HEAD'
      ? undefined
      : dueFault(task.directives.body, world.count(`media ${output.outputId}`))
  const { picture } = world.edges
  if (fault !== undefined) return serveFaulty(output, picture, fault)
  return relabeled(task.directives, serveRange(output, picture, request.headers.get('range')))
}

const labels: Record<Exclude<Label, 'none'>, string> = {
  text: 'text/plain',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  octets: 'application/octet-stream',
  binary: 'binary/octet-stream',
  image: 'image/png',
}

/** The response with a wrong Content-Type, or with a Content-Encoding, which may be wrong. */
function relabeled({ label, encoding }: Directives, response: Response): Response {
  const headers = new Headers(response.headers)
  if (label === 'none') headers.delete('content-type')
  else if (label !== undefined) headers.set('content-type', labels[label])
  if (encoding === undefined) return new Response(response.body, { status: response.status, headers })
  const { name, compression } = encodings[encoding]
  headers.set('content-encoding', name)
  if (compression === null) return new Response(response.body, { status: response.status, headers })
  headers.delete('content-length')
  const body = response.body?.pipeThrough(new CompressionStream(compression)) ?? null
  return new Response(body, { status: response.status, headers })
}

const encodings: Record<Encoding, { name: string; compression: 'gzip' | 'deflate' | null }> = {
  gzip: { name: 'gzip', compression: 'gzip' },
  'gzip-label': { name: 'gzip', compression: null },
  'br-label': { name: 'br', compression: null },
  'aws-chunked': { name: 'aws-chunked', compression: null },
  'aws-chunked-gzip': { name: 'aws-chunked,gzip', compression: 'gzip' },
  deflate: { name: 'deflate', compression: 'deflate' },
}

function serveRange(output: SimulatedOutput, picture: Uint8Array, header: string | null): Response {
  const size = output.sizeBytes
  const range = parseRange(header, size)
  if (range === 'none') {
    return new Response(mediaOf(output, picture).stream(), { headers: videoHeaders(size) })
  }
  if (range === 'unsatisfiable') {
    return new Response('Range not satisfiable', {
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  return new Response(streamPart(output, picture, range), {
    status: 206,
    headers: {
      ...videoHeaders(range.to - range.from),
      'content-range': `bytes ${range.from}-${range.to - 1}/${size}`,
    },
  })
}

/** One range (RFC 9110 §14.1.2). Several ranges are ignored, which the RFC allows. */
function parseRange(header: string | null, size: number): Part | 'none' | 'unsatisfiable' {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'none'
  if (first === '') {
    return last === '0' ? 'unsatisfiable' : { from: Math.max(0, size - Number(last)), to: size }
  }
  if (last !== '' && Number(last) < Number(first)) return 'none'
  if (Number(first) >= size) return 'unsatisfiable'
  return { from: Number(first), to: last === '' ? size : Math.min(size, Number(last) + 1) }
}

function serveFaulty(output: SimulatedOutput, picture: Uint8Array, fault: BodyFault): Response {
  const size = output.sizeBytes
  switch (fault) {
    case 'chunked':
      return new Response(mediaOf(output, picture).stream(), {
        headers: { 'content-type': 'video/mp4' },
      })
    case 'truncated': {
      const part = { from: 0, to: size, lostAt: Math.floor(size / 2) }
      return new Response(streamPart(output, picture, part), { headers: videoHeaders(size) })
    }
    case 'endless': {
      const part = { from: 0, to: Number.POSITIVE_INFINITY }
      return new Response(streamPart(output, picture, part), {
        headers: { 'content-type': 'video/mp4' },
      })
    }
    case 'empty':
      return new Response('', { headers: videoHeaders(0) })
    case 'html':
      return htmlResponse(200, 'Something went wrong')
    case 'bad-gateway':
      return htmlResponse(504, 'Gateway time-out')
    case 'sound':
      return video(soundOf(picture))
    case 'image':
      return video(png)
  }
}

// The signature of a PNG, and the start of its first chunk.
const png = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUg=='), (character) => character.charCodeAt(0))

function video(bytes: Uint8Array<ArrayBuffer>): Response {
  return new Response(new Blob([bytes]).stream(), { headers: videoHeaders(bytes.length) })
}

function videoHeaders(sizeBytes: number): Record<string, string> {
  return {
    'content-type': 'video/mp4',
    'content-length': String(sizeBytes),
    'accept-ranges': 'bytes',
  }
}

function textResponse(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'text/plain' },
  })
}

function htmlResponse(status: number, text: string): Response {
  return new Response(`<!doctype html><title>${text}</title><h1>${text}</h1>`, {
    status,
    headers: { 'content-type': 'text/html' },
  })
}
