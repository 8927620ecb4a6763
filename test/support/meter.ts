/**
 * A Worker on a meter: counts what Cloudflare bills (D1 rows written and read, queue messages), and works its
 * queues off by hand, so that nothing is done outside the meter.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { fetchWith } from './runtime.ts'
import worker from './worker.ts'

export interface MeteredWorker {
  fetch: (request: Request) => Promise<Response>
  /** Works off every message that is not delayed, and those that they cause. */
  drain: () => Promise<void>
  bill: () => { rowsWritten: number; rowsRead: number; messages: number }
}

interface Sent {
  queue: string
  body: unknown
}

export function createMeteredWorker(): MeteredWorker {
  const bill = { rowsWritten: 0, rowsRead: 0, messages: 0 }
  const waiting: Sent[] = []

  const count = <T extends D1Result>(result: T): T => {
    bill.rowsWritten += result.meta.rows_written
    bill.rowsRead += result.meta.rows_read
    return result
  }
  const statements = new WeakMap<object, D1PreparedStatement>()
  const meteredStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const metered = {
      bind: (...values: unknown[]) => meteredStatement(statement.bind(...values)),
      run: async () => count(await statement.run()),
      all: async () => count(await statement.all()),
      // `raw` tells no cost, so it is answered from `all`.
      raw: async () => count(await statement.all<Record<string, unknown>>()).results.map(Object.values),
    } as unknown as D1PreparedStatement
    statements.set(metered, statement)
    return metered
  }
  const DB = {
    prepare: (sql: string) => meteredStatement(env.DB.prepare(sql)),
    batch: async (batch: D1PreparedStatement[]) =>
      (await env.DB.batch(batch.map((metered) => statements.get(metered) ?? metered))).map(count),
  } as unknown as D1Database

  const meteredQueue = (queue: string) =>
    ({
      send: async (body: unknown) => {
        bill.messages += 1
        waiting.push({ queue, body })
      },
      sendBatch: async (messages: Iterable<MessageSendRequest>) => {
        for (const { body, delaySeconds } of messages) {
          bill.messages += 1
          if ((delaySeconds ?? 0) === 0) waiting.push({ queue, body })
        }
      },
    }) as unknown as Queue
  const bindings = {
    DB,
    NUDGES: meteredQueue('reelhook-nudges'),
    DELIVERIES: meteredQueue('reelhook-deliveries'),
  }

  return {
    fetch: (request) => fetchWith(bindings, request),
    async drain() {
      for (let sent = waiting.shift(); sent !== undefined; sent = waiting.shift()) {
        const batch = createMessageBatch(sent.queue, [
          { id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body: sent.body },
        ])
        const context = createExecutionContext()
        await worker.queue?.(batch, { ...env, ...bindings }, context)
        const { explicitAcks } = await getQueueResult(batch, context)
        if (explicitAcks.length !== 1) throw new Error(`not worked off: ${JSON.stringify(sent.body)}`)
      }
    },
    bill: () => ({ ...bill }),
  }
}
