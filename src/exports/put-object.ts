/**
 * One PUT of an object to an S3-compatible bucket, and its result. Both headers name the SHA-256 of the bytes, so the store
 * refuses any others. Reads and writes no row.
 */
import { type Fetch, NotSentError } from '../connections.ts'
import { type ExportTarget, exportUrl } from '../core/export.ts'
import { readBounded } from '../core/http/read-bounded.ts'
import { retryAfterMs } from '../core/http/retry-after.ts'
import { maxTransferMs } from '../core/schedule/jobs.ts'
import type { DeliveryPace } from '../core/schedule/waits.ts'
import { paceOf } from '../deliveries/classify.ts'
import { describeError } from '../log.ts'
import { pipe } from '../media/pipe.ts'
import { type ByteSource, sourceOf } from '../media/source.ts'
import { timedConnection } from '../media/timed-connection.ts'

interface PutEdges {
  fetch: Fetch
  now: () => number
}

interface PutObject {
  key: string
  contentType: string
  bytes: number
  /** In lower-case hex. */
  sha256: string
  body: ReadableStream
}

export interface PutResult {
  /** The HTTP status; null if no response came. */
  status: number | null
  /** Null: the object is stored. */
  error: string | null
  pace: DeliveryPace
  retryAfterMs?: number | undefined
}

// Large reads, because each one crosses between the runtime and this code.
const chunkBytes = 256 * 1024

/** `no_connection`: nothing was sent, because none of the invocation's connections was free. */
export async function putObject(
  { fetch, now }: PutEdges,
  target: ExportTarget,
  object: PutObject,
): Promise<PutResult | 'no_connection'> {
  const connection = timedConnection(maxTransferMs)
  // Its length becomes the Content-Length, which S3 requires.
  const { readable, writable } = new FixedLengthStream(object.bytes)
  const writer = writable.getWriter()
  const source = sourceOf(object.body, { length: object.bytes, contentType: object.contentType })
  let isOver = false
  let isCut = false
  const watched: ByteSource = {
    ...source,
    async read(buffer) {
      const chunk = await source.read(buffer)
      isCut ||= !chunk.ok && !isOver
      return chunk
    },
  }
  try {
    const request = await signedRequest(target, object, {
      body: readable,
      signal: connection.signal,
      nowMs: now(),
    })
    const sending = fetch(request, connection.startTimers)
    const piping = pipe(watched, writer, new ArrayBuffer(chunkBytes), async () => connection.onBytes())
    // Once the bucket has answered, or has not, nothing reads the body: without this the pipe would wait forever.
    const stop = () => {
      isOver = true
      return Promise.all([writer.abort(), source.cancel()])
    }
    const stopping = sending.then(stop, stop)
    const [sent] = await Promise.allSettled([sending, piping, stopping])
    if (sent.status === 'fulfilled') return await resultOf(sent.value, now())
    if (sent.reason instanceof NotSentError) return 'no_connection'
    // The source aborted the request.
    return noResponse(isCut ? 'reading the video from R2 broke off' : failureOf(sent.reason))
  } finally {
    connection.close()
  }
}

async function signedRequest(
  target: ExportTarget,
  { key, contentType, sha256 }: PutObject,
  { body, signal, nowMs }: { body: ReadableStream; signal: AbortSignal; nowMs: number },
): Promise<Request> {
  // Only deployments that export need it.
  const { AwsV4Signer } = await import('aws4fetch')
  const { accessKeyId, secretAccessKey, region } = target
  const signer = new AwsV4Signer({
    method: 'PUT',
    url: exportUrl(target, key),
    headers: {
      'content-type': contentType,
      'x-amz-content-sha256': sha256,
      'x-amz-checksum-sha256': Uint8Array.fromHex(sha256).toBase64(),
    },
    accessKeyId,
    secretAccessKey,
    region,
    service: 's3',
    datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    allHeaders: true,
  })
  const { url, headers } = await signer.sign()
  // A redirect is not followed: the signature is for this host.
  return new Request(url, { method: 'PUT', headers, body, redirect: 'manual', signal })
}

const maxErrorBytes = 16 * 1024

async function resultOf(response: Response, nowMs: number): Promise<PutResult> {
  const { status, headers } = response
  const common = { status, pace: paceOf(status), retryAfterMs: retryAfterMs(headers, nowMs) }
  if (response.ok) {
    await response.body?.cancel()
    return { ...common, error: null }
  }
  const body = await readBounded(response, maxErrorBytes)
  const text = typeof body === 'string' ? '' : new TextDecoder().decode(body)
  const code = /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1]
  const error = code === undefined ? `the bucket answered ${status}` : `the bucket answered ${status} ${code}`
  return { ...common, error }
}

export function noResponse(error: string): PutResult {
  return { status: null, error, pace: 'ordinary' }
}

/** fetch throws for network failures only: refused, reset, timed out. Its message may repeat the URL. */
function failureOf(reason: unknown): string {
  return `the bucket did not answer: ${describeError(reason)}`
}
