/** The documented limits of media files, checked against the headers of the files before anything is spent. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { aFilm, formats } from '../../media/a-film.ts'
import { anMp3, aWav } from '../../media/a-sound.ts'
import { ask } from '../../support/api-call.ts'
import { type AssetView, anAsset, dataUriOf, type TakenType, uploaded } from '../../support/assets.ts'
import { createMeteredWorker } from '../../support/meter.ts'
import { expectProblem } from '../../support/problem.ts'
import { api, aRequest, post, postJob } from '../../support/reelhook.ts'
import { countRows } from '../../support/storage.ts'
import { publicBaseUrl } from '../../support/world.ts'

const image = 'https://media.test/boat.png'

function store(type: TakenType, file: Uint8Array): Promise<AssetView> {
  return uploaded(file as Uint8Array<ArrayBuffer>, { 'content-type': type })
}

function aSmallFilm(width: number, height: number): Promise<Uint8Array> {
  return aFilm({ width, height, seconds: 1, sound: false, frameBytes: 20 })
}

/** The paths of the reasons why AI/ML API is not eligible. */
async function reasonsFor(overrides: Record<string, unknown>) {
  const response = await post('/v1/estimates', aRequest({ provider: 'aimlapi', ...overrides }))
  const { data } = await response.json<{ data: { eligible: boolean; reasons: { path: string }[] }[] }>()
  expect(data.map(({ eligible }) => eligible)).toEqual([data[0]?.reasons.length === 0])
  return data[0]?.reasons.map(({ path }) => path)
}

describe('an upload', () => {
  it.each<[TakenType, () => Uint8Array | Promise<Uint8Array>, object]>([
    ['video/mp4', () => aSmallFilm(1280, 720), { width: 1280, height: 720, duration_seconds: 1 }],
    ['audio/wav', () => aWav(15.2), { width: null, height: null, duration_seconds: 15.2 }],
    ['audio/mpeg', () => anMp3(100), { width: null, height: null, duration_seconds: 3.6 }],
  ])('shows the metadata of its header: %s', async (type, make, metadata) => {
    const asset = await store(type, await make())
    expect(asset).toMatchObject(metadata)
    expect(await (await api(`/v1/assets/${asset.id}`)).json()).toEqual(asset)
  })

  it('is stored even if its header cannot be read', async () => {
    const { duration_seconds, width } = await anAsset('video/mp4')
    expect([duration_seconds, width]).toEqual([null, null])
  })
})

describe('a provider that documents limits', () => {
  it('is refused with every fault of the media at once, and no job is created', async () => {
    const small = await store('video/mp4', await aSmallFilm(256, 144))
    const webm = await store('video/webm', await aFilm({ format: formats['a WebM'](), seconds: 1 }))
    const [long, short] = [await store('audio/wav', aWav(20)), await store('audio/mpeg', anMp3(100))]
    const before = await countRows('jobs')
    const request = aRequest({
      provider: 'aimlapi',
      reference_images: [image],
      reference_videos: [small.id, webm.id],
      reference_audios: [long.id, short.id],
    })
    const { errors } = await expectProblem(await post('/v1/jobs', request), 422, 'no_provider')
    expect(errors).toEqual([
      {
        path: 'reference_videos.0',
        message: 'aimlapi: must have 409600 to 927408 pixels, but has 36864 (256×144)',
      },
      {
        path: 'reference_videos.1',
        message: 'aimlapi: must be video/mp4 or video/quicktime, but is video/webm',
      },
      {
        path: 'reference_audios.0',
        message: 'aimlapi: must last at most 15.2 seconds, but lasts 20',
      },
      {
        path: 'reference_audios',
        message: 'aimlapi: must last at most 15 seconds in total, but last at least 23.6',
      },
    ])
    expect(await countRows('jobs')).toBe(before)
  })

  it('is skipped by auto, in any position', async () => {
    const { id } = await store('video/mp4', await aSmallFilm(256, 144))
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${env.ADMIN_API_KEY}` },
      body: JSON.stringify(aRequest({ provider: 'auto', reference_videos: [id] })),
    }
    const first = await ask('/v1/jobs', init, { PROVIDER_ORDER: 'aimlapi,crun' })
    expect(await first.json()).toMatchObject({ provider: 'crun' })
    const later = await postJob({ provider: ['runware', 'aimlapi', 'crun'], reference_videos: [id] })
    const [row] = (await env.DB.prepare('SELECT providers FROM jobs WHERE id = ?').bind(later.id).all())
      .results
    expect(JSON.parse(String(row?.providers))).toEqual(['runware', 'crun'])
  })

  it('is not eligible in an estimate either', async () => {
    const { id } = await store('video/mp4', await aSmallFilm(256, 144))
    expect(await reasonsFor({ reference_videos: [id] })).toEqual(['reference_videos.0'])
  })

  it('is eligible if the media are within the limits, or have no metadata', async () => {
    const large = await store('video/mp4', await aSmallFilm(1280, 720))
    const sound = await store('audio/wav', aWav(15.2))
    const unreadable = await anAsset('video/mp4')
    expect(
      await reasonsFor({
        reference_videos: [large.id, unreadable.id, 'https://media.test/small.mp4'],
        reference_audios: [sound.id],
      }),
    ).toEqual([])
  })
})

describe('an embedded file', () => {
  it('is checked by its header', async () => {
    const small = dataUriOf('video/mp4', await aSmallFilm(256, 144))
    const sounds = [aWav(8), aWav(8)].map((sound) => dataUriOf('audio/wav', sound))
    const media = { reference_images: [image], reference_videos: [small], reference_audios: sounds }
    expect(await reasonsFor(media)).toEqual(['reference_videos.0', 'reference_audios'])
    const problem = await post('/v1/jobs', aRequest({ provider: 'aimlapi', ...media }))
    await expectProblem(problem, 422, 'no_provider')
  })

  it('becomes an asset with the metadata of its header', async () => {
    const film = dataUriOf('video/mp4', await aSmallFilm(864, 496))
    const { request } = await postJob({ provider: 'aimlapi', reference_videos: [film] })
    const asset = await (await api(`/v1/assets/${request.reference_videos[0]}`)).json()
    expect(asset).toMatchObject({ width: 864, height: 496, duration_seconds: 1 })
  })
})

it('an asset in a request costs one row read and no row written', async () => {
  const { id } = await store('video/mp4', await aSmallFilm(1280, 720))
  const costOf = async (media: string) => {
    const worker = createMeteredWorker()
    const headers = { authorization: `Bearer ${env.ADMIN_API_KEY}`, 'content-type': 'application/json' }
    const body = JSON.stringify(aRequest({ reference_videos: [media] }))
    const response = await worker.fetch(
      new Request(`${publicBaseUrl}/v1/jobs`, { method: 'POST', headers, body }),
    )
    expect(response.status).toBe(202)
    return worker.bill()
  }
  const without = await costOf('https://media.test/boat.mp4')
  const { rowsRead, rowsWritten } = await costOf(id)
  expect([rowsRead, rowsWritten]).toEqual([without.rowsRead + 1, without.rowsWritten])
})
