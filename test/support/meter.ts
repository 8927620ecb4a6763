/**
 * A metered Worker: it counts the units that Cloudflare bills (D1 rows written and read, queue messages), and the calls to
 * D1. The test runs its queues and its sweep, so that no work escapes the meter.
 */
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { fetchWith } from './runtime.ts'
import worker from './worker.ts'
import { world } from './world.ts'

export interface MeteredWorker {
  /** The metered replacements of the runtime's bindings. */
  bindings: Partial<Env>
  fetch: (request: Request) => Promise<Response>
  /** Consumes every due message, and the messages that follow from it. */
  drain: () => Promise<void>
  /** Advances the clock second by second: consumes messages when they are due, and sweeps every minute. */
  passSeconds: (seconds: number) => Promise<void>
  sweep: () => Promise<void>
  bill: () => Bill
}

export interface Bill {
  rowsWritten: number
  rowsRead: number
  /** Calls to D1: a single statement, or a batch. */
  roundTrips: number
  messages: number
}

interface Sent {
  queue: string
  body: unknown
  /** When its delay ends. */
  dueAt: number
  /** How often it has failed. */
  failures: number
}

const { now } = world.edges
const sweepEverySeconds = 60
const maxRetries = 5

/** `settings` replace the settings of the tests. With a `database` that fails, messages may fail too, and are retried. */
export function createMeteredWorker(settings: Partial<Env> = {}, database = env.DB): MeteredWorker {
  const bill: Bill = { rowsWritten: 0, rowsRead: 0, roundTrips: 0, messages: 0 }
  let waiting: Sent[] = []
  let secondsPassed = 0

  const count = <T extends D1Result>(result: T): T => {
    bill.rowsWritten += result.meta.rows_written
    bill.rowsRead += result.meta.rows_read
    return result
  }
  const call = <T>(run: () => Promise<T>): Promise<T> => {
    bill.roundTrips += 1
    return run()
  }
  const statements = new WeakMap<object, D1PreparedStatement>()
  const meteredStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const metered = {
      bind: (...values: unknown[]) => meteredStatement(statement.bind(...values)),
      run: async () => count(await call(() => statement.run())),
      all: async () => count(await call(() => statement.all())),
      // `raw` reports no cost, so `all` provides its rows.
      raw: async () =>
        count(await call(() => statement.all<Record<string, unknown>>())).results.map(Object.values),
    } as unknown as D1PreparedStatement
    statements.set(metered, statement)
    return metered
  }
  const DB = {
    prepare: (sql: string) => meteredStatement(database.prepare(sql)),
    batch: async (batch: D1PreparedStatement[]) =>
      (await call(() => database.batch(batch.map((metered) => statements.get(metered) ?? metered)))).map(
        count,
      ),
  } as unknown as D1Database

  const meteredQueue = (queue: string) => {
    const enqueue = (body: unknown, delaySeconds = 0) => {
      bill.messages += 1
      waiting.push({ queue, body, dueAt: now() + delaySeconds * 1_000, failures: 0 })
    }
    return {
      send: async (body: unknown, options?: QueueSendOptions) => enqueue(body, options?.delaySeconds),
      sendBatch: async (messages: Iterable<MessageSendRequest>) => {
        for (const { body, delaySeconds } of messages) enqueue(body, delaySeconds)
      },
    } as unknown as Queue
  }
  const bindings = {
    ...settings,
    DB,
    JOBS: meteredQueue('reelhook-jobs'),
    RESULTS: meteredQueue('reelhook-results'),
    DELIVERIES: meteredQueue('reelhook-deliveries'),
  }

  const bound = { ...env, ...bindings }

  const consume = async (sent: Sent) => {
    const { queue, body, failures } = sent
    const message = { id: crypto.randomUUID(), timestamp: new Date(), attempts: failures + 1, body }
    const batch = createMessageBatch(queue, [message])
    const context = createExecutionContext()
    await worker.queue?.(batch, bound, context)
    const { explicitAcks } = await getQueueResult(batch, context)
    if (explicitAcks.length === 1) return
    if (database === env.DB) throw new Error(`not acknowledged: ${JSON.stringify(body)}`)
    // As the queue does, with the settings in wrangler.toml. The result has no delay: it is the one in worker.ts.
    const dueAt = now() + Math.min(60, 2 ** (failures + 1)) * 1_000
    waiting.push(
      failures < maxRetries
        ? { ...sent, dueAt, failures: failures + 1 }
        : { ...sent, queue: 'reelhook-dead-letters', dueAt, failures: 0 },
    )
  }
  const drain = async () => {
    for (let due = takeDue(); due.length > 0; due = takeDue()) for (const sent of due) await consume(sent)
  }
  const takeDue = () => {
    const due = waiting.filter(({ dueAt }) => dueAt <= now())
    waiting = waiting.filter(({ dueAt }) => dueAt > now())
    return due
  }
  const sweep = async () => {
    const context = createExecutionContext()
    await worker.scheduled?.(createScheduledController(), bound, context)
    await waitOnExecutionContext(context)
  }

  return {
    bindings,
    fetch: (request) => fetchWith(bindings, request),
    drain,
    sweep,
    async passSeconds(seconds) {
      for (let passed = 0; passed < seconds; passed++) {
        await world.advance(1_000)
        secondsPassed += 1
        if (secondsPassed % sweepEverySeconds === 0) await sweep()
        await drain()
      }
    },
    bill: () => ({ ...bill }),
  }
}
