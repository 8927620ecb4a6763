/** The queue consumers of wrangler.toml. */
import { expect, it } from 'vitest'
import { parallelConsumers } from '../../../src/dev/local/parallel-consumers.ts'
import { consumersSchema } from '../../../src/dev/runtime/consumers.ts'

const { bindings, queueConsumers } = parallelConsumers('wrangler.toml')
const consumers = Object.values(consumersSchema.parse(JSON.parse(bindings.CONSUMERS)))

// A batch that writes takes the database about five milliseconds.
const msPerBatch = 5

it('all messages that run at once keep the database busy for less than a second', () => {
  const messages = consumers.reduce((sum, one) => sum + one.messages * one.invocations, 0)
  expect(messages * msPerBatch).toBeLessThan(1_000)
})

it('an invocation has at most four messages, because six of its calls may wait for a response', () => {
  expect(Math.max(...consumers.map(({ messages }) => messages))).toBeLessThanOrEqual(4)
})

it('the local runtime takes as many messages at once as Cloudflare runs', () => {
  expect(queueConsumers).toMatchObject({
    'reelhook-jobs': { maxBatchSize: 40, deadLetterQueue: 'reelhook-dead-letters' },
    'reelhook-results': { maxBatchSize: 80, deadLetterQueue: 'reelhook-dead-letters' },
    'reelhook-deliveries': { maxBatchSize: 40, deadLetterQueue: 'reelhook-dead-letters' },
  })
})
