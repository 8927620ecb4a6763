/** Where a life of the Worker reports what it has come to: a fault that happened, a point that it reached. */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Reports {
  fault: (says: string) => void
  /** It is to be killed now. */
  die: (point: string) => Promise<void>
  /** Answered when the lease of the step that reports has run out and another has the row. */
  outlive: (point: string) => Promise<void>
}

export async function openHarnessServer(reports: Reports) {
  const server = createServer(async (request, response) => {
    const what = await text(request)
    if (request.url === '/fault') reports.fault(what)
    if (request.url === '/die') await reports.die(what)
    if (request.url === '/outlive') await reports.outlive(what)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the harness listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
