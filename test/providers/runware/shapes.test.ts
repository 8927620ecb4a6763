import { describe, expect, it } from 'vitest'
import { aRequest, aSubmission, image } from '../a-submission.ts'
import { aRunware } from './a-runware.ts'

const { provider } = aRunware({ json: {} })

async function taskFor(request: Record<string, unknown>): Promise<unknown> {
  const { provider, sent } = aRunware({ json: {} })
  await provider.submit(aSubmission(request))
  const body = sent[0]?.body
  return Array.isArray(body) ? body[0] : body
}

describe('the shape of a Runware video', () => {
  const ratios = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9']
  const pairs = {
    '480p': ['864×496', '752×560', '640×640', '560×752', '496×864', '992×432'],
    '720p': ['1280×720', '1112×834', '960×960', '834×1112', '720×1280', '1470×630'],
    '1080p': ['1920×1080', '1664×1248', '1440×1440', '1248×1664', '1080×1920', '2206×946'],
    '4k': ['3840×2160', '3326×2494', '2880×2880', '2494×3326', '2160×3840', '4398×1886'],
  }
  const rows = Object.entries(pairs).flatMap(([resolution, listed]) =>
    listed.map((pair, index) => [resolution, ratios[index], pair] as const),
  )

  it.each(rows)(
    'at %s and %s has %s pixels, from a prompt and from references',
    async (resolution, ratio, pair) => {
      const [width, height] = pair.split('×').map(Number)
      const request = { model: 'seedance-2.0', resolution, aspect_ratio: ratio }
      for (const inputs of [{}, { reference_images: [image] }]) {
        const task = await taskFor({ ...request, ...inputs })
        expect(task).toMatchObject({ width, height })
        expect(task).not.toHaveProperty('resolution')
      }
    },
  )

  it.each(rows)('at %s and %s is that of the first frame', async (resolution, ratio) => {
    const task = await taskFor({ model: 'seedance-2.0', resolution, aspect_ratio: ratio, first_frame: image })
    expect(task).toMatchObject({ resolution })
    for (const field of ['width', 'height', 'aspectRatio']) expect(task).not.toHaveProperty(field)
  })

  it.each(ratios)('causes a warning that %s is not honored with a first frame', (aspect_ratio) => {
    expect(provider.warn(aRequest({ first_frame: image, aspect_ratio }))).toEqual([
      {
        path: 'aspect_ratio',
        message: 'is not honored with a first frame: the video has the shape of the image',
      },
    ])
  })

  it('causes no warning if it is honored', () => {
    expect(provider.warn(aRequest({ first_frame: image }))).toEqual([])
    expect(provider.warn(aRequest({ aspect_ratio: '1:1' }))).toEqual([])
  })

  it('may be "auto" only with a first frame', () => {
    const frames = aRequest({ first_frame: image, aspect_ratio: 'auto' })
    expect(provider.refuse(frames)).toEqual([])
    expect(provider.warn(frames)).toEqual([])
    const paths = provider.refuse(aRequest({ aspect_ratio: 'auto' })).map(({ path }) => path)
    expect(paths).toEqual(['aspect_ratio'])
  })
})

it('Runware refuses a prompt of one character', () => {
  expect(provider.refuse(aRequest({ prompt: 'x' }))).toEqual([
    { path: 'prompt', message: 'must have 2 to 10000 characters when sent to the provider, but has 1' },
  ])
  expect(provider.refuse(aRequest({ prompt: 'x'.repeat(10_000) }))).toEqual([])
})
