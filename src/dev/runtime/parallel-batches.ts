/**
 * The local runtime runs one batch of a queue after the other, so one slow message would hold up all others. Cloudflare
 * runs up to `max_concurrency` batches at once. So the local runtime gets large batches, and each is run here as several
 * invocations of the size in wrangler.toml. `dev/local/parallel-consumers.ts` has the options for it.
 */
import { consumersSchema } from './consumers.ts'

type QueueHandler = ExportedHandlerQueueHandler<Env>

// A slower message is acknowledged while it still runs, so that the next batch may start. It is sent again if it fails.
const graceMs = 50
const checkEveryMs = 5

export function inParallel(handler: QueueHandler): QueueHandler {
  const running = new Map<string, number>()
  return async (batch, env, execution) => {
    const { queue } = batch
    const consumers = consumersSchema.parse(JSON.parse(Reflect.get(env, 'CONSUMERS')))
    const { messages: size = 1, invocations = 1, producer = null } = consumers[queue] ?? {}
    const resend: Queue | null = producer === null ? null : Reflect.get(env, producer)
    const held = batch.messages.map(holdMessage)

    const invoke = async (part: HeldMessage[]) => {
      running.set(queue, (running.get(queue) ?? 0) + 1)
      try {
        await handler(batchOf(batch, part), env, execution)
      } catch {
        for (const { message } of part) message.retry()
      } finally {
        running.set(queue, (running.get(queue) ?? 1) - 1)
      }
      for (const { late } of part) {
        const failed = late()
        if (failed !== null) await resend?.send(failed.body, failed.options)
      }
    }

    const work: Promise<void>[] = []
    for (let first = 0; first < held.length; first += size) {
      // A timer, because a promise of another invocation is no reason for the runtime to keep this one.
      while ((running.get(queue) ?? 0) >= invocations) await wait(checkEveryMs)
      work.push(invoke(held.slice(first, first + size)))
    }
    const rest = Promise.all(work)
    if (resend === null) await rest
    else await Promise.race([rest, wait(graceMs)])
    for (const one of held) one.report()
    execution.waitUntil(rest)
  }
}

interface HeldMessage {
  message: Message
  /** Reports the outcome to the queue. Without one yet, the message is acknowledged. */
  report: () => void
  /** The message, if it failed after its report. */
  late: () => { body: unknown; options: QueueRetryOptions } | null
}

function holdMessage(original: Message): HeldMessage {
  const { id, timestamp, body, attempts } = original
  let isReported = false
  let retry: QueueRetryOptions | null = null
  let failedLate: QueueRetryOptions | null = null
  return {
    message: {
      id,
      timestamp,
      body,
      attempts,
      ack: () => undefined,
      retry(options = {}) {
        if (isReported) failedLate = options
        else retry = options
      },
    },
    report() {
      isReported = true
      if (retry === null) original.ack()
      else original.retry(retry)
    },
    late: () => (failedLate === null ? null : { body, options: failedLate }),
  }
}

function batchOf(batch: MessageBatch, part: HeldMessage[]): MessageBatch {
  const messages = part.map(({ message }) => message)
  return {
    queue: batch.queue,
    metadata: batch.metadata,
    messages,
    ackAll: () => undefined,
    retryAll(options) {
      for (const message of messages) message.retry(options)
    },
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
