/**
 * Minutes of waiting in a moment. The timers, the time limits of AbortSignal and the clock of the world advance together,
 * and only while no call to D1 is under way: the machine's speed decides nothing.
 */
import { createExecutionContext, createMessageBatch } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import { deadQueue } from './runtime.ts'
import worker from './worker.ts'
import { world } from './world.ts'

const stepMs = 500

/** Runs the work to its end. It must use the database that it is given. Returns how much time has passed. */
export async function inQuickTime(work: (database: D1Database) => Promise<unknown>): Promise<number> {
  const calls = { running: 0 }
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation(quickTimeout)
  try {
    const state = { isOver: false }
    const over = () => {
      state.isOver = true
    }
    const working = work(watched(env.DB, calls))
    working.then(over, over)
    let passedMs = 0
    for (;;) {
      await untilIdle(calls, state)
      if (state.isOver) break
      await world.advance(stepMs)
      await vi.advanceTimersByTimeAsync(stepMs)
      passedMs += stepMs
    }
    await working
    return passedMs
  } finally {
    timeout.mockRestore()
    vi.useRealTimers()
  }
}

/** Processes these messages as one batch in one invocation. It wakes nothing else up. */
export function processQuickly(
  queue: 'reelhook-jobs' | 'reelhook-deliveries',
  bodies: ({ job: string } | { delivery: string })[],
): Promise<number> {
  const messages = bodies.map((body, n) => ({ id: `${n}`, timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch(queue, messages)
  return inQuickTime(async (DB) => {
    const bindings = { ...env, DB, JOBS: deadQueue, DELIVERIES: deadQueue }
    await worker.queue?.(batch, bindings, createExecutionContext())
  })
}

/** Resolves after this time, and rejects when the request is aborted before. */
export async function sleep(ms: number, { signal }: Request): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}

function quickTimeout(ms: number): AbortSignal {
  const controller = new AbortController()
  const timeUp = () => controller.abort(new DOMException('The operation timed out', 'TimeoutError'))
  setTimeout(timeUp, ms)
  return controller.signal
}

/** No call to D1 for several turns in a row: everything waits for a timer. */
async function untilIdle(calls: { running: number }, state: { isOver: boolean }): Promise<void> {
  for (let turns = 0; turns < 5 && !state.isOver; turns = calls.running === 0 ? turns + 1 : 0) {
    await scheduler.wait(1)
  }
}

function watched(database: D1Database, calls: { running: number }): D1Database {
  const count = async <T>(call: () => Promise<T>): Promise<T> => {
    calls.running += 1
    try {
      return await call()
    } finally {
      calls.running -= 1
    }
  }
  const watchedStatement = (prepared: D1PreparedStatement): D1PreparedStatement => {
    const { bind, all, raw, run, first } = prepared
    const counted = (execute: (...options: never[]) => Promise<unknown>) => {
      return (...options: never[]) => count(() => execute.apply(prepared, options))
    }
    return Object.assign(prepared, {
      bind: (...values: unknown[]) => watchedStatement(bind.apply(prepared, values)),
      all: counted(all),
      raw: counted(raw),
      run: counted(run),
      first: counted(first),
    })
  }
  return new Proxy(database, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => watchedStatement(target.prepare(sql))
      if (name === 'batch') return (batch: D1PreparedStatement[]) => count(() => target.batch(batch))
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
