/** The upload endpoint: its responses, and the objects and rows that an upload leaves. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { sign, signingKey } from '../../src/core/crypto/derived-keys.ts'
import { aStream, aVideo, expectClosed, watched } from '../media/a-copy.ts'
import { deadDatabase } from '../support/api-call.ts'
import { callbackPathOf } from '../support/provider-webhooks.ts'
import { api, getJob, postJob, rowsOf, untilSubmitted } from '../support/reelhook.ts'
import { deadQueue, fetchWith } from '../support/runtime.ts'
import { escaped, otherBits } from '../support/spellings.ts'
import { objectKeys, select } from '../support/storage.ts'
import { anAwaitingJob, putAt, receivedOf, uploadPathOf } from '../support/uploads.ts'
import { sha256Of } from '../support/videos.ts'
import { publicBaseUrl } from '../support/world.ts'

const partBytes = 5 * 1024 * 1024
const nothingWorks = { DB: deadDatabase as unknown as D1Database, RESULTS: deadQueue }

async function arrivalOf(id: string): Promise<{ key: string; bytes: number; sha256: string } | null> {
  const [row] = await select<{ received_video: string | null }>(
    'SELECT received_video FROM tasks WHERE job_id = ?',
    id,
  )
  return JSON.parse(row?.received_video ?? 'null')
}

async function putWith(
  bindings: Partial<Env>,
  path: string,
  body: BodyInit,
  headers = {},
): Promise<Response> {
  return fetchWith(bindings, new Request(`${publicBaseUrl}${path}`, { method: 'PUT', headers, body }))
}

/** A database that can be read and refuses every write. */
const readOnlyDatabase = new Proxy(env.DB, {
  get(database, name) {
    if (name === 'batch') return () => Promise.reject(new Error('D1_ERROR: the database is down'))
    const value = Reflect.get(database, name)
    return typeof value === 'function' ? value.bind(database) : value
  },
})

describe('an uploaded video', () => {
  it.each([64, partBytes - 1, partBytes, partBytes + 1, 11_000_000])(
    'is stored in R2 unchanged, with or without a Content-Length: %i bytes',
    async (bytes) => {
      for (const headers of [{ 'content-length': `${bytes}` }, {}]) {
        const id = await anAwaitingJob()
        const video = aVideo(bytes)
        const response = await putAt(await uploadPathOf(id), aStream(video), headers)
        expect([response.status, await response.text()]).toEqual([200, 'ok'])
        const receivedVideo = await arrivalOf(id)
        expect(receivedVideo).toMatchObject({ bytes, sha256: await sha256Of(video) })
        expect(await objectKeys(`jobs/${id}/`)).toEqual([receivedVideo?.key])
        const object = await env.BUCKET.get(receivedVideo?.key ?? '')
        expect(object?.httpMetadata?.contentType).toBe('video/mp4')
        expect(await sha256Of(new Uint8Array((await object?.arrayBuffer()) ?? []))).toBe(
          receivedVideo?.sha256,
        )
      }
    },
  )

  it('gets its type from its first bytes, not from its label', async () => {
    const id = await anAwaitingJob()
    const headers = { 'content-type': 'application/octet-stream' }
    expect((await putAt(await uploadPathOf(id), aVideo(1_000), headers)).status).toBe(200)
  })

  it('may be sent to the URL with a slash at its end', async () => {
    const id = await anAwaitingJob()
    expect((await putAt(`${await uploadPathOf(id)}/`, aVideo(1_000))).status).toBe(200)
  })

  it('does not end its task', async () => {
    const id = await anAwaitingJob()
    await putAt(await uploadPathOf(id), aVideo(1_000))
    expect(await getJob(id)).toMatchObject({ status: 'generating', outputs: [] })
  })

  it('changes nothing if it is uploaded again', async () => {
    const id = await anAwaitingJob()
    const path = await uploadPathOf(id)
    await putAt(path, aVideo(1_000))
    const [rows, receivedVideo] = [await rowsOf(id), await arrivalOf(id)]
    expect((await putAt(path, aVideo(1_000))).status).toBe(200)
    expect(await arrivalOf(id)).toEqual(receivedVideo)
    expect((await rowsOf(id))[1]).toEqual(rows[1])
    expect(await objectKeys(`jobs/${id}/`)).toEqual([receivedVideo?.key])
    expect(receivedOf(id)).toEqual(['stored', 'repeated'])
  })

  it('replaces another whole video that is uploaded at the same time', async () => {
    const id = await anAwaitingJob()
    const path = await uploadPathOf(id)
    const videos = [aVideo(6_000_000), aVideo(7_000_000)]
    const answers = await Promise.all(videos.map((video) => putAt(path, aStream(video))))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(receivedOf(id)).toEqual(['stored', 'stored'])
    const receivedVideo = await arrivalOf(id)
    expect(await Promise.all(videos.map(sha256Of))).toContain(receivedVideo?.sha256)
    // The other stays until the job ends, because a step may be reading it.
    expect(await objectKeys(`jobs/${id}/`)).toContain(receivedVideo?.key)
    expect(await objectKeys(`jobs/${id}/`)).toHaveLength(2)
    const object = await env.BUCKET.get(receivedVideo?.key ?? '')
    expect(await sha256Of(new Uint8Array((await object?.arrayBuffer()) ?? []))).toBe(receivedVideo?.sha256)
  })

  it('is accepted when the queue is down, and its job is due', async () => {
    const id = await anAwaitingJob()
    expect((await putWith({ RESULTS: deadQueue }, await uploadPathOf(id), aVideo(1_000))).status).toBe(200)
    const [job] = await select<{ due_at: number }>('SELECT due_at FROM jobs WHERE id = ?', id)
    const receivedVideo = await arrivalOf(id)
    expect(job?.due_at).toBe((receivedVideo as unknown as { arrivedAt: number }).arrivedAt)
  })
})

