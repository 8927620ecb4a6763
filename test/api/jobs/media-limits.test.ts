/** The documents' limits of media, held against what the files tell: before anything is spent. */
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

function keep(type: TakenType, file: Uint8Array): Promise<AssetView> {
  return uploaded(file as Uint8Array<ArrayBuffer>, { 'content-type': type })
}

function aSmallFilm(width: number, height: number): Promise<Uint8Array> {
  return aFilm({ width, height, seconds: 1, sound: false, frameBytes: 20 })
}

/** Why AI/ML API cannot make it. */
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
  ])('shows what its header tells: %s', async (type, make, facts) => {
    const asset = await keep(type, await make())
    expect(asset).toMatchObject(facts)
    expect(await (await api(`/v1/assets/${asset.id}`)).json()).toEqual(asset)
  })

  it('whose header cannot be read is kept all the same', async () => {
    const { duration_seconds, width } = await anAsset('video/mp4')
    expect([duration_seconds, width]).toEqual([null, null])
  })
})

describe('a provider that documents limits', () => {
  it('is refused with every fault of the media at once, and nothing is kept', async () => {
    const small = await keep('video/mp4', await aSmallFilm(256, 144))
    const webm = await keep('video/webm', await aFilm({ format: formats['a WebM'](), seconds: 1 }))
    const [long, short] = [await keep('audio/wav', aWav(20)), await keep('audio/mpeg', anMp3(100))]
    const before = await countRows('jobs')
    const request = aRequest({
      ...{ provider: 'aimlapi', reference_images: [image] },
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

  it('is passed over by auto, first or later', async () => {
    const { id } = await keep('video/mp4', await aSmallFilm(256, 144))
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

  it('is judged by an estimate alike', async () => {
    const { id } = await keep('video/mp4', await aSmallFilm(256, 144))
    expect(await reasonsFor({ reference_videos: [id] })).toEqual(['reference_videos.0'])
  })

  it('takes what keeps to them, and what nothing is known of', async () => {
    const large = await keep('video/mp4', await aSmallFilm(1280, 720))
    const sound = await keep('audio/wav', aWav(15.2))
    const dark = await anAsset('video/mp4')
    expect(
      await reasonsFor({
        reference_videos: [large.id, dark.id, 'https://media.test/small.mp4'],
        reference_audios: [sound.id],
      }),
    ).toEqual([])
  })
})

describe('what is embedded', () => {
  it('is judged by its own header', async () => {
    const small = dataUriOf('video/mp4', await aSmallFilm(256, 144))
    const sounds = [aWav(8), aWav(8)].map((sound) => dataUriOf('audio/wav', sound))
    const asked = { reference_images: [image], reference_videos: [small], reference_audios: sounds }
    expect(await reasonsFor(asked)).toEqual(['reference_videos.0', 'reference_audios'])
    const problem = await post('/v1/jobs', aRequest({ provider: 'aimlapi', ...asked }))
    await expectProblem(problem, 422, 'no_provider')
  })

  it('becomes an asset that shows what its header tells', async () => {
    const film = dataUriOf('video/mp4', await aSmallFilm(864, 496))
    const { request } = await postJob({ provider: 'aimlapi', reference_videos: [film] })
    const asset = await (await api(`/v1/assets/${request.reference_videos[0]}`)).json()
    expect(asset).toMatchObject({ width: 864, height: 496, duration_seconds: 1 })
  })
})

it('an asset in a request costs one row read, and none written', async () => {
  const { id } = await keep('video/mp4', await aSmallFilm(1280, 720))
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
