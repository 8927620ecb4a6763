/**
 * A deployment whose code changes: released code, today's code, or both at once, on the same database, bucket and queues. As on
 * the platform, an invocation ends in the code in which it began.
 */
import { z } from 'zod'
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'
import { control, countRunning } from '../../chaos/worker/control.ts'

const versionNames = ['released', 'current'] as const

type Version = (typeof versionNames)[number]

const entrances = ['fetch', 'queue', 'scheduled'] as const

type Entrance = (typeof entrances)[number]

/** One for each environment, because the Worker remembers settings by it. */
const prompt = new WeakMap<Env, Env>()

export function createFront(workers: Record<Version, ExportedHandler<Env>>): ExportedHandler<Env> {
  let serving: Version[] = ['released']
  const served: Record<Version, Record<Entrance, number>> = {
    released: { fetch: 0, queue: 0, scheduled: 0 },
    current: { fetch: 0, queue: 0, scheduled: 0 },
  }
  const turns = { fetch: 0, queue: 0, scheduled: 0 }
  /** Versions that serve at once take turns at each entrance. */
  const next = (entrance: Entrance) => {
    const version = serving[turns[entrance]++ % serving.length] ?? 'current'
    served[version][entrance]++
    return workers[version]
  }
  return {
    async fetch(request, env, execution) {
      const { pathname } = new URL(request.url)
      switch (pathname) {
        case '/front/serve':
          serving = z.array(z.enum(versionNames)).parse(await request.json())
          return Response.json(served)
        case '/front/batch': {
          const statements = z.array(z.string()).parse(await request.json())
          await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
          return Response.json(null)
        }
      }
      if (pathname.startsWith('/chaos/')) return control(request, env)
      return countRunning(
        async () =>
          next('fetch').fetch?.(request, promptly(env), execution) ?? new Response(null, { status: 500 }),
      )
    },
    // One turn for each invocation, not for each large batch of the local runtime.
    queue: inParallel((batch, env, execution) =>
      countRunning(async () => next('queue').queue?.(batch, promptly(env), execution)),
    ),
    async scheduled(controller, env, execution) {
      await countRunning(async () => next('scheduled').scheduled?.(controller, promptly(env), execution))
    },
  }
}

/**
 * The local queues delay by the machine's clock, which is slower than the run's. So a delayed message is lost, and the sweep
 * finds its row: it works without any message.
 */
function promptly(env: Env): Env {
  const known = prompt.get(env)
  if (known !== undefined) return known
  const { JOBS, RESULTS, DELIVERIES } = env
  const made = {
    ...env,
    JOBS: withoutDelays(JOBS),
    RESULTS: withoutDelays(RESULTS),
    DELIVERIES: withoutDelays(DELIVERIES),
  }
  prompt.set(env, made)
  return made
}

function withoutDelays(queue: Queue): Queue {
  return {
    metrics: () => queue.metrics(),
    send: (body, options) => queue.send(body, options),
    async sendBatch(messages) {
      const due = [...messages].filter(({ delaySeconds = 0 }) => delaySeconds === 0)
      return due.length === 0 ? { metadata: { metrics: await queue.metrics() } } : queue.sendBatch(due)
    },
  }
}
