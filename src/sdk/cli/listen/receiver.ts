/** The local HTTP server that gets the deliveries of the temporary endpoint. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { usageFault } from '../errors.ts'
import { type Answer, forwardedHeaders, type Post } from './forward.ts'

export interface Receiver {
  port: number
  close(): Promise<void>
}

interface Options {
  /** 0 takes any free port. */
  port: number
  machineId: string
  /** The answer of the local application. */
  receive: (post: Post) => Promise<Answer>
}

/** A delivery has at most 20 KB. */
const maxBytes = 1024 * 1024
const machineHeader = 'reelhook-listen'

export async function startReceiver({ port, machineId, receive }: Options): Promise<Receiver> {
  const server = createServer((request, response) => {
    response.setHeader(machineHeader, machineId)
    answer(request, response, receive).catch((error) => response.destroy(error))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(isInUse(error) ? portInUse(port) : error))
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The receiver has no port.')
  return {
    port: address.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
    },
  }
}

function isInUse(error: Error): boolean {
  return 'code' in error && error.code === 'EADDRINUSE'
}

function portInUse(port: number) {
  return usageFault(`The port ${port} is in use.`, 'Choose another one with --port.')
}

/** Whether a `listen` of this machine has this port now. */
export async function isListening(port: number, machineId: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.headers.get(machineHeader) === machineId
  } catch {
    return false
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  receive: Options['receive'],
): Promise<void> {
  if (request.method !== 'POST') {
    response.end('reelhook listen: deliveries are posted here.\n')
    return
  }
  const body = await readBody(request)
  if (body === null) {
    response.writeHead(413, { connection: 'close' }).end(`The body has more than ${maxBytes} bytes.\n`)
    return
  }
  const result = await receive({ headers: headersOf(request), body })
  switch (result.kind) {
    case 'answered':
      response.writeHead(result.status, forwardedHeaders(Object.fromEntries(result.headers))).end(result.body)
      return
    case 'unanswered':
      response.writeHead(502, { 'content-type': 'text/plain' }).end(`reelhook listen: ${result.error}\n`)
  }
}

/** Null: it is too long. */
async function readBody(request: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) return null
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}
