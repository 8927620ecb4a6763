/** Refused and hostile uploads: each response has the reason, and nothing is stored. */
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { maxBytesByKind } from '../../../src/assets/upload.ts'
import { aStream, expectClosed, watched, withMethods } from '../../media/a-copy.ts'
import { ask } from '../../support/api-call.ts'
import {
  aFile,
  aForm,
  boundary,
  bytesIn,
  formType,
  joined,
  type TakenType,
  upload,
} from '../../support/assets.ts'
import { expectProblem, pathsOf } from '../../support/problem.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
import { world } from '../../support/world.ts'

const partBytes = 5 * 1024 * 1024
const png = { 'content-type': 'image/png' }
const mp4 = { 'content-type': 'video/mp4' }
const length = (bytes: number) => ({ 'content-length': String(bytes) })

// Nothing that this file uploads is stored.
afterEach(async () => {
  expect(await objectKeys()).toEqual([])
  expect(await countRows('assets')).toBe(0)
})

/** Calls the Worker directly: between two local Workers a broken body only ends early. */
async function uploadBroken(body: ReadableStream, headers: Record<string, string>): Promise<Response> {
  const uploads: R2MultipartUpload[] = []
  const authorization = `Bearer ${env.ADMIN_API_KEY}`
  const init = { method: 'POST', body, headers: { authorization, ...headers } }
  const response = await ask('/v1/assets', init, { BUCKET: watched(env.BUCKET, uploads) })
  for (const begun of uploads) await expectClosed(begun)
  return response
}

describe('an upload without a file', () => {
  it.each<[string, BodyInit | null, Record<string, string>]>([
    ['without a body', null, png],
    ['with an empty body', new Uint8Array(), png],
    ['with an empty body without a Content-Length', aStream(new Uint8Array()), png],
    ['with an empty file in its form', aForm([{ fileName: 'boat.png', content: '' }]), formType],
    ['with no field in its form', aForm([]), formType],
    ['with another field', aForm([{ name: 'picture', content: aFile('image/png') }]), formType],
    ['with two files', aForm([{ content: aFile('image/png') }, { content: aFile('image/png') }]), formType],
    [
      'with a field after a large file',
      aForm([{ content: aFile('video/mp4', 6_000_000) }, { name: 'title', content: 'A boat' }]),
      formType,
    ],
  ])('is refused %s', async (_, body, headers) => {
    const problem = await expectProblem(await upload(body, headers), 422, 'invalid_request')
    expect(pathsOf(problem)).toEqual(['file'])
  })
})

describe('an upload of an unsupported type', () => {
  it.each<[string, BodyInit, string]>([
    ['an HTML page', '<!doctype html><script>alert(1)</script>', 'text/html'],
    ['an HTML page declared as an image', '<!doctype html><script>alert(1)</script>', 'image/png'],
    ['an SVG drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml'],
    ['JSON', '{"url":"https://example.com/boat.png"}', 'application/json'],
    ['too few bytes to detect a type', '\x89PN', 'image/png'],
    ['bytes of no type', new Uint8Array(1_000), 'application/octet-stream'],
    ['a PNG that curl sent with -d', aFile('image/png'), 'application/x-www-form-urlencoded'],
  ])('is refused: %s', async (_, body, type) => {
    await expectProblem(await upload(body, { 'content-type': type }), 415, 'unsupported_media_type')
  })

  it('is refused in a form, with a list of the supported types', async () => {
    const form = aForm([{ fileName: 'boat.png', type: 'image/png', content: '<!doctype html>' }])
    const { detail } = await expectProblem(await upload(form, formType), 415, 'unsupported_media_type')
    expect(detail).toContain('begins as none of the accepted types: image/png, image/jpeg')
  })

  it('is refused if curl sent it with -d, with the option to use', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { detail } = await expectProblem(
      await upload(aFile('image/jpeg'), headers),
      415,
      'unsupported_media_type',
    )
    expect(detail).toContain('--data-binary')
  })
})

