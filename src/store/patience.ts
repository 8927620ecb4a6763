/**
 * Patience with D1. A call is repeated while D1 is in trouble, and fails when its time is over. D1 itself repeats only
 * statements that read (developers.cloudflare.com/d1/best-practices/retry-queries).
 *
 * So every call may run twice: D1 may have executed it and lost the answer, or may execute it after the time limit. Every
 * write in this folder must be safe to repeat:
 * - A commit begins with `abortUnlessLeased`. If the first run released the lease, the repeat finds it lost and writes
 *   nothing: the step ends without its wake-ups, and the sweep sends them. If the first run kept the lease, the repeat
 *   writes the same rows again, by the same keys.
 * - A claim writes only a row that no step holds, and then reads the row by its own lease. A repeat reads the same claim.
 * - An INSERT has an id of its own, and a conflict with that id is the row itself.
 * - An UPDATE sets values that do not depend on the old ones, or is guarded by them.
 */
import { isDatabaseTrouble } from './database.ts'

export interface Patience {
  /** How long one call may take, with its repeats. */
  limitMs: number
  /** The waits before the repeats, each shortened by up to a half at random. */
  waitsMs: readonly number[]
}

/**
 * While a caller waits for the response: clients and proxies give up after 15 to 30 seconds, and a 503 that names the next
 * step is worth more than no response. The longest stalls of D1 that were reported took 25 seconds.
 */
export const requestPatience: Patience = { limitMs: 10_000, waitsMs: [100, 500, 2_000] }

/**
 * In queue and cron invocations: the result of a billable call should survive a stall. It is half of a lease, so after the
 * slowest claim the step still has the other half.
 */
export const workPatience: Patience = { limitMs: 30_000, waitsMs: [100, 500, 2_000, 5_000, 10_000] }

interface Edges {
  /** A random number: 0 ≤ n < 1. */
  chance: () => number
  wait: (ms: number) => Promise<void>
}

/** The same database, with patience for each of its calls. */
export function patientDatabase(database: D1Database, edges: Edges, patience: Patience): D1Database {
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>()
  const patiently = <T>(call: () => Promise<T>) => withPatience(call, edges, patience)

  const patientStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const patient = new Proxy(statement, {
      get(_, name) {
        const method: unknown = Reflect.get(statement, name)
        if (typeof method !== 'function') return method
        if (name === 'bind') return (...values: unknown[]) => patientStatement(statement.bind(...values))
        return (...options: unknown[]) => patiently(async () => Reflect.apply(method, statement, options))
      },
    })
    originals.set(patient, statement)
    return patient
  }

  return new Proxy(database, {
    get(_, name) {
      if (name === 'prepare') return (query: string) => patientStatement(database.prepare(query))
      if (name !== 'batch') return Reflect.get(database, name)
      return (batch: D1PreparedStatement[]) => {
        const statements = batch.map((statement) => originals.get(statement) ?? statement)
        return patiently(() => database.batch(statements))
      }
    },
  })
}

async function withPatience<T>(
  call: () => Promise<T>,
  { chance, wait }: Edges,
  { limitMs, waitsMs }: Patience,
): Promise<T> {
  const { promise: outOfTime, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`D1_ERROR: no response within ${limitMs} ms`)), limitMs)
  try {
    for (const waitMs of waitsMs) {
      try {
        return await Promise.race([call(), outOfTime])
      } catch (error) {
        if (!isDatabaseTrouble(error)) throw error
        // Jitter, so that all the calls that failed together do not return together.
        await Promise.race([wait(waitMs * (1 - chance() / 2)), outOfTime])
      }
    }
    return await Promise.race([call(), outOfTime])
  } finally {
    clearTimeout(timer)
  }
}
