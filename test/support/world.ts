/**
 * The world around the Worker in a test: a manual clock, and a network with the simulated providers, one caller and the
 * Worker itself. D1, R2 and the queues are the runtime's.
 */
import { exports } from 'cloudflare:workers'
import { inject } from 'vitest'
import type { Edges } from '../../src/context.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { createSimulator, type Simulator } from '../../src/dev/simulator/simulator.ts'
import { type Caller, createCaller } from './caller.ts'
import { checkEvent } from './contract.ts'

export const publicBaseUrl = 'https://reelhook.test'
export const simulatorUrl = 'https://simulator.test'
/** Not its estimates, which a job may ask for first. */
export const crunSubmissions = `${simulatorUrl}/crun/api/v1/client/job/CreateTask`
export const callerUrl = 'https://caller.test'

export interface World {
  /** Another one in each file. */
  id: string
  edges: Edges
  simulator: Simulator
  caller: Caller
  /** Every request that the Worker sent. */
  calls: { method: string; url: string; userAgent: string | null; traceparent: string | null }[]
  /** Every log line of the Worker. */
  logs: { event: string; fields: Record<string, unknown> }[]
  /** Advances the clock, and runs the providers' timers that become due. */
  advance: (ms: number) => Promise<void>
  /** When the next timer of the providers is due. */
  nextTimerAt: () => number
  /** Adds a server at another origin. A request to an origin without a server is a network error. */
  serve: (origin: string, answer: (request: Request) => Response | Promise<Response>) => void
  /** Replaces the waits of the Worker. They pass at once otherwise. */
  waitWith: (wait: (ms: number) => Promise<void>) => void
  /** Intercepts the next request to a URL with this prefix. */
  respondNext: (urlPrefix: string, answer: (request: Request) => Response | Promise<Response>) => void
}

interface Parts extends Pick<World, 'id' | 'simulator' | 'caller' | 'calls' | 'logs'> {
  clock: ReturnType<typeof createClock>
  wait: (ms: number) => Promise<void>
  interceptions: { prefix: string; answer: (request: Request) => Response | Promise<Response> }[]
  servers: Map<string, (request: Request) => Response | Promise<Response>>
}

let parts = createParts()

export const world: World = {
  edges: {
    fetch: (request) => {
      const { method, url, headers } = request
      const [userAgent, traceparent] = [headers.get('user-agent'), headers.get('traceparent')]
      parts.calls.push({ method, url, userAgent, traceparent })
      return network(request)
    },
    now: () => parts.clock.now(),
    chance: () => 0.5,
    wait: (ms) => parts.wait(ms),
    log: (event, fields) => void parts.logs.push({ event, fields }),
  },
  get id() {
    return parts.id
  },
  get simulator() {
    return parts.simulator
  },
  get caller() {
    return parts.caller
  },
  get calls() {
    return parts.calls
  },
  get logs() {
    return parts.logs
  },
  waitWith: (wait) => {
    parts.wait = wait
  },
  advance: (ms) => parts.clock.advance(ms),
  nextTimerAt: () => parts.clock.nextTimerAt(),
  serve: (origin, answer) => void parts.servers.set(origin, answer),
  respondNext: (prefix, answer) => void parts.interceptions.push({ prefix, answer }),
}

/** A new world: nothing is left of what the tests of another file did to it. */
export function resetWorld(): void {
  parts = createParts()
}

function createParts(): Parts {
  const clock = createClock()
  return {
    id: crypto.randomUUID(),
    clock,
    wait: async () => undefined,
    caller: createCaller(clock.now),
    calls: [],
    logs: [],
    interceptions: [],
    servers: new Map(),
    simulator: createSimulator({
      baseUrl: simulatorUrl,
      picture: Uint8Array.fromBase64(inject('picture')),
      fetch: network,
      now: clock.now,
      after: clock.after,
      pace: { queuedMs: 1_000, runningMs: 4_000 },
      keys: simulatedKeys,
    }),
  }
}

async function network(sent: Request): Promise<Response> {
  const { interceptions, simulator, caller, servers } = parts
  const request = uploaded(sent)
  const { origin } = new URL(request.url)
  if (origin !== publicBaseUrl && origin !== simulatorUrl) await checkEvent(request)
  const index = interceptions.findIndex(({ prefix }) => request.url.startsWith(prefix))
  const [interception] = index < 0 ? [] : interceptions.splice(index, 1)
  if (interception !== undefined) return interception.answer(request)
  if (origin === simulatorUrl) return overTheWire(await simulator.fetch(request))
  if (origin === callerUrl) return caller.receive(request)
  if (origin === publicBaseUrl) return exports.default.fetch(request)
  const server = servers.get(origin)
  if (server !== undefined) return server(request)
  throw new TypeError(`there is no server at ${origin}`)
}

/** A body from the network is a byte stream of the runtime. */
function overTheWire(response: Response): Response {
  return new Response(response.body?.pipeThrough(new IdentityTransformStream()) ?? null, response)
}

/** The same for a video that a provider uploads to the Worker. */
function uploaded(request: Request): Request {
  if (!request.url.startsWith(`${publicBaseUrl}/uploads/`)) return request
  return new Request(request, { body: request.body?.pipeThrough(new IdentityTransformStream()) ?? null })
}

function createClock() {
  const startedAt = Date.now()
  let advancedMs = 0
  let timers: { at: number; run: () => Promise<void> }[] = []
  const now = () => startedAt + advancedMs
  return {
    now,
    after: (delayMs: number, run: () => Promise<void>) => {
      timers.push({ at: now() + Math.max(0, delayMs), run })
    },
    nextTimerAt: () => Math.min(...timers.map(({ at }) => at)),
    advance: async (ms: number) => {
      const until = advancedMs + ms
      for (;;) {
        timers.sort((left, right) => left.at - right.at)
        const [next] = timers
        if (next === undefined || next.at - startedAt > until) break
        timers = timers.slice(1)
        advancedMs = Math.max(advancedMs, next.at - startedAt)
        await next.run()
      }
      advancedMs = until
    },
  }
}
