/**
 * Cloudflare's limit on the connections of an invocation: six calls (fetch, R2, queues) may wait for their response
 * headers, and the seventh waits until one of them has its own. A timer that its caller has started runs on while it
 * waits. A put to R2 keeps its place for the whole copy, a get until the object's headers are there.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Edges } from '../../../src/context.ts'

const maxConnections = 6

/** The invocation that a call belongs to. A call outside of any is not limited. */
const invocations = new AsyncLocalStorage<Invocation>()

/** The Worker with this limit for each call of its handlers. */
export function limitConnections(
  edges: Edges,
  create: (edges: Edges) => ExportedHandler<Env>,
): ExportedHandler<Env> {
  const { fetch, queue, scheduled } = create({
    ...edges,
    fetch: (request) => connect(() => edges.fetch(request), request.signal),
  })
  const invoke = <T>(handle: () => T): T => invocations.run(createInvocation(), handle)
  return {
    ...(fetch && {
      fetch: (request, env, context) => invoke(() => fetch(request, limitedEnv(env), context)),
    }),
    ...(queue && { queue: (batch, env, context) => invoke(() => queue(batch, limitedEnv(env), context)) }),
    ...(scheduled && {
      scheduled: (controller, env, context) => invoke(() => scheduled(controller, limitedEnv(env), context)),
    }),
  }
}

interface Invocation {
  /** Makes the call when a connection is free. An abort ends the wait. */
  connect<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>
}

function createInvocation(): Invocation {
  let open = 0
  const waiting = new Set<() => void>()

  const turn = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => {
        waiting.delete(start)
        reject(signal?.reason)
      }
      const start = () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      waiting.add(start)
      signal?.addEventListener('abort', abort)
    })

  return {
    async connect(call, signal) {
      signal?.throwIfAborted()
      if (open < maxConnections) open += 1
      else await turn(signal)
      try {
        return await call()
      } finally {
        // The connection passes to the call that waits longest.
        const [next] = waiting
        if (next === undefined) open -= 1
        else {
          waiting.delete(next)
          next()
        }
      }
    },
  }
}

function connect<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return invocations.getStore()?.connect(call, signal) ?? call()
}

const limitedEnvs = new WeakMap<Env, Env>()

/** The same object for the same bindings, because the Worker remembers what it has read from them. */
function limitedEnv(env: Env): Env {
  const limited = limitedEnvs.get(env) ?? {
    ...env,
    BUCKET: limitCalls(env.BUCKET),
    JOBS: limitCalls(env.JOBS),
    RESULTS: limitCalls(env.RESULTS),
    DELIVERIES: limitCalls(env.DELIVERIES),
  }
  limitedEnvs.set(env, limited)
  return limited
}

function limitCalls<T extends object>(binding: T): T {
  return new Proxy(binding, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        const result = await connect(async () => value.apply(target, args))
        return name === 'createMultipartUpload' ? limitCalls(result) : result
      }
    },
  })
}
