/** One server for the hosts of all callers. It responds as planned and records every attempt. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import type { Places, PlannedJob } from '../plan-jobs.ts'
import { type Behavior, type ReceivedAttempt, responseTo, speedup } from './callers.ts'

export interface CallerServer {
  places: Places
  /** Only a forged webhook names this URL, so no request may ever reach it. */
  trapUrl: string
  attempts: ReceivedAttempt[]
  /** Requests that no caller expects, as method and path. */
  strayRequests: string[]
  expect: (jobs: readonly PlannedJob[]) => void
  close: () => Promise<void>
}

const timeoutMs = 20_000 / speedup

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=',
  'base64',
)

export async function openCallerServer(callbackSecret: string): Promise<CallerServer> {
  const behaviors = new Map<number, Behavior>()
  const attempts: ReceivedAttempt[] = []
  const strayRequests: string[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', method } = request
    if (url.startsWith('/picture/') && method === 'GET') return sendPicture(request, response)
    const index = Number(/^\/hook\/(\d+)$/.exec(url)?.[1])
    const behavior = behaviors.get(index)
    if (behavior === undefined || method !== 'POST') {
      strayRequests.push(`${method} ${url}`)
      response.writeHead(404).end()
      return
    }
    // Null: the Worker was killed while it sent the request.
    const body = await text(request).catch(() => null)
    if (body === null) return
    const attempt = 1 + attempts.filter((earlier) => earlier.index === index).length
    attempts.push({
      index,
      attempt,
      eventId: String(request.headers['webhook-id']),
      body,
      isVerified: isSignedWith(callbackSecret, request, body),
      receivedAt: Date.now(),
    })
    respond(behavior, attempt, response)
  }
  // With Node's default of 5 s, a reused connection may close too early.
  const server = createServer(
    { keepAliveTimeout: 75_000 },
    (request, response) => void serve(request, response),
  )
  const url = await listen(server, '127.0.0.1')
  const trap = createServer(({ method, url: path }, response) => {
    strayRequests.push(`${method} ${path}`)
    response.writeHead(404).end()
  })
  // A host that no provider uses.
  const trapUrl = `${await listen(trap, '127.0.0.2')}/trap.mp4`
  return {
    places: {
      hookOf: (index) => `${url}/hook/${index}`,
      pictureOf: (directive) => `${url}/picture/${directive}boat.png`,
      callbackSecret,
    },
    trapUrl,
    attempts,
    strayRequests,
    expect(jobs) {
      for (const { index, behavior } of jobs) if (behavior !== null) behaviors.set(index, behavior)
    },
    async close() {
      for (const each of [server, trap]) {
        each.closeAllConnections()
        await new Promise((resolve) => each.close(resolve))
      }
    },
  }
}

async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The caller server has no port.')
  return `http://${host}:${address.port}`
}

/** Like many hosts, it requires a User-Agent and sends no Content-Type. */
function sendPicture({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers['user-agent'] === undefined) response.writeHead(403).end()
  else response.writeHead(200, { 'content-length': picture.length }).end(picture)
}

/**
 * Verified with the published package, as a caller would. The package uses the machine's clock and the run's clock is
 * ahead of it, so the signature is compared with one that the package makes for the attempt's timestamp.
 */
function isSignedWith(secret: string, { headers }: IncomingMessage, body: string): boolean {
  const timestamp = new Date(Number(headers['webhook-timestamp']) * 1_000)
  if (Number.isNaN(timestamp.getTime())) return false
  const expected = new Webhook(secret).sign(String(headers['webhook-id']), timestamp, body)
  // The header holds several signatures, separated by spaces: that of the key pair, for example.
  return String(headers['webhook-signature']).split(' ').includes(expected)
}

function respond(behavior: Behavior, attempt: number, response: ServerResponse): void {
  const planned = responseTo(behavior, attempt)
  switch (planned.kind) {
    case 'response':
      response.writeHead(planned.status, planned.headers).end('received')
      return
    case 'endless_body':
      response.writeHead(200)
      writeForever(response)
      return
    case 'disconnect':
      response.destroy()
      return
    case 'timeout': {
      const { status } = planned
      setTimeout(() => (status === null ? response.destroy() : response.writeHead(status).end()), timeoutMs)
    }
  }
}

/** Writes as fast as the other side reads, until it closes the connection. */
function writeForever(response: ServerResponse): void {
  response.write('and so on '.repeat(1_000), (error) => {
    if (!error && !response.destroyed) setImmediate(() => writeForever(response))
  })
}
