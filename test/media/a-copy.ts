/** downloadVideo with fake hosts on one side and the runtime's R2 on the other. */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Fetch } from '../../src/connections.ts'
import type { Result } from '../../src/core/fault.ts'
import { type DownloadSettings, downloadVideo } from '../../src/media/save-video.ts'
import type { StoredObject } from '../../src/media/write.ts'
import { createGuard } from '../../src/url-guard/guard.ts'
import { joined } from '../support/assets.ts'
import { objectKeys } from '../support/storage.ts'
import { world } from '../support/world.ts'

export const partBytes = 5 * 1024 * 1024
export const videoUrl = 'https://media.test/boat.mp4?signature=abc'

/** A file of this size, at least 48 bytes, with the structure of an MP4. No two kilobytes of its content are equal. */
export function aVideo(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes - 48)
  for (let at = 0; at < content.length; at++) content[at] = (at * 31 + (at >> 10)) & 255
  const brand = new TextEncoder().encode('isom\0\0\0\0')
  return joined([aBox('ftyp', brand), aBox('moov', aBox('trak', new Uint8Array(8))), aBox('mdat', content)])
}

/** ISO/IEC 14496-12 §4.2. */
export function aBox(name: string, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(8)
  new DataView(header.buffer).setUint32(0, 8 + content.length)
  header.set(new TextEncoder().encode(name), 4)
  return joined([header, content])
}

/** A body as it arrives over a network: in chunks, without a length, and possibly broken off at its end. */
export function aStream(bytes: Uint8Array, end: 'whole' | 'broken' = 'whole'): ReadableStream {
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const send = async () => {
    for (let at = 0; at < bytes.length; at += 64 * 1024)
      await writer.write(bytes.subarray(at, at + 64 * 1024))
    await (end === 'whole' ? writer.close() : writer.abort(new Error('connection reset')))
  }
  // A reader that stops early makes the writes fail, which is expected.
  send().catch(() => undefined)
  return readable
}

export function anAnswer(
  body: Uint8Array | ReadableStream | null,
  headers: Record<string, string> = {},
): Response {
  const stream = body instanceof Uint8Array ? aStream(body) : body
  return new Response(stream, { headers: { 'content-type': 'video/mp4', ...headers } })
}

/** A video without a length, of which a part arrives every 25 seconds. */
export function aSlowVideo(parts: number, onPart: () => Promise<unknown>): Response {
  const partBytes = 300 * 1024
  const video = aVideo(parts * partBytes)
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const send = async () => {
    for (let n = 0; n < parts; n++) {
      await writer.write(video.subarray(n * partBytes, (n + 1) * partBytes))
      await world.advance(25_000)
      await onPart()
    }
    await writer.close()
  }
  send().catch((error) => writer.abort(error))
  return new Response(readable, { headers: { 'content-type': 'video/mp4' } })
}

export interface Copying {
  result: Result<StoredObject>
  /** The object's key, which only this download uses. */
  key: string
  /** Every request to the host. */
  requests: Request[]
  /** Every multipart upload that was started. */
  uploads: R2MultipartUpload[]
}

/** Downloads from a host with this response, into an object of its own. */
export async function copyFrom(
  answer: (request: Request) => Response | Promise<Response>,
  settings: Partial<DownloadSettings> = {},
  url = videoUrl,
  name: string = crypto.randomUUID(),
): Promise<Copying> {
  const requests: Request[] = []
  const uploads: R2MultipartUpload[] = []
  const fetch: Fetch = async (request, startTimers) => {
    startTimers()
    requests.push(request)
    return answer(request)
  }
  const guard = createGuard(world.edges, { reach: 'public', dnsCheckUrl: null })
  const defaults = {
    guard,
    maxBytes: 100_000_000,
    onProgress: async () => undefined,
    timeLeftMs: () => 12 * 60_000,
  }
  const result = await downloadVideo(
    { ...defaults, bucket: watched(env.BUCKET, uploads), fetch, ...settings },
    url,
    (extension) => `copies/${name}.${extension}`,
  )
  return { result, key: `copies/${name}.mp4`, requests, uploads }
}

/** Expects that the download failed with this fault and left nothing: no object, no open upload, no connection. */
export async function expectNothingLeft({ result, key, requests, uploads }: Copying, code: string) {
  expect(result).toMatchObject({ ok: false, fault: { code } })
  expect(await objectKeys(key.replace(/\.\w+$/, ''))).toEqual([])
  for (const upload of uploads) await expectClosed(upload)
  expect(requests.at(-1)?.signal.aborted ?? true).toBe(true)
}

/** A completed or aborted upload rejects further parts. */
export async function expectClosed({ key, uploadId }: R2MultipartUpload): Promise<void> {
  const again = env.BUCKET.resumeMultipartUpload(key, uploadId)
  await expect(again.uploadPart(1, new Uint8Array(1))).rejects.toThrow()
}

export function watched(bucket: R2Bucket, uploads: R2MultipartUpload[]): R2Bucket {
  const createMultipartUpload: R2Bucket['createMultipartUpload'] = async (key, options) => {
    const upload = await bucket.createMultipartUpload(key, options)
    uploads.push(upload)
    return upload
  }
  return withMethods(bucket, { createMultipartUpload })
}

/** The object with some methods replaced. */
export function withMethods<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      if (name in methods) return Reflect.get(methods, name)
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
