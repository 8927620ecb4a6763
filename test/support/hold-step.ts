/** Pauses a step of a job at one point until the test resumes it. */
import { env } from 'cloudflare:workers'
import type { Context } from '../../src/context.ts'
import { advance } from '../../src/engine/advance.ts'
import { aContext, aGate } from './runtime.ts'
import { world } from './world.ts'

/** A request of the step, or one of its commits to D1, counted from 1. The first commit is the claim. */
export type PausePoint =
  | { call: string; when: 'before' | 'after' | 'during' }
  | { commit: number; when: 'before' | 'after' }

export interface PausedStep {
  resume: () => Promise<void>
}

type Work = (context: Context) => Promise<void>

/** Advances the job until it reaches the point. */
export async function pauseStep(jobId: string, place: PausePoint): Promise<PausedStep> {
  return pauseWork(place, (context) => advance(context, jobId))
}

export async function pauseWork(place: PausePoint, work: Work): Promise<PausedStep> {
  const paused = await tryPause(place, work)
  if (paused === null) throw new Error(`the step never reached ${JSON.stringify(place)}`)
  return paused
}

/** Null: the work ended without reaching the point. */
export async function tryPause(
  place: PausePoint,
  work: Work,
  bindings: Partial<Env> = {},
): Promise<PausedStep | null> {
  const gate = aGate()
  const reached = aGate()
  const stop = async () => {
    reached.open()
    await gate.wait
  }
  const context =
    'call' in place
      ? aContext({ fetch: pausingFetch(place, stop) }, bindings)
      : aContext({}, { ...bindings, DB: pausingDatabase(place, stop) })
  const step = work(context)
  const isPaused = await Promise.race([reached.wait.then(() => true), step.then(() => false)])
  if (!isPaused) return null
  // Stands for a crash if it is never resumed: its own time limits may still end it, after its test and unheard.
  step.catch(() => undefined)
  return {
    resume: async () => {
      gate.open()
      await step
    },
  }
}

function pausingFetch({ call, when }: Extract<PausePoint, { call: string }>, stop: () => Promise<void>) {
  return async (request: Request): Promise<Response> => {
    if (!request.url.includes(call)) return world.edges.fetch(request)
    if (when === 'before') await stop()
    const response = await world.edges.fetch(request)
    if (when === 'after') await stop()
    return when === 'during' ? pausingBody(response, stop) : response
  }
}

/** Sends a part of the body, and the rest when the step is resumed. */
function pausingBody(response: Response, stop: () => Promise<void>): Response {
  let chunks = 0
  const pausing = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      chunks += 1
      if (chunks === 2) await stop()
      controller.enqueue(chunk)
    },
  })
  return new Response(
    response.body?.pipeThrough(pausing).pipeThrough(new IdentityTransformStream()),
    response,
  )
}

function pausingDatabase(
  { commit, when }: Extract<PausePoint, { commit: number }>,
  stop: () => Promise<void>,
): D1Database {
  let commits = 0
  const batch = async (statements: D1PreparedStatement[]) => {
    commits += 1
    const isPoint = commits === commit
    if (isPoint && when === 'before') await stop()
    const results = await env.DB.batch(statements)
    if (isPoint && when === 'after') await stop()
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
