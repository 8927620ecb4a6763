/** The OpenAI Videos dialect: requests that no client means to send, and a database that fails in between. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { aForm, type FormPart, formType } from '../../support/assets.ts'
import { api } from '../../support/reelhook.ts'
import { countRows, objectKeys, select } from '../../support/storage.ts'
import {
  aPicture,
  aVideo,
  errorIn,
  getVideo,
  postJson,
  postVideo,
  videoIn,
  videosPath,
} from '../../support/videos-dialect.ts'
import { world } from '../../support/world.ts'

describe('a form with too many fields', () => {
  const send = (parts: FormPart[]) =>
    api(videosPath, { method: 'POST', body: aForm(parts), headers: formType })

  it.each([
    ['that are empty', (n: number) => ({ name: `field${n}`, content: '' })],
    ['of one name', () => ({ name: 'prompt', content: 'x' })],
    ['that are items of one list', () => ({ name: 'callback_events[]', content: '' })],
  ])('%s is refused with a short answer', async (_, part) => {
    const response = await send(Array.from({ length: 20_000 }, (_, n) => part(n)))
    const { message } = await errorIn(response)
    expect(message).toContain('1000')
    expect(message.length).toBeLessThan(500)
  })
})

describe('HEAD of the content', () => {
  const head = (id: string, headers: Record<string, string> = {}) =>
    api(`${videosPath}/${id}/content`, { method: 'HEAD', headers })

  it('has the status that GET has, and takes no range', async () => {
    const { id } = await aVideo()
    const deliverer = bearerHeader(await createApiKey('no reader', { scopes: ['deliveries'] }))
    const logged = world.logs.length
    const seen = [
      await head(id),
      await head(id, { range: 'bytes=999999999-' }),
      await head(id, { 'if-match': '"other"' }),
      await head('job_none'),
      await head(id, deliverer),
      await head(id, { authorization: 'Bearer none' }),
    ]
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 412, 404, 403, 401])
    expect(world.logs.slice(logged).filter(({ event }) => event === 'face.failed')).toEqual([])
  })
})

describe('an edit', () => {
  const edit = (video: unknown, headers = {}) =>
    postJson({ prompt: 'A paper boat', video }, headers, `${videosPath}/edits`)

  it.each(['\ud800', '.', '..', '../models', 'job_1/answers', '%2e%2e', ' '])(
    'of the id %j names no video',
    async (id) => {
      for (const video of [id, { id }])
        expect(await errorIn(await edit(video))).toMatchObject({ param: 'video', code: 'invalid_video' })
    },
  )

  it('of an id with anything beside it is refused, and names that', async () => {
    const { id } = await aVideo()
    const { message } = await errorIn(await edit({ id, url: 'https://example.com/other.mp4' }))
    expect(message).toContain('video.url: is not a known field')
  })

  it('by a key that cannot read jobs is refused as that', async () => {
    const { id } = await aVideo()
    const writer = bearerHeader(await createApiKey('a writer', { scopes: ['jobs:write'] }))
    expect(await errorIn(await edit(id, writer), 403)).toMatchObject({ code: 'forbidden' })
  })
})

describe('the name of a model', () => {
  it.each([
    [' sora-2 ', 'sora-2'],
    ['SORA-2', 'SORA-2'],
    ['openai/sora-2-2025-10-06', 'openai/sora-2-2025-10-06'],
  ])('%j is shown as it was asked', async (model, shown) => {
    const { id } = await videoIn(await postVideo({ model }))
    expect(await getVideo(id)).toMatchObject({ model: shown, size: '1280x720' })
  })

  it.each(['a b/sora-2', `${'x'.repeat(600)}/sora-2`, 'ünï/sora-2'])('%j is unknown', async (model) => {
    expect(await errorIn(await postVideo({ model }))).toMatchObject({ code: 'model_not_found' })
  })
})

it('a field that is null is not given', async () => {
  const nothing = { model: null, seconds: null, size: null, input_reference: null, metadata: null }
  await videoIn(await postJson({ prompt: 'A paper boat', ...nothing }))
})

it('a prompt with a replacement character is valid UTF-8', async () => {
  const { prompt } = await videoIn(await postJson({ prompt: 'A \ufffd boat' }))
  expect(prompt).toBe('A \ufffd boat')
})

it('a request whose start cannot be stored leaves no file', async () => {
  const stored = async () => [await countRows('assets'), (await objectKeys('assets/')).length]
  const before = await stored()
  await select('ALTER TABLE starts RENAME TO starts_aside')
  try {
    expect((await postVideo({ input_reference: aPicture() })).status).toBe(500)
  } finally {
    await select('ALTER TABLE starts_aside RENAME TO starts')
  }
  expect(await stored()).toEqual(before)
})
