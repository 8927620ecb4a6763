/** The OpenAI Videos dialect: what is refused, and what a hostile sender reaches. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { aFile, aForm, type FormPart, formType } from '../../support/assets.ts'
import { jobUsd, keyWithBudget } from '../../support/budget.ts'
import { api } from '../../support/reelhook.ts'
import { countRows, objectKeys } from '../../support/storage.ts'
import {
  aPicture,
  aVideo,
  aVideoRequest,
  errorIn,
  postJson,
  postVideo,
  videoIn,
  videosPath,
} from '../../support/videos-dialect.ts'

async function stored() {
  return [await countRows('jobs'), await countRows('assets'), (await objectKeys('assets/')).length]
}

describe('a request with faults', () => {
  it('names all of them at once, in the words of the dialect', async () => {
    const before = await stored()
    const response = await postVideo({
      model: 'sora-9',
      seconds: '31',
      size: 'big',
      color: 'red',
      callback_url: 'http://caller.test/hook',
      input_reference: aPicture(),
    })
    const { message, ...error } = await errorIn(response)
    expect(error).toEqual({ type: 'invalid_request_error', param: 'model', code: 'model_not_found' })
    for (const name of ['model', 'seconds', 'size', 'color', 'callback_url'])
      expect(message).toContain(`${name}: `)
    expect(await stored()).toEqual(before)
  })

  it.each([
    [{ seconds: '16' }, 'seconds', 'invalid_seconds'],
    [{ seconds: '3' }, 'seconds', 'invalid_seconds'],
    [{ seconds: 'long' }, 'seconds', 'invalid_seconds'],
    [{ size: '0x0' }, 'size', 'invalid_size'],
    [{ model: 'veo-3' }, 'model', 'model_not_found'],
    [{ color: 'red' }, 'color', 'unknown_parameter'],
    [{ prompt: '' }, 'prompt', 'invalid_request'],
    [{ duration: '5' }, 'duration', 'invalid_request'],
    [{ resolution: '4k' }, 'resolution', 'invalid_request'],
    [{ input_reference: 'boat.png' }, 'input_reference', 'invalid_input_reference'],
    [{ 'input_reference[file_id]': 'file_1' }, 'input_reference', 'invalid_input_reference'],
    [
      { 'input_reference[file_id]': 'file_1', 'input_reference[image_url]': 'https://a.test/b.png' },
      'input_reference',
      'invalid_input_reference',
    ],
    [{ 'input_reference[color]': 'red' }, 'input_reference.color', 'unknown_parameter'],
    [
      { 'input_reference[image_url]': 'https://a.test/b.png', input_reference: aPicture() },
      'input_reference',
      'invalid_input_reference',
    ],
    [{ 'metadata[__proto__]': 'x' }, 'metadata.__proto__', 'invalid_request'],
    [{ 'metadata[openai]': 'mine' }, 'metadata.openai', 'invalid_request'],
    [{ 'callback_events[]': 'job.done' }, 'callback_events.0', 'invalid_request'],
  ])('%j is refused by name', async (fields, param, code) => {
    const before = await stored()
    expect(await errorIn(await postVideo(fields))).toMatchObject({ param, code })
    expect(await stored()).toEqual(before)
  })

  it('names the reasons of every provider', async () => {
    const error = await errorIn(await postVideo({ max_cost_usd: '0.0001', provider: 'runware' }))
    expect(error).toMatchObject({ code: 'no_provider', param: 'max_cost_usd' })
    expect(error.message).toContain('runware: it would cost')
  })

  it.each([
    ['a list', '[]', 'application/json', 400],
    ['no JSON', '{"prompt":', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['a deep value', `{"prompt":"x","metadata":${'['.repeat(40)}${']'.repeat(40)}}`, 'application/json', 400],
    ['half a character', '{"prompt":"\\ud800"}', 'application/json', 400],
    ['a large text', JSON.stringify({ prompt: 'x'.repeat(1_100_000) }), 'application/json', 413],
    ['another type', 'prompt=x', 'application/x-www-form-urlencoded', 415],
  ])('that is %s is refused', async (_, body, type, status) => {
    await errorIn(await api(videosPath, { method: 'POST', body, headers: { 'content-type': type } }), status)
  })

  it('that is not UTF-8 is refused', async () => {
    const body = new Uint8Array([...new TextEncoder().encode('{"prompt":"A boat '), 0xff, 0x22, 0x7d])
    const headers = { 'content-type': 'application/json' }
    expect((await errorIn(await api(videosPath, { method: 'POST', body, headers }))).message).toContain(
      'UTF-8',
    )
  })
})

describe('a hostile form', () => {
  const png = aFile('image/png')
  const text = (name: string, content: string | Uint8Array): FormPart => ({ name, content })
  const picture = (name = 'input_reference', content: Uint8Array = png): FormPart => ({
    name,
    fileName: 'boat.png',
    type: 'image/png',
    content,
  })
  const prompt = text('prompt', 'A paper boat')
  const send = (parts: FormPart[], end?: string) =>
    api(videosPath, { method: 'POST', body: aForm(parts, end), headers: formType })

  it.each<[string, FormPart[], number, string]>([
    ['with a field twice', [prompt, prompt], 400, 'prompt: is given more than once'],
    [
      'with a field as a text and a list',
      [text('prompt', 'x'), text('prompt[]', 'y')],
      400,
      'more than once',
    ],
    ['with a file in another field', [prompt, picture('picture')], 400, '"input_reference"'],
    ['with two files', [prompt, picture(), picture()], 400, '"input_reference"'],
    ['with an empty file', [prompt, picture('input_reference', new Uint8Array())], 400, 'empty'],
    [
      'with a file of an unknown type',
      [prompt, picture('input_reference', new Uint8Array(100))],
      415,
      'begins as none',
    ],
    [
      'with a video as the picture',
      [prompt, picture('input_reference', aFile('video/mp4'))],
      400,
      'kind image',
    ],
    ['with a text that is not UTF-8', [text('prompt', new Uint8Array([0x41, 0xff]))], 400, 'UTF-8'],
    [
      'with a name that is not well-formed',
      [prompt, text('metadata[a', 'x')],
      400,
      'metadata[a: is not a known field',
    ],
    ['with a deep name', [prompt, text('metadata[a][b][c][d][e]', 'x')], 400, 'is not a known field'],
    ['with a million bytes of text', [prompt, text('metadata[a]', 'x'.repeat(1_100_000))], 413, 'fields'],
    [
      'with a picture that is too large',
      [prompt, picture('input_reference', aFile('image/png', 31 * 1024 * 1024))],
      413,
      '30 MiB',
    ],
  ])('%s is refused, and nothing is stored', async (_, parts, status, message) => {
    const before = await stored()
    expect((await errorIn(await send(parts), status)).message).toContain(message)
    expect(await stored()).toEqual(before)
  })

  it.each([
    ['that breaks off', formType['content-type'], ''],
    ['with another boundary', 'multipart/form-data; boundary=another', undefined],
    ['without a boundary', 'multipart/form-data', undefined],
  ])('%s is refused, and nothing is stored', async (_, type, end) => {
    const before = await stored()
    const body = aForm([prompt, picture()], end)
    await errorIn(await api(videosPath, { method: 'POST', body, headers: { 'content-type': type } }))
    expect(await stored()).toEqual(before)
  })

  it('with many fields is refused', async () => {
    const parts = Array.from({ length: 1_500 }, (_, n) => text(`field${n}`, 'x'))
    expect((await errorIn(await send(parts))).message).toContain('1000 entries')
  })

  it('with a file first, and its faults behind it, leaves no asset', async () => {
    const before = await stored()
    await errorIn(await send([picture(), text('seconds', '99'), prompt]))
    expect(await stored()).toEqual(before)
  })
})

describe('an API key', () => {
  it('without a scope is refused, and its file is not stored', async () => {
    const key = bearerHeader(await createApiKey('a reader', { scopes: ['jobs:read'] }))
    const before = await stored()
    const error = await errorIn(await postVideo({ input_reference: aPicture(3_000_000) }, key), 403)
    expect(error).toMatchObject({ type: 'permission_error', code: 'forbidden' })
    await errorIn(await postVideo({}, key), 403)
    expect(await stored()).toEqual(before)
  })

  it('of a project sees its own videos only', async () => {
    const shop = bearerHeader(await createApiKey('shop', { project: 'shop' }))
    const other = bearerHeader(await createApiKey('other', { project: 'other' }))
    const { id } = await videoIn(await postVideo({}, shop))
    const path = `${videosPath}/${id}`
    expect((await api(path, { headers: shop })).status).toBe(200)
    const source = await aVideo()
    for (const [method, at] of [
      ['GET', path],
      ['DELETE', path],
      ['GET', `${path}/content`],
      ['GET', `${videosPath}/${source.id}/content`],
    ] as const)
      await errorIn(await api(at, { method, headers: other }), 404)
    await errorIn(await postJson({ prompt: 'x' }, other, `${videosPath}/${source.id}/remix`), 404)
    const { data } = await (await api(videosPath, { headers: other })).json<{ data: unknown[] }>()
    expect(data).toEqual([])
  })

  it('is refused beyond its budget', async () => {
    const key = bearerHeader(await keyWithBudget(jobUsd / 10))
    const error = await errorIn(await postJson({ ...aVideoRequest(), provider: 'runware' }, key), 402)
    expect(error).toMatchObject({ type: 'insufficient_quota', code: 'budget_exceeded' })
  })
})
