/** Shared by the tests of packages: keys of their own, bills by a mark in the prompt, and a proxy that loses answers. */
import { afterAll, inject } from 'vitest'
import { z } from 'zod'
import { createClient } from '../../src/dev/local/client.ts'
import { listen } from '../support/listen.ts'

const { url, adminApiKey, simulatorUrl } = inject('deployment')

export { adminApiKey, url }

/** A prompt that no other test has. `directives` are those of the simulator. */
export function markedPrompt(directives = ''): string {
  return `A paper boat ${crypto.randomUUID()} ${directives === '' ? '' : `sim(${directives})`}`.trim()
}

/** The tasks that any provider accepted for this prompt: each is billed. */
export async function billsOf(prompt: string): Promise<unknown[]> {
  const bills = z.array(z.unknown()).parse(await (await fetch(`${simulatorUrl}/simulator/bills`)).json())
  const [mark = prompt] = /[\da-f-]{36}/.exec(prompt) ?? []
  return bills.filter((bill) => JSON.stringify(bill).includes(mark))
}

const keySchema = z.object({ id: z.string(), key: z.string(), callback_secret: z.string() })

export async function createKey(fields: Record<string, unknown> = {}) {
  return keySchema.parse(
    await createClient(url, adminApiKey).post('/v1/api-keys', { name: 'packages', ...fields }),
  )
}

/** What POST /v1/callbacks/test finds out about a receiver without TLS, which has the secret of the key. */
export async function receiverTest(
  { key, callback_secret: secret }: Awaited<ReturnType<typeof createKey>>,
  receiver: string,
): Promise<Record<string, string>> {
  const report = await createClient(url, key).post('/v1/callbacks/test', { url: receiver, secret })
  const { results } = reportSchema.parse(report)
  return Object.fromEntries(
    results.map(({ name, result, message }) => [name, result === 'passed' ? result : message]),
  )
}

const reportSchema = z.object({
  results: z.array(z.object({ name: z.string(), result: z.string(), message: z.string() })),
})

export const allPassed = {
  reachable: 'passed',
  accepts_valid: 'passed',
  refuses_forged: 'passed',
  refuses_stale: 'passed',
  accepts_duplicate: 'passed',
}

/** One request, as it was sent. */
export interface PassedRequest {
  method: string
  path: string
  headers: Headers
  /** Of the Worker's answer. Undefined: the connection to it broke. */
  status?: number
}

/**
 * A proxy in front of the Worker that loses answers: the Worker has done what the request asks, and its client learns nothing.
 * `isLost` is asked once for each request, in their order. It closes after the tests of the file.
 */
export async function startLossyProxy(isLost: (request: PassedRequest, n: number) => boolean) {
  const passed: PassedRequest[] = []
  const server = await listen(async (request, sever) => {
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    for (const name of ['host', 'connection', 'content-length']) headers.delete(name)
    const seen: PassedRequest = { method: request.method, path: pathname + search, headers }
    const isLosing = isLost(seen, passed.push(seen) - 1)
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const body = hasBody ? await request.arrayBuffer() : null
    const response = await fetch(url + seen.path, {
      method: request.method,
      headers,
      body,
      redirect: 'manual',
    })
    seen.status = response.status
    if (!isLosing) return passOn(response)
    await response.arrayBuffer()
    sever()
    return new Response()
  })
  proxies.push(server)
  return { url: server.url, passed }
}

const proxies: { close: () => Promise<unknown> }[] = []
afterAll(() => Promise.all(proxies.map(({ close }) => close())))

/** `fetch` has decoded the body. */
function passOn(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name)
  return new Response(response.body, { status: response.status, headers })
}
