/**
 * The Worker as the harness runs it: the whole product under the platform's limits, with faults injected at its edges and a
 * control channel.
 */
import { z } from 'zod'
import { type Edges, realEdges } from '../../../src/context.ts'
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { createWorker } from '../../../src/worker.ts'
import { limitConnections } from '../../support/platform/connections.ts'
import { emulateDatabase } from '../../support/platform/database.ts'
import { type Random, seededRandom } from '../random.ts'
import { speedup } from '../world/callers.ts'
import { control, countRunning, machineNow, setClock } from './control.ts'
import { createFaultInjection, type FaultInjection } from './fault-injection.ts'
import { faultyEnv, faultyFetch } from './faulty-bindings.ts'
import { watchRequests } from './watch-requests.ts'

// The stalls of D1 that were reported.
const minStallMs = 2_000
const maxStallMs = 25_000

/** An isolate runs for one life. */
let life: { injection: FaultInjection; env: Env; report: Report } | undefined

type Report = (path: string, body: string) => Promise<void>

function startLife(env: Env) {
  if (life !== undefined) return life
  const { seed, armed, offsetMs, harnessUrl } = settings.parse(JSON.parse(Reflect.get(env, 'CHAOS')))
  setClock(offsetMs)
  const report: Report = async (path, body) => {
    const response = await fetch(`${harnessUrl}/${path}`, { method: 'POST', body })
    await response.text()
  }
  const random = seededRandom(seed)
  const injection = createFaultInjection({
    random,
    armed,
    async kill(point) {
      await report('kill', point)
      // The harness kills the process instead of responding.
      return new Promise<never>(() => undefined)
    },
    outliveLease: (point) => report('outlive_lease', point),
    stall: () => wait((minStallMs + random.below(maxStallMs - minStallMs)) / speedup),
    now: machineNow,
    reportCall: (call) => report('call', call),
    reportFault: (fault) => report('fault', fault),
  })
  // In some lives only: far from its database, a job is longest between its task's row and the call, so that most kills make
  // a submission unknown, and such jobs wait for hours.
  const isDistant = armed.length > 0 && random.below(3) === 0
  const DB = isDistant ? distantDatabase(env.DB, random) : env.DB
  life = { injection, env: faultyEnv({ ...env, DB }, injection), report }
  return life
}

/** One thread, and a round trip of 5 to 150 ms, most of it the distance. */
function distantDatabase(database: D1Database, random: Random): D1Database {
  const chance = () => random.below(1_000) / 1_000
  const latencyMs = { min: 5 / speedup, max: 150 / speedup }
  return emulateDatabase(database, { latencyMs, threads: 'one', now: machineNow, wait, chance }).binding
}

const edges: Edges = {
  ...realEdges,
  wait: (ms) => wait(ms / speedup),
  fetch(request) {
    if (life === undefined) throw new Error('The Worker fetches only during an invocation.')
    const { injection, report } = life
    const fetch = faultyFetch(realEdges.fetch, injection)
    return watchRequests(fetch, (sent) => report('request', JSON.stringify(sent)))(request)
  },
}

const reelhook = limitConnections(edges, createWorker)

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export default {
  async fetch(request, env, context) {
    const { env: faulty } = startLife(env)
    if (new URL(request.url).pathname.startsWith('/chaos/')) return control(request, env)
    return countRunning(
      async () => reelhook.fetch?.(request, faulty, context) ?? new Response(null, { status: 500 }),
    )
  },
  queue: inParallel((batch, env, context) =>
    countRunning(async () => reelhook.queue?.(batch, startLife(env).env, context)),
  ),
  async scheduled(controller, env, context) {
    await countRunning(() => reelhook.scheduled?.(controller, startLife(env).env, context))
  },
} satisfies ExportedHandler<Env>

const settings = z.object({
  seed: z.number(),
  offsetMs: z.number(),
  armed: z.array(z.object({ name: z.string(), n: z.number() })),
  harnessUrl: z.string(),
})
