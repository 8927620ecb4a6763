/** Asks a part of the platform, for a limited time. */
import type { Context } from './context.ts'
import { describeError } from './log.ts'

const timeoutMs = 5_000

export type Probe<T> = { ok: true; value: T; ms: number } | { ok: false }

/** An error and a timeout count the same: the part does not respond. The log has the cause. */
export async function probe<T>(
  { now, log }: Pick<Context, 'now' | 'log'>,
  name: string,
  work: () => Promise<T>,
): Promise<Probe<T>> {
  const startedAt = now()
  try {
    const value = await inTime(work)
    return { ok: true, value, ms: now() - startedAt }
  } catch (error) {
    log('health_check.failed', { check: name, error: describeError(error) })
    return { ok: false }
  }
}

/** Throws after five seconds. The call to a binding cannot be aborted: it keeps its connection. */
export async function inTime<T>(work: () => Promise<T>): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no response within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([work(), timeout])
  } finally {
    clearTimeout(timer)
  }
}
