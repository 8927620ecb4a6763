/** A remote body, opened with care: guarded URL, guarded redirects, decoded, no stall, no drip. */
import { fail, ok, type Result } from '../core/fault.ts'
import { type Guard, isAtHost } from '../core/url/policy.ts'
import { decode, decodedByRuntime, encodingsIn } from './decode.ts'
import { announcedLength, type ByteSource, sourceOf } from './source.ts'

export interface RemoteSettings {
  fetch: (request: Request) => Promise<Response>
  guard: Guard
  /** Where media may lie, and below: nowhere else. Unset, anywhere that the guard lets through. */
  hosts?: readonly string[] | undefined
}

export interface RemoteSource extends ByteSource {
  /** Lets the connection go. */
  close(): void
}

const maxRedirects = 3
// From the request to the headers, and from one piece to the next.
const patienceMs = 30_000
// From the request to the last byte: a drip that never stalls ends, too. A queue's consumer has 15 minutes in all.
const longestMs = 12 * 60_000

/** Its Content-Type is what the host says: the first bytes decide what it is. */
export async function openUrl(settings: RemoteSettings, url: string): Promise<Result<RemoteSource>> {
  // Media are compressed already: they shall come as they are stored.
  const stored = await open({ ...settings, acceptEncoding: 'identity' }, url)
  if (!stored.ok) return stored
  const { source, encodings } = stored.value
  const media = await decode(source, encodings)
  if (media.ok) return ok({ ...media.value, close: source.close })
  source.close()
  if (encodings.join() !== 'br') return media
  // Only the runtime can undo brotli, and it does so only as the body arrives: asked for anew.
  const plain = await open({ ...settings, acceptEncoding: 'br' }, url)
  if (!plain.ok) return plain
  return ok({ ...decodedByRuntime(plain.value.source, 'br'), close: plain.value.source.close })
}

interface Asking extends RemoteSettings {
  acceptEncoding: 'identity' | 'br'
}

interface Opened {
  source: RemoteSource
  encodings: string[]
}

async function open(asking: Asking, url: string): Promise<Result<Opened>> {
  const connection = patientConnection()
  const response = await follow(asking, url, connection.signal, maxRedirects)
  const opened = response.ok ? readable(response.value, connection) : response
  if (!opened.ok) connection.close()
  return opened
}

async function follow(
  settings: Asking,
  url: string,
  signal: AbortSignal,
  redirectsLeft: number,
): Promise<Result<Response>> {
  const objection = await settings.guard(url)
  if (objection !== null) {
    const code = objection.retry === 'never' ? 'media_forbidden' : 'media_unavailable'
    return fail(code, `The URL of the media ${objection.message}.`)
  }
  const { hostname } = new URL(url)
  if (settings.hosts?.some((host) => isAtHost(hostname, host)) === false) {
    return fail('media_host_unlisted', `The media lie at ${hostname}, which is not among the listed hosts.`)
  }
  let response: Response
  try {
    const headers = { 'accept-encoding': settings.acceptEncoding }
    response = await settings.fetch(new Request(url, { headers, redirect: 'manual', signal }))
  } catch (error) {
    // Whatever fetch throws is the network's: refused, reset, timed out.
    return fail('media_unavailable', 'The host of the media did not answer.', {
      evidence: { error: String(error) },
    })
  }
  const { status } = response
  const location = response.headers.get('location')
  if (status >= 300 && status < 400 && location !== null && URL.canParse(location, url)) {
    await response.body?.cancel()
    if (redirectsLeft === 0) return fail('media_unavailable', 'The host of the media redirects without end.')
    return follow(settings, new URL(location, url).href, signal, redirectsLeft - 1)
  }
  if (status === 200) return ok(response)
  await response.body?.cancel()
  // Signed links that ran out answer 403, objects that were removed 404 or 410.
  const code = [401, 403, 404, 410].includes(status) ? 'media_expired' : 'media_unavailable'
  return fail(code, `The host of the media answered ${status}.`, {
    evidence: { status },
  })
}

function readable({ headers, body }: Response, connection: Connection): Result<Opened> {
  if (body === null) return fail('media_truncated', 'The media are empty.')
  const announced = { length: announcedLength(headers), contentType: headers.get('content-type') ?? '' }
  const source = sourceOf(body, announced, connection.heard)
  const read: ByteSource['read'] = async (buffer, filled) => {
    const chunk = await source.read(buffer, filled)
    if (chunk.ok || !connection.isOver()) return chunk
    const minutes = longestMs / 60_000
    return fail('media_unavailable', `The media came too slowly: not all of them in ${minutes} minutes.`)
  }
  return ok({ source: { ...source, read, close: connection.close }, encodings: encodingsIn(headers) })
}

interface Connection {
  signal: AbortSignal
  heard(): void
  /** Whether it had all the time that there is. */
  isOver(): boolean
  close(): void
}

/** Aborts when nothing is heard for too long, and when it takes too long in all. */
function patientConnection(): Connection {
  const controller = new AbortController()
  const overdue = new Error('it took too long')
  const wait = () => setTimeout(() => controller.abort(new Error('nothing came for too long')), patienceMs)
  const whole = setTimeout(() => controller.abort(overdue), longestMs)
  let pause = wait()
  return {
    signal: controller.signal,
    heard() {
      clearTimeout(pause)
      pause = wait()
    },
    isOver: () => controller.signal.reason === overdue,
    close() {
      clearTimeout(pause)
      clearTimeout(whole)
      controller.abort(new Error('done'))
    },
  }
}
