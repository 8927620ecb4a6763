/** The control channel to the running Worker. A call that fails because the Worker was killed goes to the next life. */
import { createHash } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Storage } from './storage.ts'

export interface WorkerState {
  /** Invocations in progress. */
  running: number
  /** Messages on the queues. */
  waiting: number
  /** Jobs and deliveries that are due now. */
  overdue: number
  /** Jobs and deliveries that have a due time. */
  unsettled: number
  nextDueAt: number | null
  /** The ids of the jobs that a provider has. */
  generating: string[]
}

export interface Channel {
  storage: Storage
  /** Null: no Worker is running. */
  state: () => Promise<WorkerState | null>
  /** A life that starts later gets the offset from its settings. */
  setClock: (offsetMs: number) => Promise<void>
  /** Puts malformed messages on the job queue. */
  poison: () => Promise<void>
}

const timeoutMs = 60_000
const retryAfterMs = 50
const interrupted = Symbol('interrupted')

export function openChannel(url: string): Channel {
  const call = async <T>(
    path: string,
    read: (response: Response) => Promise<T>,
    body?: string,
  ): Promise<T> => {
    const giveUpAt = Date.now() + timeoutMs
    for (;;) {
      const result = await callOnce(`${url}/chaos/${path}`, read, body)
      if (result !== interrupted) return result
      if (Date.now() > giveUpAt) throw new Error(`No Worker responds to ${path}.`)
      await wait(retryAfterMs)
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
    async setClock(offsetMs) {
      const body = String(offsetMs)
      await fetch(`${url}/chaos/clock`, { method: 'POST', body }).catch(() => null)
    },
    poison: () => call('poison', async () => undefined, ''),
  }
}

async function callOnce<T>(
  url: string,
  read: (response: Response) => Promise<T>,
  body: string | undefined,
): Promise<T | typeof interrupted> {
  const init = body === undefined ? {} : { method: 'POST', body }
  const response = await fetch(url, init).catch(() => null)
  if (response === null || !(response.ok || response.status === 404)) return interrupted
  return read(response).catch(() => interrupted)
}

export async function hashOf(stream: AsyncIterable<Uint8Array> | Uint8Array[]): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}
