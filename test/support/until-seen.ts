/**
 * Waits for what the Worker does in its queues. A look at a job costs much more than the wait for it, so it is repeated when
 * a batch of messages has been processed; and now and then, for what happens without messages.
 */
import { vi } from 'vitest'
import { processed } from './worker.ts'

const timeout = 60_000
const interval = 5

/** Repeats the look until it does not throw, and returns what it has seen. */
export async function untilSeen<T>(look: () => Promise<T>, everyMs = 250): Promise<T> {
  let last: { error: unknown; batches: number; waits: number } | null = null
  return vi.waitFor(
    async () => {
      if (last !== null && last.batches === processed.batches && last.waits < everyMs / interval) {
        last.waits += 1
        throw last.error
      }
      const { batches } = processed
      try {
        return await look()
      } catch (error) {
        last = { error, batches, waits: 0 }
        throw error
      }
    },
    { timeout, interval },
  )
}
