/** The options with which the local runtime runs the queue consumers of wrangler.toml as Cloudflare does. */
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from 'wrangler'
import { z } from 'zod'
import type { Consumers } from '../runtime/consumers.ts'

interface WranglerConfig {
  queues: {
    producers?: { queue: string; binding: string }[]
    consumers?: { queue: string; max_batch_size?: number; max_concurrency?: number | null }[]
  }
}

// Cloudflare's default, and its limit for a batch.
const defaultConcurrency = 250
const maxMessages = 100

export function parallelConsumers(wranglerToml: string) {
  const { queues }: WranglerConfig = unstable_readConfig({ config: wranglerToml })
  const { workerOptions } = unstable_getMiniflareWorkerOptions(wranglerToml)
  const consumers: Consumers = {}
  for (const { queue, max_batch_size: messages = 10, max_concurrency } of queues.consumers ?? []) {
    const producer = queues.producers?.find((one) => one.queue === queue)?.binding ?? null
    consumers[queue] = { messages, invocations: max_concurrency ?? defaultConcurrency, producer }
  }
  return {
    // Without it the runtime waits for the slow messages of a batch.
    compatibilityFlags: ['queue_consumer_no_wait_for_wait_until'],
    bindings: { CONSUMERS: JSON.stringify(consumers) },
    queueConsumers: Object.fromEntries(
      Object.entries(optionsSchema.parse(workerOptions.queueConsumers)).map(([queue, options]) => {
        const { messages = 1, invocations = 1 } = consumers[queue] ?? {}
        return [queue, { ...options, maxBatchSize: Math.min(messages * invocations, maxMessages) }]
      }),
    ),
  }
}

const optionsSchema = z.record(z.string(), z.looseObject({}))
