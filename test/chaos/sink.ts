/** All callers' hosts in one server: it answers as planned, and keeps every attempt that it heard. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { answerOf, type Behaviour, hurry, type Told } from './callers.ts'
import type { Places, PlannedJob } from './plan.ts'

export interface Sink {
  places: Places
  /** Nobody may ever ask for it. */
  trapUrl: string
  told: Told[]
  /** Paths that nobody should have called. */
  strays: string[]
  expect: (jobs: readonly PlannedJob[]) => void
  close: () => Promise<void>
}

const longestWaitMs = 20_000 / hurry

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=',
  'base64',
)

export async function openSink(callbackSecret: string): Promise<Sink> {
  const behaviours = new Map<number, Behaviour>()
  const told: Told[] = []
  const strays: string[] = []
  const server = createServer(async (request, response) => {
    const { url = '', method } = request
    const [, index] = /^\/hook\/(\d+)$/.exec(url) ?? []
    const behaviour = index === undefined ? undefined : behaviours.get(Number(index))
    if (url.startsWith('/picture/') && method === 'GET') return sendPicture(request, response)
    if (index === undefined || behaviour === undefined || method !== 'POST') {
      strays.push(`${method} ${url}`)
      response.writeHead(404).end()
      return
    }
    const body = await text(request)
    const attempt = 1 + told.filter((earlier) => earlier.index === Number(index)).length
    const eventId = String(request.headers['webhook-id'])
    told.push({
      index: Number(index),
      attempt,
      eventId,
      body,
      verified: isSignedWith(callbackSecret, request, body),
    })
    answer(behaviour, attempt, response)
  })
  const url = await listen(server, '127.0.0.1')
  const trap = createServer(({ method, url: path }, response) => {
    strays.push(`${method} ${path}`)
    response.writeHead(404).end()
  })
  // Another host than any provider's.
  const trapUrl = `${await listen(trap, '127.0.0.2')}/trap.mp4`
  return {
    places: {
      hookOf: (index) => `${url}/hook/${index}`,
      pictureOf: (note) => `${url}/picture/${note}boat.png`,
      callbackSecret,
    },
    trapUrl,
    told,
    strays,
    expect(jobs) {
      for (const { index, behaviour } of jobs) if (behaviour !== null) behaviours.set(index, behaviour)
    },
    async close() {
      for (const one of [server, trap]) {
        one.closeAllConnections()
        await new Promise((resolve) => one.close(resolve))
      }
    },
  }
}

async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink listens on no port')
  return `http://${host}:${address.port}`
}

/** A host as there are many: it wants a User-Agent, and does not know what its files are. */
function sendPicture({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers['user-agent'] === undefined) response.writeHead(403).end()
  else response.writeHead(200, { 'content-length': picture.length }).end(picture)
}

function answer(behaviour: Behaviour, attempt: number, response: ServerResponse): void {
  const planned = answerOf(behaviour, attempt)
  switch (planned.kind) {
    case 'says':
      response.writeHead(planned.status, planned.headers).end('heard')
      return
    case 'babbles':
      response.writeHead(200)
      babble(response)
      return
    case 'breaks off':
      response.destroy()
      return
    case 'keeps waiting': {
      const { status } = planned
      setTimeout(
        () => (status === null ? response.destroy() : response.writeHead(status).end()),
        longestWaitMs,
      )
    }
  }
}

/** As fast as it is read, until nobody reads. */
function babble(response: ServerResponse): void {
  response.write('and so on '.repeat(1_000), (error) => {
    if (!error && !response.destroyed) setImmediate(() => babble(response))
  })
}

/**
 * Verified as a caller would, with the published package. Its clock is the machine's own and ours is turned, so the
 * signature is compared with the one that the package makes for the attempt's timestamp.
 */
function isSignedWith(secret: string, { headers }: IncomingMessage, body: string): boolean {
  const timestamp = new Date(Number(headers['webhook-timestamp']) * 1_000)
  if (Number.isNaN(timestamp.getTime())) return false
  const expected = new Webhook(secret).sign(String(headers['webhook-id']), timestamp, body)
  // Others stand beside it, separated by spaces: that of the key pair, say.
  return String(headers['webhook-signature']).split(' ').includes(expected)
}
