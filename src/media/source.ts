/**
 * A remote body, opened with care: guarded URL, guarded redirects, size cap, no stall, the announced length held
 * against the bytes that came, and their SHA-256 taken as they pass.
 */
import { done, fault, type Result } from '../core/fault.ts'
import { toHex } from '../core/keys.ts'
import type { Guard } from '../core/target.ts'

export interface SourceSettings {
  fetch: (request: Request) => Promise<Response>
  guard: Guard
  maxBytes: number
}

export interface Source {
  /** What the sender announced; null when it did not. */
  length: number | null
  /** What the sender calls it; empty when it does not say. */
  contentType: string
  /** Fills the buffer as far as the body goes, and gives back what it holds; null at the end. */
  read(buffer: ArrayBufferLike): Promise<Result<Uint8Array<ArrayBuffer> | null>>
  /** After the end: how many bytes came, and their SHA-256 in hex. */
  sum(): Promise<{ bytes: number; sha256: string }>
  /** Lets the connection go. */
  close(): void
}

const maxRedirects = 3
// From the request to the headers, and from one chunk to the next.
const patienceMs = 30_000

export async function openSource(settings: SourceSettings, url: string): Promise<Result<Source>> {
  const connection = patientConnection()
  const opened = await follow(settings, url, connection.signal, maxRedirects)
  if (!opened.ok) connection.close()
  return opened.ok ? readable(opened.value, settings.maxBytes, connection) : opened
}

async function follow(
  settings: SourceSettings,
  url: string,
  signal: AbortSignal,
  redirectsLeft: number,
): Promise<Result<Response>> {
  const objection = await settings.guard(url)
  if (objection !== null) {
    const code = objection.again === 'never' ? 'media_forbidden' : 'media_unavailable'
    return fault(code, `The URL of the media ${objection.message}.`)
  }
  let response: Response
  try {
    response = await settings.fetch(new Request(url, { redirect: 'manual', signal }))
  } catch (error) {
    // Whatever fetch throws is the network's: refused, reset, timed out.
    return fault('media_unavailable', 'The host of the media did not answer.', {
      evidence: { error: String(error) },
    })
  }
  const { status } = response
  const location = response.headers.get('location')
  if (status >= 300 && status < 400 && location !== null && URL.canParse(location, url)) {
    await response.body?.cancel()
    if (redirectsLeft === 0) return fault('media_unavailable', 'The host of the media redirects without end.')
    return follow(settings, new URL(location, url).href, signal, redirectsLeft - 1)
  }
  if (status === 200) return done(response)
  await response.body?.cancel()
  // Signed links that ran out answer 403, objects that were removed 404 or 410.
  const code = [401, 403, 404, 410].includes(status) ? 'media_expired' : 'media_unavailable'
  return fault(code, `The host of the media answered ${status}.`, {
    evidence: { status },
  })
}

function readable(response: Response, maxBytes: number, connection: Connection): Result<Source> {
  const announced = response.headers.get('content-length')
  const length = announced === null ? null : Number(announced)
  const refusal = refuse(response, length, maxBytes)
  if (refusal !== null || response.body === null) {
    connection.close()
    return refusal ?? fault('media_truncated', 'The media are empty.')
  }
  const reader = response.body.getReader({ mode: 'byob' })
  const digest = new crypto.DigestStream('SHA-256')
  const hasher = digest.getWriter()
  let bytes = 0

  return done({
    length,
    contentType: response.headers.get('content-type') ?? '',
    async read(buffer) {
      let chunk: Uint8Array<ArrayBuffer> | undefined
      try {
        chunk = (await reader.readAtLeast(buffer.byteLength, new Uint8Array(buffer as ArrayBuffer))).value
      } catch (error) {
        // A body that breaks off, or stalls past our patience.
        return fault('media_truncated', 'The media broke off.', {
          evidence: { bytes, error: String(error) },
        })
      }
      connection.heard()
      if (chunk === undefined || chunk.length === 0) {
        if (length === null || bytes === length) return done(null)
        return fault('media_truncated', `The media ended after ${bytes} of ${length} bytes.`)
      }
      bytes += chunk.length
      if (length !== null && bytes > length) {
        return fault('media_truncated', `The media did not end at its announced ${length} bytes.`)
      }
      if (bytes > maxBytes) return tooLarge(maxBytes)
      await hasher.write(chunk)
      return done(chunk)
    },
    async sum() {
      await hasher.close()
      return { bytes, sha256: toHex(new Uint8Array(await digest.digest)) }
    },
    close: connection.close,
  })
}

function refuse(response: Response, length: number | null, maxBytes: number) {
  const type = response.headers.get('content-type') ?? ''
  if (/^(text\/|application\/(json|xml|problem))/i.test(type)) {
    return fault('media_wrong_type', `The host of the media sent ${type.split(';')[0]}.`)
  }
  return length !== null && length > maxBytes ? tooLarge(maxBytes) : null
}

function tooLarge(maxBytes: number) {
  return fault('media_too_large', `The media have more than the ${maxBytes} bytes allowed.`)
}

interface Connection {
  signal: AbortSignal
  heard(): void
  close(): void
}

/** Aborts when nothing is heard for too long. */
function patientConnection(): Connection {
  const controller = new AbortController()
  const wait = () => setTimeout(() => controller.abort(new Error('nothing came for too long')), patienceMs)
  let timer = wait()
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(timer)
      timer = wait()
    },
    close() {
      clearTimeout(timer)
      controller.abort(new Error('done'))
    },
  }
}
