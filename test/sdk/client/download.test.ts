/** Downloads, whole and damaged. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, brokenAfter, json, lost, playing, problem } from './server.ts'

beforeEach(() => {
  const setTimeoutNow = globalThis.setTimeout
  vi.stubGlobal('setTimeout', (run: () => void) => setTimeoutNow(run, 0))
})

const file = Uint8Array.from({ length: 100_000 }, (_, n) => n * 7)
const output = {
  n: 0,
  url: 'https://reelhook.test/v1/jobs/job_1/outputs/0/job_1-0.mp4?expires=1&signature=old',
  bytes: file.length,
  sha256: createHash('sha256').update(file).digest('hex'),
}

function aFile(bytes: Uint8Array<ArrayBuffer> = file, status = 200): Answer {
  return () =>
    new Response(bytes, {
      status,
      headers: { 'content-type': 'video/mp4', 'content-length': String(bytes.length) },
    })
}

function brokenAt(length: number): Answer {
  return () => new Response(brokenAfter(file.slice(0, length)))
}

async function bytesOf(response: Response) {
  return new Uint8Array(await response.arrayBuffer())
}

describe('a download', () => {
  it('passes on the file, without the API key', async () => {
    const { reelhook, requests } = playing([aFile()])
    const response = await reelhook.download(output)
    expect(response.headers.get('content-type')).toBe('video/mp4')
    expect(await bytesOf(response)).toEqual(file)
    expect(requests.map(({ url, headers }) => [url, headers.get('authorization')])).toEqual([
      [output.url, null],
    ])
  })

  it('is repeated after a lost answer and after 503', async () => {
    const { reelhook, requests } = playing([lost, problem(503, 'unavailable'), aFile()])
    expect(await bytesOf(await reelhook.download(output))).toEqual(file)
    expect(requests).toHaveLength(3)
  })

  it('gets a new link if its own has expired', async () => {
    const url = output.url.replace('old', 'new')
    const { reelhook, requests } = playing([
      problem(401, 'unauthorized'),
      json({ id: 'job_1', outputs: [{ ...output, url }] }),
      aFile(),
    ])
    expect(await bytesOf(await reelhook.download(output))).toEqual(file)
    expect(requests.map(({ url }) => url)).toEqual([output.url, 'https://reelhook.test/v1/jobs/job_1', url])
    expect(requests[1]?.headers.get('authorization')).toBe('Bearer rh_key')
    expect(requests[2]?.headers.get('authorization')).toBeNull()
  })

  it('fails if the new link does not open either', async () => {
    const { reelhook } = playing([
      problem(401, 'unauthorized'),
      json({ id: 'job_1', outputs: [output] }),
      problem(401, 'unauthorized'),
    ])
    await expect(reelhook.download(output)).rejects.toMatchObject({ status: 401, code: 'unauthorized' })
  })

  it('continues where its connection breaks', async () => {
    const { reelhook, requests } = playing([brokenAt(30_000), aFile(file.slice(30_000), 206)])
    expect(await bytesOf(await reelhook.download(output))).toEqual(file)
    expect(requests[1]?.headers.get('range')).toBe('bytes=30000-')
    expect(requests[1]?.headers.get('if-range')).toBe(`"${output.sha256}"`)
  })

  it('continues where its connection ends early without an error', async () => {
    const { reelhook } = playing([aFile(file.slice(0, 30_000)), aFile(file.slice(30_000), 206)])
    expect(await bytesOf(await reelhook.download(output))).toEqual(file)
  })

  it('gives up if the connection breaks again and again', async () => {
    const { reelhook, requests } = playing([brokenAt(30_000), () => new Response(null, { status: 206 })])
    await expect(bytesOf(await reelhook.download(output))).rejects.toMatchObject({ code: 'unreachable' })
    expect(requests).toHaveLength(6)
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const { reelhook } = playing([brokenAt(30_000)])
    const response = await reelhook.download(output, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(bytesOf(response)).rejects.toThrow('enough')
  })

  it.each([
    { name: 'another byte', bytes: file.map((byte, n) => (n === 70_000 ? byte + 1 : byte)) },
    { name: 'one byte more', bytes: new Uint8Array([...file, 0]) },
  ])('fails with $name before its last bytes', async ({ bytes }) => {
    const { reelhook } = playing([aFile(bytes)])
    const { body } = await reelhook.download(output)
    let received = 0
    const read = async () => {
      for await (const part of body ?? []) received += part.length
    }
    await expect(read()).rejects.toMatchObject({ name: 'ReelhookError', code: 'damaged_file' })
    expect(received).toBeLessThan(file.length)
  })

  it('fails if the rest of the file is another file', async () => {
    const { reelhook } = playing([brokenAt(30_000), aFile()])
    await expect(bytesOf(await reelhook.download(output))).rejects.toMatchObject({ code: 'damaged_file' })
  })

  it.each([{ url: null }, { bytes: null }, { sha256: null }])(
    'is refused for an output with %o',
    async (change) => {
      const { reelhook } = playing([aFile()])
      await expect(reelhook.download({ ...output, ...change })).rejects.toMatchObject({ code: 'not_stored' })
    },
  )

  it.each([[[]], [[null]]])('of the first output of %o says that a job may have none', async (outputs) => {
    const { reelhook, requests } = playing([aFile()])
    // As JavaScript calls it, without types.
    const { outputs: [first] = [] } = JSON.parse(JSON.stringify({ outputs }))
    await expect(reelhook.download(first)).rejects.toMatchObject({
      code: 'invalid_argument',
      detail: expect.stringContaining('look at its status, fault and outputs first'),
    })
    expect(requests).toEqual([])
  })

  it('holds no more of the file than is being read', async () => {
    let sent = 0
    const part = new Uint8Array(1_000)
    const endless = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sent += part.length
            controller.enqueue(part)
          },
        }),
      )
    const { reelhook } = playing([endless])
    const { body } = await reelhook.download({ ...output, bytes: 1_000_000_000 })
    const reader = body?.getReader()
    for (const _ of [1, 2, 3]) await reader?.read()
    expect(sent).toBeLessThan(10_000)
    await reader?.cancel()
  })
})
