/** The Worker as the harness runs it: the product whole, with a trial at its edges and a channel to hold it by. */
import { z } from 'zod'
import { realEdges } from '../../../src/context.ts'
import { createWorker } from '../../../src/worker.ts'
import { seededChance } from '../seeded.ts'
import { createTrial, type Trial } from '../trial.ts'
import { atWork, control, machineNow, turnClock } from './control.ts'
import { faultyEnv, faultyFetch } from './faulty.ts'

const life = z.object({
  seed: z.number(),
  offsetMs: z.number(),
  armed: z.array(z.object({ name: z.string(), n: z.number() })),
  /** Where the harness is told what happens here. */
  harnessUrl: z.string(),
})

/** One isolate is one life. */
let begun: { trial: Trial; env: Env } | undefined

function begin(env: Env) {
  if (begun !== undefined) return begun
  const { seed, armed, offsetMs, harnessUrl } = life.parse(JSON.parse(Reflect.get(env, 'CHAOS')))
  turnClock(offsetMs)
  const tell = (path: string, what: string) =>
    fetch(`${harnessUrl}/${path}`, { method: 'POST', body: what }).then((response) => response.text())
  const trial = createTrial({
    chance: seededChance(seed),
    armed,
    async die(point) {
      await tell('die', point)
      // The harness kills instead of answering.
      return new Promise<never>(() => undefined)
    },
    outlive: async (point) => void (await tell('outlive', point)),
    tell: async (fault) => void (await tell('fault', fault)),
    stall: () => new Promise((resolve) => setTimeout(resolve, 1_000)),
    now: machineNow,
  })
  begun = { trial, env: faultyEnv(env, trial) }
  return begun
}

const reelhook = createWorker({
  ...realEdges,
  fetch(request) {
    if (begun === undefined) throw new Error('nothing is fetched before a life has begun')
    return faultyFetch(realEdges.fetch, begun.trial)(request)
  },
})

export default {
  async fetch(request, env, context) {
    const begun = begin(env)
    if (new URL(request.url).pathname.startsWith('/chaos/')) return control(request, env)
    return atWork(
      async () => reelhook.fetch?.(request, begun.env, context) ?? new Response(null, { status: 500 }),
    )
  },
  async queue(batch, env, context) {
    await atWork(() => reelhook.queue?.(batch, begin(env).env, context))
  },
  async scheduled(controller, env, context) {
    await atWork(() => reelhook.scheduled?.(controller, begin(env).env, context))
  },
} satisfies ExportedHandler<Env>
