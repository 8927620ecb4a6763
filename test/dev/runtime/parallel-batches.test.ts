/** The queue consumers of the local runtime, which run as on Cloudflare. */
import { expect, it } from 'vitest'
import { inParallel } from '../../../src/dev/runtime/parallel-batches.ts'

type Handler = Parameters<typeof inParallel>[0]

interface Reported {
  acknowledged: string[]
  retried: [id: string, delaySeconds: number | undefined][]
  resent: unknown[]
  /** The messages of each invocation. */
  invocations: string[][]
}

/** Runs one batch with two messages per invocation and at most three invocations at once. */
function run(count: number, handler: Handler) {
  const reported: Reported = { acknowledged: [], retried: [], resent: [], invocations: [] }
  const messages = Array.from({ length: count }, (_, n) => ({
    id: `${n}`,
    timestamp: new Date(),
    body: n,
    attempts: 1,
    ack: () => reported.acknowledged.push(`${n}`),
    retry: (options?: QueueRetryOptions) => reported.retried.push([`${n}`, options?.delaySeconds]),
  }))
  const env = {
    CONSUMERS: JSON.stringify({ results: { messages: 2, invocations: 3, producer: 'RESULTS' } }),
    RESULTS: { send: async (body: unknown) => reported.resent.push(body) },
  }
  const later: Promise<unknown>[] = []
  const consume = inParallel((batch, ...rest) => {
    reported.invocations.push(batch.messages.map(({ id }) => id))
    return handler(batch, ...rest)
  })
  const batch = {
    queue: 'results',
    metadata: {},
    messages,
    ackAll: () => undefined,
    retryAll: () => undefined,
  }
  const execution = { waitUntil: (work: Promise<unknown>) => later.push(work) }
  const returned = Promise.resolve(consume(batch as never, env as never, execution as never))
  const settled = async () => {
    await returned
    await Promise.all(later)
  }
  return { reported, returned, settled }
}

it('a large batch runs as several invocations of the configured size', async () => {
  const { reported, returned } = run(5, () => undefined)
  await returned
  expect(reported.invocations).toEqual([['0', '1'], ['2', '3'], ['4']])
  expect(reported.acknowledged).toEqual(['0', '1', '2', '3', '4'])
})

it('no more invocations run at once than configured', async () => {
  let running = 0
  let max = 0
  const { returned } = run(20, async () => {
    running += 1
    max = Math.max(max, running)
    await new Promise((resolve) => setImmediate(resolve))
    running -= 1
  })
  await returned
  expect(max).toBe(3)
})

it('only the messages that fail are retried, with their delay', async () => {
  const { reported, returned } = run(4, ({ messages }) => {
    for (const message of messages) message.id === '1' ? message.retry({ delaySeconds: 2 }) : message.ack()
  })
  await returned
  expect([reported.acknowledged, reported.retried]).toEqual([['0', '2', '3'], [['1', 2]]])
})

it('an invocation that throws has all its messages retried, and no others', async () => {
  const { reported, returned } = run(4, ({ messages }) => {
    if (messages[0]?.id === '2') throw new Error('not configured')
  })
  await returned
  expect([reported.acknowledged, reported.retried.map(([id]) => id)]).toEqual([
    ['0', '1'],
    ['2', '3'],
  ])
})

it('a slow message does not hold up the next batch, and is sent again if it fails', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { reported, returned, settled } = run(2, async ({ messages: [message] }) => {
    await promise
    message?.retry({ delaySeconds: 2 })
  })
  await returned
  expect(reported.acknowledged).toEqual(['0', '1'])
  resolve()
  await settled()
  expect([reported.resent, reported.retried]).toEqual([[0], []])
})
