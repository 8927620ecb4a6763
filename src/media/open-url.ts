/** Opens a URL as a source: each URL and redirect passes the guard, the body is decoded, and slow hosts time out. */
import { type Fetch, NotSentError } from '../connections.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { type Guard, isAtHost } from '../core/url/policy.ts'
import { decode, decodedByRuntime, encodingsIn } from './decode.ts'
import { announcedLength, type ByteSource, sourceOf } from './source.ts'
import { type TimedConnection, timedConnection } from './timed-connection.ts'

export interface RemoteSettings {
  fetch: Fetch
  guard: Guard
  /** Only these hosts and their subdomains are allowed. Unset: every host that passes the guard. */
  hosts?: readonly string[] | undefined
  /** Awaited whenever bytes arrive. An error that it throws ends the download. */
  onProgress: () => Promise<void>
  /** How long the download may take, from its request to the last byte. A second request gets the rest. */
  timeLeftMs: () => number
}

export interface RemoteSource extends ByteSource {
  /** Closes the connection. */
  close(): void
}

const maxRedirects = 3

/** The source's Content-Type is the host's label. The first bytes decide what the media are. */
export async function openUrl(settings: RemoteSettings, url: string): Promise<Result<RemoteSource>> {
  // Media formats are compressed, so request the stored bytes.
  const stored = await open({ ...settings, acceptEncoding: 'identity' }, url)
  if (!stored.ok) return stored
  const { source, encodings } = stored.value
  const media = await decode(source, encodings)
  if (media.ok) return ok({ ...media.value, close: source.close })
  source.close()
  if (encodings.join() !== 'br') return media
  // Only the runtime can decode brotli, and only if the request accepts it: request the body again.
  const plain = await open({ ...settings, acceptEncoding: 'br' }, url)
  if (!plain.ok) return plain
  return ok({ ...decodedByRuntime(plain.value.source, 'br'), close: plain.value.source.close })
}

interface RequestSettings extends RemoteSettings {
  acceptEncoding: 'identity' | 'br'
}

interface Opened {
  source: RemoteSource
  encodings: string[]
}

async function open(settings: RequestSettings, url: string): Promise<Result<Opened>> {
  const connection = timedConnection(settings.timeLeftMs())
  const response = await follow(settings, url, connection, maxRedirects)
  const opened = response.ok ? bodyOf(response.value, connection, settings.onProgress) : response
  if (!opened.ok) connection.close()
  return opened
}

async function follow(
  settings: RequestSettings,
  url: string,
  connection: TimedConnection,
  redirectsLeft: number,
): Promise<Result<Response>> {
  const rejection = await settings.guard(url)
  if (rejection !== null) {
    const code = rejection.retry === 'never' ? 'media_forbidden' : 'media_unavailable'
    return fail(code, `The media URL ${rejection.message}.`)
  }
  const { hostname } = new URL(url)
  if (settings.hosts?.some((host) => isAtHost(hostname, host)) === false) {
    return fail('media_host_unlisted', `The media are at ${hostname}, which is not one of the allowed hosts.`)
  }
  let response: Response
  try {
    const headers = { 'accept-encoding': settings.acceptEncoding }
    const request = new Request(url, { headers, redirect: 'manual', signal: connection.signal })
    response = await settings.fetch(request, connection.startTimers)
  } catch (error) {
    if (error instanceof NotSentError) {
      return fail('media_unavailable', `The media were not requested: ${error.message}.`)
    }
    // fetch throws for network errors only: refused, reset, timed out.
    return fail('media_unavailable', 'The media host did not respond.', {
      evidence: { error: String(error) },
    })
  }
  const { status } = response
  const location = response.headers.get('location')
  if (status >= 300 && status < 400 && location !== null && URL.canParse(location, url)) {
    connection.pauseSilence()
    await response.body?.cancel()
    if (redirectsLeft === 0) return fail('media_unavailable', 'The media host redirects too often.')
    return follow(settings, new URL(location, url).href, connection, redirectsLeft - 1)
  }
  if (status === 200) return ok(response)
  await response.body?.cancel()
  // An expired signed link answers 401 or 403, a deleted object 404 or 410.
  const code = [401, 403, 404, 410].includes(status) ? 'media_expired' : 'media_unavailable'
  return fail(code, `The media host answered ${status}.`, { evidence: { status } })
}

function bodyOf(
  { headers, body }: Response,
  connection: TimedConnection,
  onProgress: RemoteSettings['onProgress'],
): Result<Opened> {
  if (body === null) return fail('media_truncated', 'The response has no body.')
  const announced = { length: announcedLength(headers), contentType: headers.get('content-type') ?? '' }
  const source = sourceOf(body, announced, () => {
    connection.onBytes()
    return onProgress()
  })
  const read: ByteSource['read'] = async (buffer, filled) => {
    const chunk = await source.read(buffer, filled)
    if (chunk.ok || !connection.isOutOfTime()) return chunk
    return fail('media_unavailable', 'The download took longer than the 12 minutes that a copy may take.')
  }
  return ok({ source: { ...source, read, close: connection.close }, encodings: encodingsIn(headers) })
}
