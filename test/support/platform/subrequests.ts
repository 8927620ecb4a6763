/**
 * The limits of the Paid plan for one invocation: 1,000 calls to D1 (a batch is one call), and 10,000 subrequests, which are
 * fetches and calls to R2 and Queues. The local runtime has neither. `free-plan.ts` has the limits of the Free plan.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Edges } from '../../../src/context.ts'

const maxQueries = 1_000
const maxSubrequests = 10_000

interface Counts {
  queries: number
  subrequests: number
}

/** The invocation that a call belongs to. A call outside of any is not counted. */
const invocations = new AsyncLocalStorage<Counts>()

/** For `admit` of the emulated database. */
export function countQuery(): void {
  const counts = invocations.getStore()
  if (counts !== undefined && ++counts.queries > maxQueries) {
    throw new Error('Too many API requests by single Worker invocation.')
  }
}

function countSubrequest(): void {
  const counts = invocations.getStore()
  if (counts !== undefined && ++counts.subrequests > maxSubrequests) {
    throw new Error('Too many subrequests by single Worker invocation.')
  }
}

/** The Worker with these limits for each call of its handlers. */
export function limitSubrequests(
  edges: Edges,
  create: (edges: Edges) => ExportedHandler<Env>,
): ExportedHandler<Env> {
  const { fetch, queue, scheduled } = create({
    ...edges,
    fetch(request) {
      countSubrequest()
      return edges.fetch(request)
    },
  })
  const invoke = <T>(handle: () => T): T => invocations.run({ queries: 0, subrequests: 0 }, handle)
  return {
    ...(fetch && { fetch: (request, env, context) => invoke(() => fetch(request, env, context)) }),
    ...(queue && { queue: (batch, env, context) => invoke(() => queue(batch, env, context)) }),
    ...(scheduled && {
      scheduled: (controller, env, context) => invoke(() => scheduled(controller, env, context)),
    }),
  }
}

/** The bindings whose calls count. */
export function countedBindings<E extends Pick<Env, 'BUCKET' | 'JOBS' | 'RESULTS' | 'DELIVERIES'>>(
  env: E,
): E {
  return {
    ...env,
    BUCKET: counted(env.BUCKET),
    JOBS: counted(env.JOBS),
    RESULTS: counted(env.RESULTS),
    DELIVERIES: counted(env.DELIVERIES),
  }
}

function counted<T extends object>(binding: T): T {
  return new Proxy(binding, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        countSubrequest()
        return Reflect.apply(value, target, args)
      }
    },
  })
}
