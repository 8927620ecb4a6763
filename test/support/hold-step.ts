/** A step of a job, held at one place of its way until the test lets it go on: as if the world stood still for it alone. */
import { env } from 'cloudflare:workers'
import type { Context } from '../../src/context.ts'
import { advance } from '../../src/engine/advance.ts'
import { aContext, aGate } from './runtime.ts'
import { world } from './world.ts'

/** A request of the step, or one of its commits to D1, counted from 1: the first is the claim. */
export type Place =
  | { call: string; when: 'before' | 'after' | 'amid' }
  | { commit: number; when: 'before' | 'after' }

export interface HeldStep {
  letGoOn: () => Promise<void>
}

type Work = (context: Context) => Promise<void>

/** Advances the job until it comes to the place. */
export async function hold(jobId: string, place: Place): Promise<HeldStep> {
  return holdWork(place, (context) => advance(context, jobId))
}

export async function holdWork(place: Place, work: Work): Promise<HeldStep> {
  const held = await tryHold(place, work)
  if (held === null) throw new Error(`the step never came to ${JSON.stringify(place)}`)
  return held
}

/** Null: it came to its end, and never to the place. */
export async function tryHold(
  place: Place,
  work: Work,
  bindings: Partial<Env> = {},
): Promise<HeldStep | null> {
  const gate = aGate()
  const reached = aGate()
  const stop = async () => {
    reached.open()
    await gate.wait
  }
  const context =
    'call' in place
      ? aContext({ fetch: heldFetch(place, stop) }, bindings)
      : aContext({}, { ...bindings, DB: heldDatabase(place, stop) })
  const step = work(context)
  const isThere = await Promise.race([reached.wait.then(() => true), step.then(() => false)])
  if (!isThere) return null
  return {
    letGoOn: async () => {
      gate.open()
      await step
    },
  }
}

function heldFetch({ call, when }: Extract<Place, { call: string }>, stop: () => Promise<void>) {
  return async (request: Request): Promise<Response> => {
    if (!request.url.includes(call)) return world.edges.fetch(request)
    if (when === 'before') await stop()
    const answer = await world.edges.fetch(request)
    if (when === 'after') await stop()
    return when === 'amid' ? heldBody(answer, stop) : answer
  }
}

/** Some of the body comes, and the rest when the step is let go. */
function heldBody(answer: Response, stop: () => Promise<void>): Response {
  let chunks = 0
  const held = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      chunks += 1
      if (chunks === 2) await stop()
      controller.enqueue(chunk)
    },
  })
  return new Response(answer.body?.pipeThrough(held).pipeThrough(new IdentityTransformStream()), answer)
}

function heldDatabase(
  { commit, when }: Extract<Place, { commit: number }>,
  stop: () => Promise<void>,
): D1Database {
  let commits = 0
  const batch = async (statements: D1PreparedStatement[]) => {
    commits += 1
    const isHere = commits === commit
    if (isHere && when === 'before') await stop()
    const results = await env.DB.batch(statements)
    if (isHere && when === 'after') await stop()
    return results
  }
  return new Proxy(env.DB, {
    get(database, name) {
      if (name === 'batch') return batch
      const value = Reflect.get(database, name)
      return typeof value === 'function' ? value.bind(database) : value
    },
  })
}
