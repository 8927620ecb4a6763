/**
 * The limits of the Free plan for one invocation: 50 calls to D1 (a batch is one call), and 50 subrequests, which are
 * fetches and calls to R2 and Queues. The local runtime has neither.
 */
import { emulateDatabase } from './database.ts'

type Fetch = (request: Request) => Promise<Response>

type Bindings = Pick<Env, 'DB' | 'BUCKET' | 'JOBS' | 'RESULTS' | 'DELIVERIES'>

const maxPerInvocation = 50
export const queriesExceeded = 'Too many API requests by single Worker invocation.'
export const subrequestsExceeded = 'Too many subrequests by single Worker invocation.'

/** The bindings and the fetch of one invocation. */
export function onFreePlan<E extends Bindings>(env: E, fetch: Fetch): { env: E; fetch: Fetch } {
  const query = counter(queriesExceeded)
  const subrequest = counter(subrequestsExceeded)
  const counted = <T extends object>(binding: T): T =>
    new Proxy(binding, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...values: unknown[]) => {
          subrequest()
          return Reflect.apply(value, target, values)
        }
      },
    })
  return {
    env: {
      ...env,
      DB: emulateDatabase(env.DB, { admit: query }).binding,
      BUCKET: counted(env.BUCKET),
      JOBS: counted(env.JOBS),
      RESULTS: counted(env.RESULTS),
      DELIVERIES: counted(env.DELIVERIES),
    },
    fetch: async (request) => {
      subrequest()
      return fetch(request)
    },
  }
}

function counter(message: string): () => void {
  let count = 0
  return () => {
    count += 1
    if (count > maxPerInvocation) throw new Error(message)
  }
}
