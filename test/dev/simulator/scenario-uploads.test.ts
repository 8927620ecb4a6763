import { describe, expect, it } from 'vitest'
import { aSimulator, type TestSimulator } from './a-simulator.ts'
import { aFile, upload } from './an-asset.ts'

const announcement = {
  kind: 'image',
  fileName: 'a.png',
  contentType: 'image/png',
  fileSize: 20,
  parts: 2,
}
const png = aFile('image').slice(0, 20)

async function announced(sim: TestSimulator, overrides = {}) {
  return (await sim.scenario('uploads', { ...announcement, ...overrides })).body.upload
}

const put = async (sim: TestSimulator, url: string, body: Uint8Array, headers = {}) =>
  (await sim.get(url, { method: 'PUT', body, headers })).status

describe('an upload', () => {
  it('becomes an asset once its parts are complete', async () => {
    const sim = aSimulator()
    const { id, status, parts } = await announced(sim)
    expect([status, parts.map((part: { number: number }) => part.number)]).toEqual(['pending', [1, 2]])
    expect(await put(sim, parts[1].url, png.slice(6))).toBe(200)
    expect(await put(sim, parts[0].url, png.slice(0, 6))).toBe(200)

    const completed = (await sim.scenario(`uploads/${id}/action`, { action: 'complete' })).body.upload
    expect(completed.status).toBe('complete')
    expect(completed).not.toHaveProperty('parts')
    const validating = (await sim.scenario(`uploads/${id}`)).body.upload
    expect(validating.status).toBe('validating')
    expect(validating).not.toHaveProperty('entityId')
    const imported = (await sim.scenario(`uploads/${id}`)).body.upload
    expect(imported).toMatchObject({ status: 'imported', entityId: expect.stringMatching(/^asset_/) })
    expect((await sim.scenario(`assets/${imported.entityId}`)).body.asset).toMatchObject({
      kind: 'image',
      mimeType: 'image/png',
      properties: { size: 20 },
    })
  })

  it.each([
    [
      'a file that is not media',
      new TextEncoder().encode('<html>not found</html>'),
      'image',
      'is not an image',
    ],
    ['a file announced as another kind', aFile('video'), 'image', 'announced as image and is video'],
  ])('fails for %s', async (_, bytes, kind, message) => {
    const failed = await upload(aSimulator(), bytes, kind)
    expect(failed).toMatchObject({ status: 'failed', errorMessage: expect.stringContaining(message) })
    expect(failed).not.toHaveProperty('entityId')
  })

  it('detects the kind of an asset', async () => {
    const sim = aSimulator()
    const { entityId } = await upload(sim, aFile('audio'), 'asset')
    expect((await sim.scenario(`assets/${entityId}`)).body.asset.kind).toBe('audio')
  })

  it.each([
    ['kind', { kind: 'text' }],
    ['fileName', { fileName: undefined }],
    ['contentType', { contentType: 'png' }],
    ['fileSize', { fileSize: 0 }],
    ['parts', { parts: 0 }],
    ['url', { url: 'https://m.example.test/a.png' }],
  ])('is refused with an invalid %s', async (parameter, overrides) => {
    const { status, body } = await aSimulator().scenario('uploads', { ...announcement, ...overrides })
    expect([status, body.reason]).toEqual([400, expect.stringContaining(`${parameter}: `)])
  })

  it('refuses a part with an Authorization header', async () => {
    const sim = aSimulator()
    const { parts } = await announced(sim)
    expect(await put(sim, parts[0].url, png, { authorization: 'Basic a2V5' })).toBe(400)
  })

  it('refuses more bytes than announced, and cannot be completed with fewer', async () => {
    const sim = aSimulator()
    const { id, parts } = await announced(sim)
    const complete = async () => (await sim.scenario(`uploads/${id}/action`, { action: 'complete' })).body
    expect(await put(sim, parts[0].url, new Uint8Array(21))).toBe(400)
    expect(await put(sim, parts[0].url, png.slice(0, 10))).toBe(200)
    expect((await complete()).reason).toBe('1 of 2 parts have arrived')
    expect(await put(sim, parts[1].url, png.slice(10, 19))).toBe(200)
    expect((await complete()).reason).toContain('20 bytes were announced and 19 have arrived')
    expect(await put(sim, parts[1].url, png.slice(10))).toBe(200)
    expect((await complete()).upload.status).toBe('complete')
    expect((await complete()).reason).toBe('The upload is already complete')
    expect(await put(sim, parts[1].url, png.slice(10))).toBe(404)
  })

  it('refuses a part with a changed link, or after an hour', async () => {
    const sim = aSimulator()
    const [part] = (await announced(sim)).parts
    expect(await put(sim, part.url.replace('/1?', '/2?'), png)).toBe(403)
    expect(part.expires).toBe('2026-01-01T01:00:00.000Z')
    await sim.advance(3_600_001)
    expect(await put(sim, part.url, png)).toBe(403)
  })

  it('refuses an unknown action', async () => {
    const sim = aSimulator()
    const { id } = await announced(sim)
    expect((await sim.scenario(`uploads/${id}/action`, { action: 'abort' })).status).toBe(400)
  })
})

describe('an import, by a directive in the file name', () => {
  const statusOf = async (sim: TestSimulator, id: string) =>
    (await sim.scenario(`uploads/${id}`)).body.upload?.status
  const sent = async (sim: TestSimulator, fileName: string) => {
    const { id, parts } = await announced(sim, { fileName, parts: 1 })
    await put(sim, parts[0].url, png)
    await sim.scenario(`uploads/${id}/action`, { action: 'complete' })
    return id
  }

  it('takes the given number of seconds', async () => {
    const sim = aSimulator()
    const id = await sent(sim, 'sim(import=60)boat.png')
    await sim.advance(59_999)
    expect([await statusOf(sim, id), await statusOf(sim, id)]).toEqual(['validating', 'validating'])
    await sim.advance(1)
    expect(await statusOf(sim, id)).toBe('imported')
  })

  it('never ends', async () => {
    const sim = aSimulator()
    const id = await sent(sim, 'sim(import=never)boat.png')
    await sim.advance(24 * 3_600_000)
    expect([await statusOf(sim, id), await statusOf(sim, id)]).toEqual(['validating', 'validating'])
  })

  it('is lost for the given number of times', async () => {
    const sim = aSimulator()
    const forgotten = await sent(sim, 'sim(import=lost*1)boat.png')
    expect((await sim.scenario(`uploads/${forgotten}`)).status).toBe(404)
    expect(await statusOf(sim, await sent(sim, 'sim(import=lost*1)boat.png'))).toBe('validating')
  })

  it.each(['sim(import=soon)boat.png', 'sim(imports=1)boat.png'])('refuses %s', async (fileName) => {
    expect((await aSimulator().scenario('uploads', { ...announcement, fileName })).status).toBe(400)
  })
})
