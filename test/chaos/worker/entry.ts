/** The Worker as the harness runs it: the whole product, with faults injected at its edges and a control channel. */
import { z } from 'zod'
import { realEdges } from '../../../src/context.ts'
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { createWorker } from '../../../src/worker.ts'
import { seededRandom } from '../random.ts'
import { control, countRunning, machineNow, setClock } from './control.ts'
import { createFaultInjection, type FaultInjection } from './fault-injection.ts'
import { faultyEnv, faultyFetch } from './faulty-bindings.ts'
import { watchRequests } from './watch-requests.ts'

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
  const injection = createFaultInjection({
    random: seededRandom(seed),
    armed,
    async kill(point) {
      await report('kill', point)
      // The harness kills the process instead of responding.
      return new Promise<never>(() => undefined)
    },
    outliveLease: (point) => report('outlive_lease', point),
    stall: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
    now: machineNow,
    reportCall: (call) => report('call', call),
    reportFault: (fault) => report('fault', fault),
  })
  life = { injection, env: faultyEnv(env, injection), report }
  return life
}

const reelhook = createWorker({
  ...realEdges,
  fetch(request) {
    if (life === undefined) throw new Error('The Worker fetches only during an invocation.')
    const { injection, report } = life
    const fetch = faultyFetch(realEdges.fetch, injection)
    return watchRequests(fetch, (sent) => report('request', JSON.stringify(sent)))(request)
  },
})

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
