/** Uploads of input media: a file or a form, streamed into R2, with a type detected from the first bytes. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { aStream } from '../../media/a-copy.ts'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import {
  aFile,
  aForm,
  anAsset,
  formType,
  type TakenType,
  takenTypes,
  upload,
  uploaded,
} from '../../support/assets.ts'
import { expectProblem } from '../../support/problem.ts'
import { api } from '../../support/reelhook.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
import { bytesOf, sha256Of } from '../../support/videos.ts'
import { world } from '../../support/world.ts'

const partBytes = 5 * 1024 * 1024
// Sizes around each boundary: the bytes that show a type, one read, one part.
const sizes = [64, 1_000, 262_144, 262_145, partBytes - 1, partBytes, partBytes + 1, 11_000_000]

async function storedUnder(id: string): Promise<Uint8Array> {
  return bytesOf((await env.BUCKET.get(`assets/${id}`))?.body ?? null)
}

describe('an upload', () => {
  it.each(takenTypes)('of %s is stored and shown', async (type) => {
    const file = aFile(type)
    const response = await upload(file, { 'content-type': type })
    expect(response.status, await response.clone().text()).toBe(201)
    const asset = await response.json<Record<string, unknown>>()
    expect(asset).toEqual({
      id: expect.stringMatching(/^asset_[0-9a-z]{26}$/),
      kind: type.split('/')[0],
      content_type: type,
      bytes: file.length,
      sha256: await sha256Of(file),
      file_name: null,
      job_id: null,
      width: null,
      height: null,
      duration_seconds: null,
      created_at: new Date(world.edges.now()).toISOString(),
    })
    expect(response.headers.get('location')).toBe(`/v1/assets/${asset.id}`)
    const shown = await api(`/v1/assets/${asset.id}`)
    expect([shown.status, await shown.json()]).toEqual([200, asset])
    expect(await sha256Of(await storedUnder(String(asset.id)))).toBe(asset.sha256)
  })

  it.each(sizes)('with a Content-Length is stored unchanged: %i bytes', async (bytes) => {
    const file = aFile('video/mp4', bytes)
    const asset = await uploaded(aStream(file), { 'content-type': 'video/mp4', 'content-length': `${bytes}` })
    expect(asset).toMatchObject({ bytes, sha256: await sha256Of(file) })
    expect(await sha256Of(await storedUnder(asset.id))).toBe(asset.sha256)
  })

  it.each(sizes)('without a Content-Length is stored unchanged: %i bytes', async (bytes) => {
    const file = aFile('video/mp4', bytes)
    const asset = await uploaded(aStream(file), { 'content-type': 'video/mp4' })
    expect(asset).toMatchObject({ bytes, sha256: await sha256Of(file) })
    expect(await sha256Of(await storedUnder(asset.id))).toBe(asset.sha256)
  })

  it.each(sizes)('in a form is stored unchanged: %i bytes', async (bytes) => {
    const file = aFile('video/mp4', bytes)
    const form = aForm([{ fileName: 'boat.mp4', type: 'video/mp4', content: file }])
    const asset = await uploaded(aStream(form), formType)
    expect(asset).toMatchObject({ bytes, sha256: await sha256Of(file), file_name: 'boat.mp4' })
    expect(await sha256Of(await storedUnder(asset.id))).toBe(asset.sha256)
  })

  it('can be a form that the platform made', async () => {
    const form = new FormData()
    form.set('file', new File([aFile('image/jpeg')], 'das Schiff 小船.jpg', { type: 'image/jpeg' }))
    expect(await uploaded(form)).toMatchObject({ kind: 'image', file_name: 'das Schiff 小船.jpg' })
  })

  it.each<[string, TakenType]>([
    ['application/octet-stream', 'audio/wav'],
    ['image/jpg', 'image/jpeg'],
    ['VIDEO/MP4; codecs="avc1"', 'video/mp4'],
  ])('declared as %s is stored with its real type', async (declared, type) => {
    expect(await uploaded(aFile(type), { 'content-type': declared })).toMatchObject({ content_type: type })
  })

  it('can have a file name', async () => {
    const headers = { 'content-type': 'image/png', 'content-disposition': 'attachment; filename="boat.png"' }
    expect(await uploaded(aFile('image/png'), headers)).toMatchObject({ file_name: 'boat.png' })
  })

  it('is visible to every key of the team', async () => {
    const { id } = await anAsset()
    const other = bearerHeader(await createApiKey())
    expect((await api(`/v1/assets/${id}`, { headers: other })).status).toBe(200)
    expect((await api(`/v1/assets/${id}`, { method: 'DELETE', headers: other })).status).toBe(204)
  })
})

describe('a deleted asset', () => {
  it('is removed from R2 and D1, and can be deleted again', async () => {
    const { id } = await anAsset()
    for (let times = 0; times < 2; times++) {
      const response = await api(`/v1/assets/${id}`, { method: 'DELETE' })
      expect([response.status, await response.text()]).toEqual([204, ''])
    }
    expect(await objectKeys(`assets/${id}`)).toEqual([])
    expect(await countRows('assets', 'id = ?', id)).toBe(0)
    expect(world.logs).toContainEqual({ event: 'asset.deleted', fields: { asset_id: id } })
    for (const path of ['', '/content']) {
      await expectProblem(await api(`/v1/assets/${id}${path}`), 404, 'not_found')
    }
  })

  it('does not affect other assets', async () => {
    const [one, other] = [await anAsset(), await anAsset()]
    await api(`/v1/assets/${one.id}`, { method: 'DELETE' })
    expect((await api(`/v1/assets/${other.id}`)).status).toBe(200)
    expect(await objectKeys(`assets/${other.id}`)).toHaveLength(1)
  })
})

describe('a request for an asset is refused', () => {
  it.each([
    'asset_00000000000000000000000000',
    'asset_none',
    'job_00000000000000000000000000',
    '%2e%2e%2fjobs',
  ])('with an unknown id: %s', async (id) => {
    await expectProblem(await api(`/v1/assets/${id}`), 404, 'not_found')
  })

  it.each(['GET', 'DELETE'])('without a key: %s', async (method) => {
    const { id } = await anAsset()
    const headers = { authorization: '' }
    await expectProblem(await api(`/v1/assets/${id}`, { method, headers }), 401, 'unauthorized')
  })

  it('if it deletes something that is not an asset, and nothing else is deleted', async () => {
    await env.BUCKET.put('jobs/one', 'a video')
    for (const id of ['..%2fjobs%2fone', 'jobs', 'asset_']) {
      await expectProblem(await api(`/v1/assets/${id}`, { method: 'DELETE' }), 404, 'not_found')
    }
    expect(await objectKeys('jobs/')).toEqual(['jobs/one'])
  })
})
