/** The platform's limits as the tests emulate them (support/platform/). */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { limitConnections } from './support/platform/connections.ts'
import { aGate } from './support/runtime.ts'
import { world } from './support/world.ts'

const url = 'https://host.test/'

describe('an invocation with six calls that wait for their response headers', () => {
  it.each(['fetch', 'put', 'send'] as const)(
    'makes a seventh call wait, and aborts it by its timer: %s',
    async (name) => {
      const gate = aGate()
      const begun = { calls: 0 }
      const begin = async () => {
        begun.calls += 1
        await gate.wait
      }
      const edges = {
        ...world.edges,
        fetch: async () => {
          await begin()
          return new Response()
        },
      }
      const worker = limitConnections(edges, ({ fetch }) => ({
        async scheduled(_controller, { BUCKET, JOBS }) {
          const calls = {
            fetch: () => fetch(new Request(url)),
            put: () => BUCKET.put('key', 'value'),
            send: () => JOBS.send({}),
          }
          const six = Array.from({ length: 6 }, () => calls[name]())
          const controller = new AbortController()
          const seventh = fetch(new Request(url, { signal: controller.signal }))
          await scheduler.wait(1)
          expect(begun.calls).toBe(6)
          controller.abort(new Error('time is up'))
          await expect(seventh).rejects.toThrow('time is up')
          gate.open()
          await Promise.all(six)
          await fetch(new Request(url))
          expect(begun.calls).toBe(7)
        },
      }))
      const bindings = { ...env, BUCKET: { put: begin }, JOBS: { send: begin } }
      await worker.scheduled?.({} as never, bindings as never, {} as never)
      expect.assertions(3)
    },
  )
})
