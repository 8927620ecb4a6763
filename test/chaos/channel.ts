/** The control channel to whichever life of the Worker is running: waits through a death, and asks the next one. */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Storage } from './storage.ts'

export interface State {
  /** Invocations under way. */
  running: number
  /** Messages that nobody has taken yet. */
  waiting: number
  /** Rows, of jobs and deliveries, that are due now. */
  overdue: number
  /** Rows that will ever be due. */
  unsettled: number
  nextDueAt: number | null
}

export interface Channel {
  storage: Storage
  /** Null: no life is running that would answer. */
  state: () => Promise<State | null>
  /** A life that is not running yet learns it when it begins. */
  turnClock: (offsetMs: number) => Promise<void>
  poison: () => Promise<void>
}

const patienceMs = 60_000
const againAfterMs = 50
// What breaks off with its life is asked for again.
const brokenOff = Symbol('broken off')

export function openChannel(url: string): Channel {
  const call = async <T>(
    path: string,
    read: (response: Response) => Promise<T>,
    body?: string,
  ): Promise<T> => {
    const init = body === undefined ? {} : { method: 'POST', body }
    const giveUpAt = Date.now() + patienceMs
    for (;;) {
      const response = await fetch(`${url}/chaos/${path}`, init).catch(() => null)
      const isAnswer = response?.ok || response?.status === 404
      const answer: T | typeof brokenOff = isAnswer ? await read(response).catch(() => brokenOff) : brokenOff
      if (answer !== brokenOff) return answer
      if (Date.now() > giveUpAt) throw new Error(`no life of the Worker answers to ${path}`)
      await wait(againAfterMs)
    }
  }
  return {
    storage: {
      select: (sql, ...values) =>
        call('select', (response) => response.json(), JSON.stringify({ sql, values })),
      objectKeys: () => call('objects', (response) => response.json()),
      objectHash: (key) =>
        call(`object?${new URLSearchParams({ key })}`, async (response) =>
          response.status === 404 ? null : hashOf(response.body ?? []),
        ),
    },
    async state() {
      const response = await fetch(`${url}/chaos/state`).catch(() => null)
      return response?.ok ? response.json().catch(() => null) : null
    },
    async turnClock(offsetMs) {
      const body = String(offsetMs)
      await fetch(`${url}/chaos/clock`, { method: 'POST', body }).catch(() => null)
    },
    poison: () => call('poison', async () => undefined, ''),
  }
}

export async function hashOf(stream: AsyncIterable<Uint8Array> | Uint8Array[]): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}
