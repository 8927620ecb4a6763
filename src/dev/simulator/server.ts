/** The simulator as an HTTP server on this machine. Only this file uses Node. */

import { readFile } from 'node:fs/promises'
import { createServer, type Server, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { ConnectionLost, createSimulator, type Simulator, type SimulatorEdges } from './simulator.ts'

interface SimulatorOptions {
  /** 0 takes any free port. */
  port: number
  pace?: SimulatorEdges['pace']
  keys: SimulatorEdges['keys']
  /** Default: the machine's clock. */
  clock?: Clock
  /** The origin of its links to media. Default: its own address. */
  linksUrl?: string | undefined
}

type Clock = Pick<SimulatorEdges, 'now' | 'after'>

interface RunningSimulator {
  url: string
  simulator: Simulator
  close: () => Promise<void>
}

const DEFAULT_PACE = { queuedMs: 500, runningMs: 2500 }

/** As long as providers keep an idle connection. With Node's default of 5 s, a reused connection may close too early. */
const KEEP_ALIVE_MS = 75_000

/** A receiver has about 5 s to respond (Runware's documents); then the call has failed. */
const WEBHOOK_TIMEOUT_MS = 5000

export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const picture = await readFile(new URL('../../dashboard/public/static/simulator.mp4', import.meta.url))
  const realClock = createRealClock()
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS })
  const port = await listen(server, options.port)
  const url = `http://127.0.0.1:${port}`

  const simulator = createSimulator({
    baseUrl: options.linksUrl ?? url,
    picture,
    // The duration of an upload depends on its size, so it has no timeout.
    fetch: (request) =>
      request.method === 'PUT'
        ? fetch(request)
        : fetch(request, { signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS) }),
    ...(options.clock ?? realClock),
    pace: options.pace ?? DEFAULT_PACE,
    keys: options.keys,
  })

  const listener = getRequestListener(
    async (request, { outgoing }) => {
      if (!(outgoing instanceof ServerResponse)) throw new Error('The simulator supports HTTP/1.1 only.')
      await respond(simulator, request, outgoing)
      return RESPONSE_ALREADY_SENT
    },
    { overrideGlobalObjects: false },
  )
  server.on('request', (request, response) => void listener(request, response))

  return {
    url,
    simulator,
    close: async () => {
      realClock.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function createRealClock(): Clock & { stop: () => void } {
  const timers = new Set<NodeJS.Timeout>()
  return {
    now: Date.now,
    after: (delayMs, run) => {
      const timer = setTimeout(
        () => {
          timers.delete(timer)
          void run()
        },
        Math.max(0, delayMs),
      )
      timers.add(timer)
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The simulator has no port.')
  return address.port
}

/**
 * Writes to the socket itself, because a lost connection is a fault of the socket. Each chunk is sent before the next is
 * read, so that a truncated body arrives as half a body.
 */
async function respond(simulator: Simulator, request: Request, outgoing: ServerResponse): Promise<void> {
  try {
    const response = await simulator.fetch(request)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    for await (const chunk of response.body ?? []) await write(outgoing, chunk)
    outgoing.end()
  } catch (error) {
    if (!(error instanceof ConnectionLost)) throw error
    outgoing.destroy()
  }
}

/** A write fails if the client has closed the connection. */
async function write(outgoing: ServerResponse, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    outgoing.write(chunk, (error) => (error ? reject(new ConnectionLost()) : resolve()))
  })
}
