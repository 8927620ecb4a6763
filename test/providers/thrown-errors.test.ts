/** The errors of failed calls in the Worker's runtime, over loopback. They do not show whether a request was sent. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const worker = `export default {
  async fetch(request) {
    try {
      await fetch(await request.text(), { method: 'POST', body: '{}' })
      return new Response('nothing was thrown')
    } catch (error) {
      return new Response(String(error))
    }
  }
}`

describe('workerd', () => {
  let runtime: Miniflare
  const received: string[] = []
  const resetting = createServer((socket) =>
    socket.once('data', (data) => {
      received.push(String(data))
      socket.resetAndDestroy()
    }),
  )
  const closed = createServer()

  beforeAll(async () => {
    runtime = new Miniflare(
      convertV4MiniflareOptions({
        name: 'caller',
        compatibilityDate: '2026-11-01',
        modules: [{ type: 'ESModule', path: 'index.js', contents: worker }],
      }),
    )
    await Promise.all([listen(resetting), listen(closed)])
  })

  afterAll(async () => {
    resetting.close()
    await runtime.dispose()
  })

  const thrownBy = async (server: Server) => {
    const { port } = server.address() as AddressInfo
    if (server === closed) await once(server.close(), 'close')
    const response = await fetch(await runtime.ready, { method: 'POST', body: `http://127.0.0.1:${port}/` })
    return response.text()
  }

  it('throws the same for a refused connection as for one that is reset after the request', async () => {
    const refused = await thrownBy(closed)
    expect(refused).toContain('Network connection lost')
    expect(await thrownBy(resetting)).toBe(refused)
    expect(received).toEqual([expect.stringMatching(/^POST \//)])
  })
})

async function listen(server: Server): Promise<void> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
}
