/** An HTTP server on this machine, for tests in plain Node. */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'

/** `sever` closes the connection, before the response or in the middle of it. */
type Respond = (request: Request, sever: () => void) => Promise<Response>

export async function listen(respond: Respond) {
  const server = createServer((incoming, outgoing) => {
    const answer = (request: Request) => respond(request, () => incoming.socket.destroy())
    void getRequestListener(answer, { overrideGlobalObjects: false })(incoming, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