describe('a refused upload', () => {
  it.each([
    ['a page', '<!doctype html><title>Bad gateway</title>', 415],
    ['eight bytes that look like the header of a video', '\0\0\0\u0008ftyp', 415],
    ['the header of a video and noise', `\0\0\0\u0010ftypisom\0\0\0\0${'x'.repeat(9_000)}`, 415],
    ['a picture', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]), 415],
    ['nothing', '', 400],
    ['no body', null, 400],
  ])('is %s', async (_, body, status) => {
    const id = await anAwaitingJob()
    expect((await putAt(await uploadPathOf(id), body)).status).toBe(status)
    expect(await arrivalOf(id)).toBeNull()
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })

  it.each([1_000_000, 11_000_000])('is a video that ends after %i of its bytes', async (bytes) => {
    for (const headers of [{ 'content-length': `${bytes * 2}` }, {}]) {
      const id = await anAwaitingJob()
      const uploads: R2MultipartUpload[] = []
      const broken = aStream(aVideo(bytes), 'broken')
      const BUCKET = watched(env.BUCKET, uploads)
      expect((await putWith({ BUCKET }, await uploadPathOf(id), broken, headers)).status).toBe(400)
      expect(await arrivalOf(id)).toBeNull()
      expect(await objectKeys(`jobs/${id}/`)).toEqual([])
      for (const upload of uploads) await expectClosed(upload)
    }
  })

  it('is larger than allowed, with or without a Content-Length: 413', async () => {
    for (const headers of [{ 'content-length': '11000000' }, {}]) {
      const id = await anAwaitingJob()
      const settings = { MAX_OUTPUT_BYTES: '10000000' } as Partial<Env>
      const response = await putWith(settings, await uploadPathOf(id), aStream(aVideo(11_000_000)), headers)
      expect(response.status).toBe(413)
      expect(await objectKeys(`jobs/${id}/`)).toEqual([])
    }
  })

  it.each([
    ['a job that does not exist', async () => uploadPathOf('job_00000000000000000000000000')],
    ['a task that does not exist', async () => uploadPathOf(await anAwaitingJob(), 1)],
    ['a job whose video is downloaded', async () => uploadPathOf(await aDownloadedJob())],
  ])('is for %s: 410', async (_, pathOf) => {
    const path = await pathOf()
    expect((await putAt(path, aVideo(1_000))).status).toBe(410)
    expect(await objectKeys(`jobs/${path.split('/')[2]}/`)).toEqual([])
  })

  it('is not a PUT: 404', async () => {
    const path = await uploadPathOf(await anAwaitingJob())
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect((await api(path, { method, headers: { authorization: '' } })).status).toBe(404)
    }
  })
})