describe('an upload that is too large', () => {
  it.each<[TakenType, number]>([
    ['image/png', maxBytesByKind.image],
    ['audio/mpeg', maxBytesByKind.audio],
    ['video/mp4', maxBytesByKind.video],
  ])('is refused by its Content-Length, with the limit of its kind: %s', async (type, maxBytes) => {
    const headers = { 'content-type': type, ...length(maxBytes + 1) }
    const { detail } = await expectProblem(await upload(aStream(aFile(type)), headers), 413, 'too_large')
    expect(detail).toContain(`${maxBytes} bytes`)
  })

  it.each<[TakenType, number, Record<string, string>]>([
    ['audio/wav', maxBytesByKind.audio, { 'content-type': 'audio/wav' }],
    ['audio/wav', maxBytesByKind.audio, { 'content-type': 'application/octet-stream' }],
    ['image/jpeg', maxBytesByKind.image, { 'content-type': 'image/jpeg' }],
  ])('is refused by its size without a Content-Length: %s', async (type, maxBytes, headers) => {
    const { detail } = await expectProblem(
      await uploadBroken(aStream(aFile(type, maxBytes + 1)), headers),
      413,
      'too_large',
    )
    expect(detail).toContain(`${maxBytes} bytes`)
  })

  it('is refused in a form', async () => {
    const form = aForm([{ type: 'audio/mpeg', content: aFile('audio/mpeg', maxBytesByKind.audio + 1) }])
    await expectProblem(await uploadBroken(aStream(form), formType), 413, 'too_large')
  })

  it('is refused in a form that never reaches its file', async () => {
    const chunk = bytesIn('a boat '.repeat(10_000))
    const { readable, writable } = new IdentityTransformStream()
    const writer = writable.getWriter()
    const send = async () => {
      for (;;) await writer.write(chunk)
    }
    send().catch(() => undefined)
    await expectProblem(await uploadBroken(readable, formType), 413, 'too_large')
  })
})

describe('an incomplete body', () => {
  const file = aFile('video/mp4', partBytes + 300_000)
  const form = aForm([{ type: 'video/mp4', content: file }])

  it.each<[string, ReadableStream, Record<string, string>]>([
    ['breaks off at the start', aStream(new Uint8Array(), 'broken'), mp4],
    ['breaks off within the first part', aStream(file.subarray(0, 300_000), 'broken'), mp4],
    ['breaks off after the first part', aStream(file, 'broken'), mp4],
    ['breaks off before its Content-Length', aStream(file, 'broken'), { ...mp4, ...length(6_000_000) }],
    ['ends before its Content-Length', aStream(file), { ...mp4, ...length(file.length + 1) }],
    ['is longer than its Content-Length', aStream(file), { ...mp4, ...length(file.length - 1) }],
    ['breaks off in a form', aStream(form.subarray(0, -300_000), 'broken'), formType],
    ['ends in the file of a form', aStream(form.subarray(0, -300_000)), formType],
    ['ends in the last boundary of a form', aStream(form.subarray(0, -4)), formType],
    ['ends in the headers of a form', aStream(form.subarray(0, 60)), formType],
    ['is not a form', aStream(file), formType],
    ['has a form without a boundary', aStream(form), { 'content-type': 'multipart/form-data' }],
    [
      'has a form with a file name that cannot be decoded',
      aStream(
        joined([
          bytesIn(`--${boundary}\r\nContent-Disposition: form-data; name=file; filename*=UTF-8''%ZZ\r\n\r\n`),
          file,
        ]),
      ),
      formType,
    ],
  ])('is refused when it %s', async (_, body, headers) => {
    await expectProblem(await uploadBroken(body, headers), 400, 'unreadable_body')
  })
})

describe('an upload that fails', () => {
  it('without a key is not read', async () => {
    const before = world.logs.length
    await expectProblem(await upload(aFile('image/png'), { ...png, authorization: '' }), 401, 'unauthorized')
    expect(world.logs).toHaveLength(before)
  })

  it.each([
    ['with a Content-Length', length(6_000_000)],
    ['without a Content-Length', {}],
  ])('because the bucket is down returns 500: %s', async (_, lengthHeader) => {
    const bucket = withMethods(env.BUCKET, {
      put: () => Promise.reject(new Error('R2 is down')),
      createMultipartUpload: () => Promise.reject(new Error('R2 is down')),
    })
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, ...mp4, ...lengthHeader }
    const init = { method: 'POST', body: aStream(aFile('video/mp4', 6_000_000)), headers }
    await expectProblem(await ask('/v1/assets', init, { BUCKET: bucket }), 500, 'internal')
  })

  it('because its row cannot be written leaves no object', async () => {
    const dead = {
      prepare(sql: string) {
        if (/^insert/i.test(sql)) throw new Error('D1_ERROR: the database is down')
        return env.DB.prepare(sql)
      },
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    }
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, ...png }
    const init = { method: 'POST', body: aStream(aFile('image/png')), headers }
    await expectProblem(await ask('/v1/assets', init, { DB: dead }), 503, 'unavailable')
  })

  it('is logged with the code of its fault, without its file name', async () => {
    const form = aForm([{ fileName: 'secret.png', type: 'image/png', content: '<!doctype html>' }])
    await upload(form, formType)
    const line = world.logs.findLast(({ event }) => event === 'asset.stored')
    expect(line?.fields).toMatchObject({ fault: 'media_wrong_type' })
    expect(JSON.stringify(world.logs)).not.toContain('secret.png')
  })
})
