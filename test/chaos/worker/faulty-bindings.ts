/**
 * The Worker's real bindings and fetch, with faults injected before, after and in the middle of every call. So the
 * product's code contains no fault points.
 */

import { unreachable } from '../../support/platform/unreachable.ts'
import { nameMessage, nameObject, nameRequest, nameStatements, type Statement } from '../call-names.ts'
import type { FaultInjection } from './fault-injection.ts'

type Fetch = (request: Request) => Promise<Response>

export function faultyEnv(env: Env, injection: FaultInjection): Env {
  return {
    ...env,
    DB: faultyDatabase(env.DB, injection),
    BUCKET: faultyBucket(env.BUCKET, injection),
    JOBS: faultyQueue(env.JOBS, injection),
    RESULTS: faultyQueue(env.RESULTS, injection),
    DELIVERIES: faultyQueue(env.DELIVERIES, injection),
  }
}

export function faultyFetch(fetch: Fetch, injection: FaultInjection): Fetch {
  return async (request) => {
    const call = await nameRequest(request)
    const status = await injection.unreachable(call)
    if (status !== null) return unreachable(status)
    const response = await withFaults(injection, call, () => fetch(request))
    const fault = injection.midway(call)
    return fault === null ? response : interrupted(response, fault)
  }
}

async function withFaults<T>(injection: FaultInjection, call: string, make: () => Promise<T>): Promise<T> {
  await injection.before(call)
  const response = await make()
  await injection.after(call)
  return response
}

/** The fault happens at the first chunk of the body. */
function interrupted(response: Response, fault: () => Promise<void>): Response {
  let isFirst = true
  const through = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      if (isFirst) await fault()
      isFirst = false
      controller.enqueue(chunk)
    },
  })
  const body = response.body?.pipeThrough(through).pipeThrough(new IdentityTransformStream()) ?? null
  return new Response(body, response)
}

function faultyDatabase(database: D1Database, injection: FaultInjection): D1Database {
  const statements = new WeakMap<D1PreparedStatement, Statement>()

  const watch = (prepared: D1PreparedStatement, statement: Statement): D1PreparedStatement => {
    const { bind, all, raw, run, first } = prepared
    const faulty = (execute: (...options: never[]) => Promise<unknown>) => {
      return (...options: never[]) =>
        withFaults(injection, nameStatements([statement]), () => execute.apply(prepared, options))
    }
    statements.set(prepared, statement)
    return Object.assign(prepared, {
      bind: (...values: unknown[]) => watch(bind.apply(prepared, values), { ...statement, values }),
      all: faulty(all),
      raw: faulty(raw),
      run: faulty(run),
      first: faulty(first),
    })
  }

  return withFunctions(database, {
    prepare: (sql: string) => watch(database.prepare(sql), { sql, values: [] }),
    batch: (batch: D1PreparedStatement[]) => {
      const name = nameStatements(batch.flatMap((prepared) => statements.get(prepared) ?? []))
      return withFaults(injection, name, () => database.batch(batch))
    },
  })
}

function faultyBucket(bucket: R2Bucket, injection: FaultInjection): R2Bucket {
  return withFunctions(bucket, {
    put: (key: string, value: ReadableStream | Uint8Array, options?: R2PutOptions) =>
      withFaults(injection, nameObject(key), async () => {
        const fault = value instanceof ReadableStream ? injection.midway(nameObject(key)) : null
        if (fault !== null && value instanceof ReadableStream) await breakOff(value, fault)
        return bucket.put(key, value, options)
      }),
    createMultipartUpload: async (key: string, options?: R2MultipartOptions) =>
      faultyUpload(
        await withFaults(injection, 'R2 start upload', () => bucket.createMultipartUpload(key, options)),
        injection,
      ),
  })
}

function faultyUpload(upload: R2MultipartUpload, injection: FaultInjection): R2MultipartUpload {
  return withFunctions(upload, {
    uploadPart: (n: number, part: Uint8Array) =>
      withFaults(injection, 'R2 upload part', () => upload.uploadPart(n, part)),
    complete: (parts: R2UploadedPart[]) =>
      withFaults(injection, 'R2 complete upload', () => upload.complete(parts)),
    abort: () => withFaults(injection, 'R2 abort upload', () => upload.abort()),
  })
}

/** Reads the first chunk, as a put that fails in mid-stream does. */
async function breakOff(stream: ReadableStream, fault: () => Promise<void>): Promise<void> {
  const reader = stream.getReader()
  await reader.read()
  await fault()
}

function faultyQueue(queue: Queue, injection: FaultInjection): Queue {
  return withFunctions(queue, {
    send: (body: unknown, options?: QueueSendOptions) =>
      withFaults(injection, nameMessage(body), () =>
        repeat(injection, nameMessage(body), () => queue.send(body, options)),
      ),
    sendBatch: (messages: MessageSendRequest[]) => {
      const call = nameMessage(messages[0]?.body)
      return withFaults(injection, call, () => repeat(injection, call, () => queue.sendBatch(messages)))
    },
  })
}

async function repeat(injection: FaultInjection, call: string, send: () => Promise<unknown>): Promise<void> {
  for (let left = await injection.copies(call); left > 0; left--) await send()
}

/** The same object with some functions replaced. The others still run on the object itself. */
function withFunctions<T extends object>(original: T, functions: Record<string, unknown>): T {
  return new Proxy(original, {
    get(target, name) {
      if (typeof name === 'string' && name in functions) return functions[name]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
