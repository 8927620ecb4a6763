/** Sends a call to the Worker, whose queues are down: accepted jobs do not run. */
import { env } from 'cloudflare:workers'
import { deadQueue } from '../support/runtime.ts'
import worker from '../support/worker.ts'
import { publicBaseUrl } from '../support/world.ts'
import type { Call } from './calls.ts'
import type { Outcome } from './laws.ts'
import type { Restorer } from './restore.ts'

let isWriting = false

/** Notices the statements that may write, so that nothing is looked for after the others. */
const database = new Proxy(env.DB, {
  get(db, name) {
    if (name !== 'prepare') {
      const value = Reflect.get(db, name)
      return typeof value === 'function' ? value.bind(db) : value
    }
    return (sql: string) => {
      if (!/^\s*select\b/i.test(sql)) isWriting = true
      return db.prepare(sql)
    }
  },
})

// One object for all requests: the Worker reads the settings once for each.
const unlimited = { limit: async () => ({ success: true }) }
const bindings = {
  ...env,
  DB: database,
  JOBS: deadQueue,
  RESULTS: deadQueue,
  DELIVERIES: deadQueue,
  RECEIVER_TESTS: unlimited,
}
const invocation = {
  waitUntil: () => undefined,
  passThroughOnException: () => undefined,
  props: {},
} as unknown as ExecutionContext

export async function send(call: Call, restorer: Restorer): Promise<Outcome> {
  const { method, path, headers, body } = call
  const request = new Request(`${publicBaseUrl}${path}`, { method, headers, body })
  // No content type is another request than the one that `Request` adds for a text.
  if (!headers.some(([name]) => name === 'content-type')) request.headers.delete('content-type')
  isWriting = false
  const response = await worker.fetch?.(request as never, bindings, invocation)
  if (response === undefined) throw new Error('the Worker has no fetch')
  const contentType = response.headers.get('content-type') ?? ''
  const text = await textOf(response, contentType)
  return {
    status: response.status,
    contentType,
    text,
    errorPaths: contentType === 'application/problem+json' && text !== '' ? pathsIn(text) : [],
    writes: isWriting ? await restorer.takeWrites() : [],
  }
}

/** A stream of events has no end while its job has none. */
async function textOf(response: Response, contentType: string): Promise<string> {
  if (/json/.test(contentType)) return response.text()
  if (contentType.startsWith('text/event-stream')) await response.body?.cancel()
  else await response.arrayBuffer()
  return ''
}

function pathsIn(text: string): string[] {
  const { errors = [] }: { errors?: { path: string }[] } = JSON.parse(text)
  return errors.map(({ path }) => path.toWellFormed())
}

/** The request as a command. */
export function curlOf({ method, path, headers, body, breaks, key, twist }: Call): string {
  const lines = [
    `# ${key.name}; broken: ${JSON.stringify(breaks)}; twist: ${twist}`,
    `curl -X ${method} '${publicBaseUrl}${path}'`,
    ...headers.map(([name, value]) => `  -H '${name}: ${name === 'authorization' ? '…' : value}'`),
    ...(body === null
      ? []
      : [`  --data-binary '${shorten(typeof body === 'string' ? body : `${body.length} bytes`)}'`]),
  ]
  return lines.join(' \\\n')
}

function shorten(text: string): string {
  return text.length <= 2_000 ? text : `${text.slice(0, 1_000)}… (${text.length} characters)`
}
