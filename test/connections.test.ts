/** The connections of an invocation: who waits, when timers start, and what a call without a connection means. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createConnections, createPlaces, NotSentError, timeoutOf } from '../src/connections.ts'
import { aGate } from './support/runtime.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
})

const url = 'https://host.test/'
const noTimers = () => undefined

/** Connections to a host that responds when the test says so. */
function aSlowHost() {
  const gates: ReturnType<typeof aGate>[] = []
  const connections = createConnections(async () => {
    const gate = aGate()
    gates.push(gate)
    await gate.wait
    return new Response('late')
  })
  return { ...connections, gates }
}

/** Lets everything run that does not wait for a timer or a gate. */
async function turn(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
}

describe('the calls of an invocation', () => {
  it('are made four at a time, in their order', async () => {
    const { fetch, gates } = aSlowHost()
    const ended: number[] = []
    const calls = Array.from({ length: 6 }, async (_, n) => {
      await fetch(new Request(url), noTimers)
      ended.push(n)
    })
    await turn()
    expect(gates).toHaveLength(4)
    gates[2]?.open()
    await turn()
    expect(gates).toHaveLength(5)
    for (let n = 0; n < 6; n++) {
      gates[n]?.open()
      await turn()
    }
    await Promise.all(calls)
    expect(ended).toEqual([2, 0, 1, 3, 4, 5])
  })

  it('give their place back when they fail', async () => {
    const { fetch } = createConnections(() => Promise.reject(new TypeError('refused')))
    for (let n = 0; n < 10; n++) {
      await expect(fetch(new Request(url), noTimers)).rejects.toThrow('refused')
    }
  })

  it('start their timers when they have a place', async () => {
    const { fetch, gates } = aSlowHost()
    const startTimers = vi.fn(noTimers)
    const calls = Array.from({ length: 5 }, () => fetch(new Request(url), startTimers))
    await turn()
    expect(startTimers).toHaveBeenCalledTimes(4)
    gates[0]?.open()
    await turn()
    expect(startTimers).toHaveBeenCalledTimes(5)
    for (const gate of gates) gate.open()
    await Promise.all(calls)
  })

  it('are aborted by the timeout that started with them', async () => {
    const time = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(time.signal)
    const { fetch } = createConnections(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const { signal, start } = timeoutOf(15_000)
    expect(timeout).not.toHaveBeenCalled()
    const call = fetch(new Request(url, { signal }), start)
    await turn()
    expect(timeout).toHaveBeenCalledExactlyOnceWith(15_000)
    timeout.mockRestore()
    time.abort(new Error('time is up'))
    await expect(call).rejects.toThrow('time is up')
  })

  it('are not sent if no place is free within five seconds, and start no timer', async () => {
    const { fetch, gates } = aSlowHost()
    const calls = Array.from({ length: 4 }, () => fetch(new Request(url), noTimers))
    const startTimers = vi.fn(noTimers)
    const fifth = fetch(new Request(url), startTimers).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await fifth).toBeInstanceOf(NotSentError)
    expect(startTimers).not.toHaveBeenCalled()
    for (const gate of gates) gate.open()
    await Promise.all(calls)
    // The place that it did not get is still there for others.
    const later = fetch(new Request(url), noTimers)
    await turn()
    gates.at(-1)?.open()
    expect((await later).status).toBe(200)
  })
})

describe('a call to R2', () => {
  it('waits for a place, however long, and a put keeps its own for the whole copy', async () => {
    const { fetch, limit, gates } = aSlowHost()
    const bucket = limit(env.BUCKET)
    const calls = Array.from({ length: 3 }, () => fetch(new Request(url), noTimers))
    const body = new FixedLengthStream(4)
    const writer = body.writable.getWriter()
    const put = bucket.put('connections/slow', body.readable)
    await writer.write(new Uint8Array(2))
    const head = bucket.head('connections/slow')
    let isDone = false
    const done = () => {
      isDone = true
    }
    head.then(done, done)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(isDone).toBe(false)
    await writer.write(new Uint8Array(2))
    await writer.close()
    await put
    expect((await head)?.size).toBe(4)
    for (const gate of gates) gate.open()
    await Promise.all(calls)
  })

  it('has the results of the bucket itself, multipart uploads included', async () => {
    const bucket = aSlowHost().limit(env.BUCKET)
    const upload = await bucket.createMultipartUpload('connections/parts')
    expect(upload.key).toBe('connections/parts')
    const part = await upload.uploadPart(1, new Uint8Array(10))
    await upload.complete([part])
    const object = await bucket.get('connections/parts')
    expect(await object?.bytes()).toHaveLength(10)
    const { objects } = await bucket.list({ prefix: 'connections/parts' })
    expect(objects.map(({ key }) => key)).toEqual(['connections/parts'])
    await bucket.delete('connections/parts')
    expect(await bucket.head('connections/parts')).toBeNull()
  })

  it.each(['uploadPart', 'complete', 'abort'] as const)(
    'of a multipart upload waits too: %s',
    async (name) => {
      const { fetch, limit, gates } = aSlowHost()
      const upload = await limit(env.BUCKET).createMultipartUpload('connections/waiting')
      const calls = Array.from({ length: 4 }, () => fetch(new Request(url), noTimers))
      await turn()
      const call = {
        uploadPart: () => upload.uploadPart(1, new Uint8Array(1)),
        complete: () => upload.complete([]),
        abort: () => upload.abort(),
      }
      let isDone = false
      const done = () => {
        isDone = true
      }
      const waiting = call[name]().then(done, done)
      await vi.advanceTimersByTimeAsync(60_000)
      expect(isDone).toBe(false)
      for (const gate of gates) gate.open()
      await Promise.all([...calls, waiting])
      expect(isDone).toBe(true)
    },
  )
})

it('a place passes to the work that waits longest', async () => {
  const places = createPlaces(1)
  const order: string[] = []
  const work = (name: string) => places.hold(async () => void order.push(name))
  await Promise.all([work('first'), work('second'), work('third')])
  await work('fourth')
  expect(order).toEqual(['first', 'second', 'third', 'fourth'])
})
