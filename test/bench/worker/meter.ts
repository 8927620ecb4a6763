/** Records every call that a Worker makes, and prints each as one line of its log. Only one job may run at a time. */
import type { BucketOperation, Call, RecordedCall, Statement } from '../floor-calls.ts'

const current = { unit: 0, entrance: '' }
let calls = 0

export function meter(handler: ExportedHandler<Env>): ExportedHandler<Env> {
  const environments = new WeakMap<Env, Env>()
  const metered = (env: Env) => {
    const known = environments.get(env) ?? meterBindings(env)
    environments.set(env, known)
    return known
  }
  const send = globalThis.fetch.bind(globalThis)
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const purpose = await purposeOf(request)
    const end = startCall()
    const response = await send(request, init)
    end({ to: 'host', purpose })
    return response
  }
  return {
    ...handler,
    async fetch(request, env, context) {
      const end = beginUnit('request')
      try {
        return (await handler.fetch?.(request, metered(env), context)) ?? new Response(null, { status: 500 })
      } finally {
        end()
      }
    },
    async queue(batch, env, context) {
      const end = beginUnit(batch.queue)
      try {
        await handler.queue?.(batch, metered(env), context)
      } finally {
        end()
      }
    },
  }
}

/** Returns what ends it. */
function beginUnit(entrance: string): () => void {
  current.unit += 1
  current.entrance = entrance
  startCall()('begun')
  const end = startCall()
  return () => end('ended')
}

function startCall(): (call: RecordedCall['call']) => void {
  const recorded = { event: 'bench.call', ...current, n: calls++ } as const
  return (call) => console.log(JSON.stringify({ ...recorded, call } satisfies RecordedCall))
}

async function purposeOf(request: Request): Promise<Extract<Call, { to: 'host' }>['purpose']> {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/media/')) return 'download'
  if (!pathname.startsWith('/runware/')) return 'callback'
  return (await request.clone().text()).includes('"videoInference"') ? 'submit' : 'poll'
}

/** A binding stays the same object: the Worker remembers what it has read with it. */
function meterBindings(env: Env): Env {
  const metered = { ...env }
  for (const [name, binding] of Object.entries(env)) Reflect.set(metered, name, meterBinding(name, binding))
  return metered
}

function meterBinding(name: string, binding: unknown): unknown {
  if (isDatabase(binding)) return meterDatabase(binding)
  if (isQueue(binding)) return meterQueue(binding, name)
  if (isBucket(binding)) return meterBucket(binding)
  return binding
}

const isDatabase = (binding: unknown): binding is D1Database => hasMethod(binding, 'prepare')
const isQueue = (binding: unknown): binding is Queue => hasMethod(binding, 'sendBatch')
const isBucket = (binding: unknown): binding is R2Bucket => hasMethod(binding, 'createMultipartUpload')

function hasMethod(binding: unknown, name: string): boolean {
  return typeof binding === 'object' && binding !== null && typeof Reflect.get(binding, name) === 'function'
}

interface Metered {
  statement: D1PreparedStatement
  bytes: number
}

const statements = new WeakMap<object, Metered>()

function meterDatabase(database: D1Database): D1Database {
  const refuse = () => {
    throw new Error('the meter does not know this call')
  }
  return withMethods(database, {
    exec: refuse,
    withSession: refuse,
    prepare: (sql: string) => meterStatement({ statement: database.prepare(sql), bytes: 0 }),
    async batch(batch: D1PreparedStatement[]) {
      const known = batch.map((one) => statements.get(one) ?? { statement: one, bytes: 0 })
      const end = startCall()
      const results = await database.batch(known.map(({ statement }) => statement))
      end({
        to: 'database',
        statements: results.map((result, index) => costOf(result, known[index]?.bytes ?? 0)),
      })
      return results
    },
  })
}

function meterStatement({ statement, bytes }: Metered): D1PreparedStatement {
  const run = async () => {
    const end = startCall()
    const result = await statement.all<Record<string, unknown>>()
    end({ to: 'database', statements: [costOf(result, bytes)] })
    return result
  }
  const metered = withMethods(statement, {
    bind: (...values: unknown[]) =>
      meterStatement({ statement: statement.bind(...values), bytes: lengthOf(values) }),
    run,
    all: run,
    // `raw` reports no cost, so `all` provides its rows.
    raw: async () => (await run()).results.map(Object.values),
    async first(column?: string) {
      const row = (await run()).results[0] ?? null
      return row === null || column === undefined ? row : row[column]
    },
  })
  statements.set(metered, { statement, bytes })
  return metered
}

function lengthOf(values: unknown[]): number {
  return values.reduce((sum: number, value) => sum + (typeof value === 'string' ? value.length : 0), 0)
}

function costOf({ meta }: D1Result, bytes: number): Statement {
  return { rowsRead: meta.rows_read, rowsWritten: meta.rows_written, bytes }
}

function meterQueue(queue: Queue, binding: string): Queue {
  return withMethods(queue, {
    async send(body: unknown, options?: QueueSendOptions) {
      const end = startCall()
      await queue.send(body, options)
      end({ to: 'queue', binding, operation: 'send', messages: 1 })
    },
    async sendBatch(batch: Iterable<MessageSendRequest>) {
      const messages = [...batch]
      const end = startCall()
      await queue.sendBatch(messages)
      end({ to: 'queue', binding, operation: 'sendBatch', messages: messages.length })
    },
  })
}

const bucketOperations: Record<string, BucketOperation> = {
  put: 'put',
  get: 'get',
  head: 'head',
  delete: 'delete',
  list: 'list',
  createMultipartUpload: 'part',
  uploadPart: 'part',
  complete: 'part',
}

function meterBucket<Binding extends object>(bucket: Binding): Binding {
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        const operation = bucketOperations[String(name)]
        const end = startCall()
        const result = await value.apply(target, args)
        if (operation !== undefined) end({ to: 'bucket', operation, bytes: rangeLengthOf(args[1]) })
        return name === 'createMultipartUpload' ? meterBucket(result) : result
      }
    },
  })
}

function rangeLengthOf(options: unknown): number | null {
  if (typeof options !== 'object' || options === null) return null
  const range: unknown = Reflect.get(options, 'range')
  const length: unknown = typeof range === 'object' && range !== null ? Reflect.get(range, 'length') : null
  return typeof length === 'number' ? length : null
}

/** The same object with other methods. */
function withMethods<Target extends object>(target: Target, methods: Record<string, unknown>): Target {
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name]
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
