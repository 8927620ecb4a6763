/**
 * Receives webhooks with Node alone. Node 22.18 and later run this file as it is:
 *
 *   REELHOOK_SECRET=whsec_… PORT=3000 node node-receiver.ts
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

const { REELHOOK_SECRET = '', PORT = '3000' } = process.env
const key = Buffer.from(REELHOOK_SECRET.replace('whsec_', ''), 'base64')
const toleranceSeconds = 300
const maxBytes = 1_000_000

/** In production this is a table with a unique index, written before the 204. */
const handled = new Set<string>()

const server = createServer((request, response) => {
  receive(request, response).catch((error) => response.destroy(error))
})
server.listen(Number(PORT), () => console.log('listening', server.address()))

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers } = request
  if (!(Number(headers['content-length']) <= maxBytes)) return void response.writeHead(413).end()
  const body = await buffer(request)
  if (!isSigned(headers, body)) return void response.writeHead(401).end()
  // Respond at once, work afterwards. A delivery that gets no 2xx within 15 seconds is sent again.
  response.writeHead(204).end()
  const id = String(headers['webhook-id'])
  if (handled.has(id)) return
  handled.add(id)
  const { type, data } = JSON.parse(body.toString())
  // Not every event is about a job: `callback.test` has a message only.
  console.log(type, data.id ?? data.message, data.outputs?.[0]?.url ?? data.fault?.message ?? '')
}

/** Standard Webhooks, `v1`: HMAC-SHA-256 of `id.timestamp.body`. The header has one signature per valid secret. */
function isSigned(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  const ageSeconds = Math.abs(Date.now() / 1_000 - Number(timestamp))
  if (!(ageSeconds <= toleranceSeconds)) return false
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  return String(signatures)
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected))
}
