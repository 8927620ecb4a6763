/**
 * The Worker's edges and bindings as a trial makes them: the real ones, with fate before and after every call. So the
 * product itself holds no fault points at all.
 */
import { nameObject, nameRequest, nameStatements, type Statement } from '../calls.ts'
import type { Trial } from '../trial.ts'

type Fetch = (request: Request) => Promise<Response>

export function faultyEnv(env: Env, trial: Trial): Env {
  return {
    ...env,
    DB: faultyDatabase(env.DB, trial),
    BUCKET: faultyBucket(env.BUCKET, trial),
    JOBS: faultyQueue(env.JOBS, trial),
    DELIVERIES: faultyQueue(env.DELIVERIES, trial),
  }
}

export function faultyFetch(fetch: Fetch, trial: Trial): Fetch {
  return async (request) => {
    const call = await nameRequest(request)
    const response = await undergo(trial, call, () => fetch(request))
    const doom = trial.midway(call)
    return doom === null ? response : interrupted(response, doom)
  }
}

async function undergo<T>(trial: Trial, call: string, make: () => Promise<T>): Promise<T> {
  await trial.before(call)
  const answer = await make()
  await trial.after(call)
  return answer
}

/** The body comes as far as its first chunk; what befalls it then decides about the rest. */
function interrupted(response: Response, doom: () => Promise<void>): Response {
  let isFirst = true
  const through = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      if (isFirst) await doom()
      isFirst = false
      controller.enqueue(chunk)
    },
  })
  const body = response.body?.pipeThrough(through).pipeThrough(new IdentityTransformStream()) ?? null
  return new Response(body, response)
}

function faultyDatabase(database: D1Database, trial: Trial): D1Database {
  const spoken = new WeakMap<D1PreparedStatement, Statement>()
  const known = (statement: D1PreparedStatement) => spoken.get(statement) ?? { sql: '', values: [] }

  const listen = (statement: D1PreparedStatement, said: Statement): D1PreparedStatement => {
    const { bind, all, raw, run, first } = statement
    const alone = (make: (...words: never[]) => Promise<unknown>) => {
      return (...words: never[]) => undergo(trial, nameStatements([said]), () => make.apply(statement, words))
    }
    spoken.set(statement, said)
    return Object.assign(statement, {
      bind: (...values: unknown[]) => listen(bind.apply(statement, values), { ...said, values }),
      ...{ all: alone(all), raw: alone(raw), run: alone(run), first: alone(first) },
    })
  }

  return replacing(database, {
    prepare: (sql: string) => listen(database.prepare(sql), { sql, values: [] }),
    batch: (statements: D1PreparedStatement[]) =>
      undergo(trial, nameStatements(statements.map(known)), () => database.batch(statements)),
  })
}

function faultyBucket(bucket: R2Bucket, trial: Trial): R2Bucket {
  return replacing(bucket, {
    put: (key: string, value: ReadableStream | Uint8Array, options?: R2PutOptions) =>
      undergo(trial, nameObject(key), async () => {
        const doom = value instanceof ReadableStream ? trial.midway(nameObject(key)) : null
        if (doom !== null && value instanceof ReadableStream) await breakOff(value, doom)
        return bucket.put(key, value, options)
      }),
    createMultipartUpload: async (key: string, options?: R2MultipartOptions) =>
      faultyUpload(await undergo(trial, 'R2 begin', () => bucket.createMultipartUpload(key, options)), trial),
  })
}

function faultyUpload(upload: R2MultipartUpload, trial: Trial): R2MultipartUpload {
  return replacing(upload, {
    uploadPart: (n: number, part: Uint8Array) => undergo(trial, 'R2 part', () => upload.uploadPart(n, part)),
    complete: (parts: R2UploadedPart[]) => undergo(trial, 'R2 complete', () => upload.complete(parts)),
    abort: () => undergo(trial, 'R2 abort', () => upload.abort()),
  })
}

/** Takes the first of the stream, as a put does that fails in its midst. */
async function breakOff(stream: ReadableStream, doom: () => Promise<void>): Promise<void> {
  const reader = stream.getReader()
  await reader.read()
  await doom()
}

function faultyQueue(queue: Queue, trial: Trial): Queue {
  return replacing(queue, {
    send: (body: unknown, options?: QueueSendOptions) =>
      undergo(trial, nameMessage(body), () =>
        repeat(trial, nameMessage(body), () => queue.send(body, options)),
      ),
    sendBatch: (messages: MessageSendRequest[]) => {
      const call = nameMessage(messages[0]?.body)
      return undergo(trial, call, () => repeat(trial, call, () => queue.sendBatch(messages)))
    },
  })
}

async function repeat(trial: Trial, call: string, send: () => Promise<unknown>): Promise<void> {
  for (let left = await trial.copies(call); left > 0; left--) await send()
}

function nameMessage(body: unknown): string {
  const [kind = 'nothing'] = Object.keys(body ?? {})
  return `queue ${kind}`
}

/** The same object but for some of its functions; the others must still be called on the object itself. */
function replacing<T extends object>(whole: T, functions: Record<string, unknown>): T {
  return new Proxy(whole, {
    get(target, name) {
      if (typeof name === 'string' && name in functions) return functions[name]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
