/**
 * The connections of one invocation. The platform lets six of its calls (fetch, R2, queues) wait for response headers at
 * once. The seventh waits, while the timers that its caller started run on. Here each call holds one of four places until
 * its response headers or its result are there, and its timers start when it has the place. So a wait on this side never
 * looks like a host that does not respond. D1 has connections of its own, and is not counted.
 *
 * A call must not wait for another call while it holds its place: if all places were held like that, none would ever be
 * free. Reading the body of a response needs no place.
 */

/** `startTimers` runs when the request holds its place: it starts the timers that abort the request by its signal. */
export type Fetch = (request: Request, startTimers: () => void) => Promise<Response>

/** A timeout that begins when it is started. A request gets the signal before, because a copy would detach its body. */
export function timeoutOf(ms: number): { signal: AbortSignal; start: () => void } {
  const controller = new AbortController()
  const start = () => {
    const timeout = AbortSignal.timeout(ms)
    const abort = () => controller.abort(timeout.reason)
    if (timeout.aborted) abort()
    else timeout.addEventListener('abort', abort)
  }
  return { signal: controller.signal, start }
}

/** No place was free in time, so the request was not sent. */
export class NotSentError extends Error {
  override name = 'NotSentError'
}

export interface Connections {
  fetch: Fetch
  /** The same binding. Each of its calls waits for a place, however long, because these calls have no timers. */
  limit<Binding extends object>(binding: Binding): Binding
}

/** Two of the platform's six remain free for what the runtime itself may open. */
const maxCalls = 4

/**
 * How long a request waits for a place. A step that buys a task makes at most two calls, with timeouts of 45 seconds in
 * all, and its lease of 60 seconds has to cover both waits too.
 */
const maxWaitMs = 5_000

export function createConnections(send: (request: Request) => Promise<Response>): Connections {
  const places = createPlaces(maxCalls)
  const limit = <Binding extends object>(binding: Binding): Binding =>
    new Proxy(binding, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const result = await places.hold(async () => value.apply(target, args))
          return name === 'createMultipartUpload' ? limit(result) : result
        }
      },
    })
  return {
    fetch(request, startTimers) {
      const sendInTime = () => {
        startTimers()
        return send(request)
      }
      return places.hold(sendInTime, { maxWaitMs })
    },
    limit,
  }
}

export interface Places {
  /** Runs the work when a place is free, in the order of the calls. Throws `NotSentError` after `maxWaitMs`. */
  hold<T>(work: () => Promise<T>, limits?: { maxWaitMs: number }): Promise<T>
}

export function createPlaces(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()

  const take = async (maxMs: number | undefined): Promise<void> => {
    if (free > 0) {
      free -= 1
      return
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    waiting.add(resolve)
    const giveUp = () => {
      waiting.delete(resolve)
      reject(new NotSentError('no connection was free in time'))
    }
    const timer = maxMs === undefined ? undefined : setTimeout(giveUp, maxMs)
    try {
      await promise
    } finally {
      clearTimeout(timer)
    }
  }

  const giveBack = () => {
    const [next] = waiting
    if (next === undefined) {
      free += 1
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    async hold(work, limits) {
      await take(limits?.maxWaitMs)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
