import { describe, expect, it } from 'vitest'
import { aSimulator, type Stand } from './a-simulator.ts'
import { aFile, upload } from './an-asset.ts'

const announcement = {
  kind: 'image',
  fileName: 'a.png',
  contentType: 'image/png',
  fileSize: 20,
  parts: 2,
}
const png = aFile('image').slice(0, 20)

async function announced(stand: Stand, overrides = {}) {
  return (await stand.scenario('uploads', { ...announcement, ...overrides })).body.upload
}

const put = async (stand: Stand, url: string, body: Uint8Array, headers = {}) =>
  (await stand.get(url, { method: 'PUT', body, headers })).status

describe('an upload', () => {
  it('goes from parts to an asset', async () => {
    const stand = aSimulator()
    const { id, status, parts } = await announced(stand)
    expect([status, parts.map((part: { number: number }) => part.number)]).toEqual(['pending', [1, 2]])
    expect(await put(stand, parts[1].url, png.slice(6))).toBe(200)
    expect(await put(stand, parts[0].url, png.slice(0, 6))).toBe(200)

    const completed = (await stand.scenario(`uploads/${id}/action`, { action: 'complete' })).body.upload
    expect(completed.status).toBe('complete')
    expect(completed).not.toHaveProperty('parts')
    const validating = (await stand.scenario(`uploads/${id}`)).body.upload
    expect(validating.status).toBe('validating')
    expect(validating).not.toHaveProperty('entityId')
    const imported = (await stand.scenario(`uploads/${id}`)).body.upload
    expect(imported).toMatchObject({ status: 'imported', entityId: expect.stringMatching(/^asset_/) })
    expect((await stand.scenario(`assets/${imported.entityId}`)).body.asset).toMatchObject({
      kind: 'image',
      mimeType: 'image/png',
      properties: { size: 20 },
    })
  })

  it.each([
    ['what is no media', new TextEncoder().encode('<html>not found</html>'), 'image', 'is not an image'],
    ['what was announced as something else', aFile('video'), 'image', 'announced as image and is video'],
  ])('fails for %s', async (_, bytes, kind, words) => {
    const failed = await upload(aSimulator(), bytes, kind)
    expect(failed).toMatchObject({ status: 'failed', errorMessage: expect.stringContaining(words) })
    expect(failed).not.toHaveProperty('entityId')
  })

  it('finds out the kind of an asset by itself', async () => {
    const stand = aSimulator()
    const { entityId } = await upload(stand, aFile('audio'), 'asset')
    expect((await stand.scenario(`assets/${entityId}`)).body.asset.kind).toBe('audio')
  })

  it.each([
    ['kind', { kind: 'text' }],
    ['fileName', { fileName: undefined }],
    ['contentType', { contentType: 'png' }],
    ['fileSize', { fileSize: 0 }],
    ['parts', { parts: 0 }],
    ['url', { url: 'https://m.example.test/a.png' }],
  ])('refuses to be announced with a bad %s', async (parameter, overrides) => {
    const { status, body } = await aSimulator().scenario('uploads', { ...announcement, ...overrides })
    expect([status, body.reason]).toEqual([400, expect.stringContaining(`${parameter}: `)])
  })

  it('takes no part from one who shows a key', async () => {
    const stand = aSimulator()
    const { parts } = await announced(stand)
    expect(await put(stand, parts[0].url, png, { authorization: 'Basic a2V5' })).toBe(400)
  })

  it('takes no more bytes than were announced, and does not end with fewer', async () => {
    const stand = aSimulator()
    const { id, parts } = await announced(stand)
    const complete = async () => (await stand.scenario(`uploads/${id}/action`, { action: 'complete' })).body
    expect(await put(stand, parts[0].url, new Uint8Array(21))).toBe(400)
    expect(await put(stand, parts[0].url, png.slice(0, 10))).toBe(200)
    expect((await complete()).reason).toBe('1 of 2 parts have arrived')
    expect(await put(stand, parts[1].url, png.slice(10, 19))).toBe(200)
    expect((await complete()).reason).toContain('20 bytes were announced and 19 have arrived')
    expect(await put(stand, parts[1].url, png.slice(10))).toBe(200)
    expect((await complete()).upload.status).toBe('complete')
    expect((await complete()).reason).toBe('The upload is complete already')
    expect(await put(stand, parts[1].url, png.slice(10))).toBe(404)
  })

  it('knows its own links, for an hour', async () => {
    const stand = aSimulator()
    const [part] = (await announced(stand)).parts
    expect(await put(stand, part.url.replace('/1?', '/2?'), png)).toBe(403)
    expect(part.expires).toBe('2026-01-01T01:00:00.000Z')
    await stand.advance(3_600_001)
    expect(await put(stand, part.url, png)).toBe(403)
  })

  it('knows one action', async () => {
    const stand = aSimulator()
    const { id } = await announced(stand)
    expect((await stand.scenario(`uploads/${id}/action`, { action: 'abort' })).status).toBe(400)
  })
})

describe('an import on request, in the name of the file', () => {
  const statusOf = async (stand: Stand, id: string) =>
    (await stand.scenario(`uploads/${id}`)).body.upload?.status
  const sent = async (stand: Stand, fileName: string) => {
    const { id, parts } = await announced(stand, { fileName, parts: 1 })
    await put(stand, parts[0].url, png)
    await stand.scenario(`uploads/${id}/action`, { action: 'complete' })
    return id
  }

  it('takes as long as it is told', async () => {
    const stand = aSimulator()
    const id = await sent(stand, 'sim(import=60)boat.png')
    await stand.advance(59_999)
    expect([await statusOf(stand, id), await statusOf(stand, id)]).toEqual(['validating', 'validating'])
    await stand.advance(1)
    expect(await statusOf(stand, id)).toBe('imported')
  })

  it('never ends', async () => {
    const stand = aSimulator()
    const id = await sent(stand, 'sim(import=never)boat.png')
    await stand.advance(24 * 3_600_000)
    expect([await statusOf(stand, id), await statusOf(stand, id)]).toEqual(['validating', 'validating'])
  })

  it('is forgotten, so many times', async () => {
    const stand = aSimulator()
    const forgotten = await sent(stand, 'sim(import=lost*1)boat.png')
    expect((await stand.scenario(`uploads/${forgotten}`)).status).toBe(404)
    expect(await statusOf(stand, await sent(stand, 'sim(import=lost*1)boat.png'))).toBe('validating')
  })

  it.each(['sim(import=soon)boat.png', 'sim(imports=1)boat.png'])('refuses %s', async (fileName) => {
    expect((await aSimulator().scenario('uploads', { ...announcement, fileName })).status).toBe(400)
  })
})
