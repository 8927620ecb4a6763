/** Where the running Worker reports what happens to it: an injected fault, a reached point, a call it makes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

/** `index` is that of the job. */
export interface ReportedRequest {
  index: number
  kind: 'submitted' | 'not_submitted' | 'notified'
}

/** The download of an output. The Worker's call does not name the job. */
export interface ReportedDownload {
  outputId: string
  kind: 'downloading'
}

export interface Reports {
  /** Each name of a call comes once per life. */
  call: (name: string) => void
  fault: (name: string) => void
  /**
   * A submission, a callback or a download leaves the Worker, or the platform did not send the submission. The Worker gets the
   * response to the request when this returns.
   */
  request: (request: ReportedRequest | ReportedDownload) => Promise<void>
  /** The Worker waits at this point to be killed. */
  kill: (point: string) => Promise<void>
  /** The Worker continues after the response: when its lease has expired and another worker has the row. */
  outliveLease: (point: string) => Promise<void>
}

export async function openHarnessServer(reports: Reports) {
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    // Null: the Worker was killed while it reported.
    const report = await text(request).catch(() => null)
    if (report === null) return
    if (request.url === '/call') reports.call(report)
    if (request.url === '/fault') reports.fault(report)
    if (request.url === '/request') await reports.request(JSON.parse(report))
    if (request.url === '/kill') await reports.kill(report)
    if (request.url === '/outlive_lease') await reports.outliveLease(report)
    response.end()
  }
  const server = createServer((request, response) => void receive(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The harness server has no port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