describe('a forged URL', () => {
  let id: string
  let other: string

  beforeAll(async () => {
    id = await anAwaitingJob()
    other = await anAwaitingJob()
  })

  const withToken = async (token: string) => (await uploadPathOf(id)).replace(/[^/]+$/, token)
  const tokenOf = async (path: Promise<string>) => (await path).split('/').at(-1) ?? ''
  const signedFor = async (purpose: string, text: string) =>
    withToken(await sign(await signingKey([env.SIGNING_SECRET], purpose), text))

  const forgeries: [string, () => Promise<string>][] = [
    ['a wrong token', () => withToken('A'.repeat(43))],
    ["another job's token", async () => withToken(await tokenOf(uploadPathOf(other)))],
    ["another line's token", async () => withToken(await tokenOf(uploadPathOf(id, 1)))],
    ["the token of the job's webhooks", async () => withToken(await tokenOf(callbackPathOf(id)))],
    ["another provider's webhook token", async () => withToken(await tokenOf(callbackPathOf(id, 'crun')))],
    ['a token for the same text under another key', () => signedFor('provider webhooks', `${id}/0`)],
    ['the signature of a link', () => signedFor('links', `${id}/0`)],
    ['another spelling of the task number', async () => (await uploadPathOf(id)).replace('/0/', '/00/')],
    ['a token with an escaped letter', async () => escaped(await uploadPathOf(id))],
    ['a token with other unused bits at its end', async () => otherBits(await uploadPathOf(id))],
    ['a token that is too short', async () => (await uploadPathOf(id)).slice(0, -1)],
    ['a token that is no base64', () => withToken('%F0%9F%9B%B6')],
  ]

  it.each(forgeries)('has %s: 404, and storage is neither read nor written', async (_, pathOf) => {
    const path = await pathOf()
    expect((await putAt(path, aVideo(1_000))).status).toBe(404)
    expect(await arrivalOf(id)).toBeNull()
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
    // If the database were used, this would be a 503.
    expect((await putWith(nothingWorks, path, aVideo(1_000))).status).toBe(404)
  })

  it('is refused by every other endpoint, even with a valid upload token', async () => {
    const path = await withToken(await tokenOf(uploadPathOf(id)))
    const webhook = path.replace('/uploads/', '/webhooks/').replace(`${id}/0`, `runware/${id}`)
    expect((await api(webhook, { method: 'POST', headers: { authorization: '' }, body: '{}' })).status).toBe(
      404,
    )
  })
})

describe('an upload while storage fails', () => {
  it('stores nothing if D1 fails at first: 503 with Retry-After', async () => {
    const id = await anAwaitingJob()
    const response = await putWith(nothingWorks, await uploadPathOf(id), aVideo(1_000))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })

  it('keeps the object until the job ends if D1 fails to record it, because it may be recorded', async () => {
    const id = await anAwaitingJob()
    const path = await uploadPathOf(id)
    const response = await putWith({ DB: readOnlyDatabase }, path, aVideo(1_000))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await arrivalOf(id)).toBeNull()
    expect((await putAt(path, aVideo(1_000))).status).toBe(200)
    expect((await objectKeys(`jobs/${id}/`)).length).toBe(2)
    expect((await api(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200)
    expect(await objectKeys(`jobs/${id}/`)).toEqual([])
  })

  it('records nothing if R2 fails: 503 with Retry-After', async () => {
    const id = await anAwaitingJob()
    const BUCKET = new Proxy(env.BUCKET, {
      get: (bucket, name) =>
        name === 'put'
          ? () => Promise.reject(new Error('R2 is down'))
          : Reflect.get(bucket, name).bind(bucket),
    })
    const response = await putWith({ BUCKET }, await uploadPathOf(id), aStream(aVideo(1_000_000)))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await arrivalOf(id)).toBeNull()
  })
})

async function aDownloadedJob(): Promise<string> {
  const { id } = await postJob({ prompt: 'A paper boat sim(webhook=lost)' })
  await untilSubmitted(id)
  return id
}
