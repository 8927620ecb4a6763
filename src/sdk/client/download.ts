/** Downloads a video by its signed link, and checks its length and hash while it streams. */
import { errorOf, ReelhookError, unreachable } from './errors.ts'
import { pause } from './frames.ts'
import { readError } from './generated/runtime/parse.ts'
import type { Output } from './schemas.ts'
import { createSha256 } from './sha256.ts'
import { retryAfterMs, type Transport } from './transport.ts'

/** The fields of an output that a download needs. */
export type DownloadableOutput = Pick<Output, 'n' | 'url' | 'bytes' | 'sha256'>

interface StoredFile {
  jobId: string
  n: number
  url: string
  bytes: number
  sha256: string
}

/** How often in a row the download may fail before any further byte arrives. */
const maxFailuresInARow = 5
const transientStatuses = [408, 429, 500, 502, 503, 504]
const longestPauseMs = 60_000

export async function download(
  transport: Transport,
  output: DownloadableOutput,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const file = storedFileOf(output)
  const open = openFile(transport, file, signal)
  const response = await open(0)
  const { status, statusText, headers } = response
  return new Response(checkedBody({ file, open, signal }, response), { status, statusText, headers })
}

/** JavaScript may pass none: a job that failed or was canceled has no outputs, or fewer than it was asked for. */
function storedFileOf(output: DownloadableOutput | undefined): StoredFile {
  if (typeof output !== 'object' || output === null) {
    const detail = `download takes an output of a job, and not ${output}. A job that has not succeeded may have none: look at its status, fault and outputs first.`
    throw new ReelhookError({ code: 'invalid_argument', detail })
  }
  const { n, url, bytes, sha256 } = output
  const [, jobId] = /\/v1\/jobs\/([^/]+)\/outputs\//.exec(url ?? '') ?? []
  if (url === null || bytes === null || sha256 === null || jobId === undefined) {
    const detail = `Output ${n} has no stored file. Its status and its fault say why.`
    throw new ReelhookError({ code: 'not_stored', detail })
  }
  return { jobId, n, url, bytes, sha256 }
}

type OpenFile = (offset: number) => Promise<Response>

interface Download {
  file: StoredFile
  open: OpenFile
  signal: AbortSignal | undefined
}

/** The link needs no key, and a web page may not send one. A link that has expired is replaced, which needs the key. */
function openFile({ api, fetch }: Transport, file: StoredFile, signal: AbortSignal | undefined): OpenFile {
  let { url } = file
  let isReplaced = false
  const request = (offset: number) => {
    const range = { range: `bytes=${offset}-`, 'if-range': `"${file.sha256}"` }
    return fetch(url, { signal: signal ?? null, ...(offset > 0 && { headers: range }) })
  }
  return async (offset) => {
    for (let failures = 0; ; failures += 1) {
      const response = await settled(request(offset))
      if (response instanceof Response) {
        if (response.ok) return response
        if (response.status === 401 && !isReplaced) {
          isReplaced = true
          const { outputs } = await api.getJob({ path: { id: file.jobId } }, { signal: signal ?? null })
          url = outputs.find(({ n }) => n === file.n)?.url ?? url
          continue
        }
      }
      const isOver = failures === maxFailuresInARow || signal?.aborted
      if (response instanceof ReelhookError) {
        if (isOver) throw response
      } else if (isOver || !transientStatuses.includes(response.status)) {
        throw errorOf({ status: response.status, url, body: await readError(response) })
      } else {
        await response.body?.cancel()
      }
      const askedMs = response instanceof Response ? Math.min(retryAfterMs(response), longestPauseMs) : 0
      await pause(Math.max(askedMs, pauseMs(failures)), signal)
    }
  }
}

function pauseMs(failures: number): number {
  return 500 * 2 ** failures
}

async function settled(request: Promise<Response>): Promise<Response | ReelhookError> {
  try {
    return await request
  } catch (error) {
    if (error instanceof ReelhookError) return error
    throw error
  }
}

/** Where the connection breaks, the rest is requested. The last bytes are passed on only if the file is whole. */
function checkedBody({ file, open, signal }: Download, first: Response): ReadableStream<Uint8Array> {
  const hash = createSha256()
  let received = 0
  let failures = 0
  let reader = first.body?.getReader()

  const read = async (): Promise<Uint8Array | undefined> => {
    try {
      const part = await reader?.read()
      if (part?.value !== undefined) {
        failures = 0
        return part.value
      }
      if (received >= file.bytes) return undefined
      throw new Error('the connection ended too early')
    } catch (error) {
      signal?.throwIfAborted()
      failures += 1
      if (failures > maxFailuresInARow) throw unreachable(file.url, error)
      await pause(pauseMs(failures), signal)
      const response = await open(received)
      if (received > 0 && response.status !== 206)
        throw damaged(file, 'the rest of the file cannot be requested')
      reader = response.body?.getReader()
      return read()
    }
  }

  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const bytes = await read()
      if (bytes !== undefined) {
        received += bytes.length
        if (received > file.bytes) throw damaged(file, 'it is longer')
        await hash.update(bytes)
      }
      if (received === file.bytes && (await hash.digest()) !== file.sha256)
        throw damaged(file, 'it has another SHA-256')
      if (bytes !== undefined) controller.enqueue(bytes)
      if (received === file.bytes) controller.close()
    },
    cancel: (reason) => reader?.cancel(reason),
  })
}

function damaged({ jobId, n }: StoredFile, reason: string): ReelhookError {
  const detail = `The file of output ${n} of ${jobId} is not the stored one: ${reason}. Do not use it, and download it again.`
  return new ReelhookError({ code: 'damaged_file', detail })
}
