/** The OpenAI Videos dialect: a repeated request buys once, and two requests buy twice. */
import { describe, expect, it } from 'vitest'
import { bearerHeader, createApiKey } from '../../support/api-keys.ts'
import { aFile } from '../../support/assets.ts'
import { untilSweepIs } from '../../support/minutes.ts'
import { api, getJob, sweep } from '../../support/reelhook.ts'
import { aGate } from '../../support/runtime.ts'
import { countRows } from '../../support/storage.ts'
import {
  aPicture,
  aVideo,
  aVideoRequest,
  errorIn,
  formOf,
  postJson,
  postVideo,
  videoIn,
  videosPath,
} from '../../support/videos-dialect.ts'
import { world } from '../../support/world.ts'

const again = { 'x-stainless-retry-count': '1' }

/** A prompt of its own, so that no start of another test is equal. */
function aPrompt() {
  return { prompt: `A paper boat ${crypto.randomUUID()}` }
}

async function idsIn(responses: (Response | Promise<Response>)[]): Promise<Set<string>> {
  const videos = await Promise.all(responses.map(async (response) => videoIn(await response)))
  return new Set(videos.map(({ id }) => id))
}

describe('a repetition', () => {
  it.each([
    ['a form', (fields: Record<string, string>, headers = {}) => postVideo(fields, headers)],
    ['JSON', (fields: Record<string, string>, headers = {}) => postJson(aVideoRequest(fields), headers)],
  ])('of %s means the same video', async (_, send) => {
    const fields = aPrompt()
    const first = await send(fields)
    const third = { 'x-stainless-retry-count': '2' }
    expect(await idsIn([first, await send(fields, again), await send(fields, third)])).toHaveProperty(
      'size',
      1,
    )
  })

  it('with a file means the same video, and its asset is not kept', async () => {
    const fields = { ...aPrompt(), input_reference: aPicture() }
    const before = await countRows('assets')
    const ids = await idsIn([await postVideo(fields), await postVideo(fields, again)])
    expect([ids.size, (await countRows('assets')) - before]).toEqual([1, 1])
    const [id = ''] = ids
    const asset = (await getJob(id)).request.first_frame
    expect((await api(`/v1/assets/${asset}`)).status).toBe(200)
  })

  it('with another boundary and another order of fields means the same video', async () => {
    const { prompt } = aPrompt()
    const first = await postVideo({ prompt })
    const { model, seconds, size } = aVideoRequest()
    const body = formOf({ size, seconds, prompt, model: String(model) })
    const second = await api(videosPath, { method: 'POST', body, headers: again })
    expect((await idsIn([first, second])).size).toBe(1)
  })

  it('of a remix and of an edit means the same video', async () => {
    const source = await aVideo()
    const remix = () => aPrompt()
    const fields = remix()
    const path = `${videosPath}/${source.id}/remix`
    const first = await postJson(fields, {}, path)
    // The link to the source has another time then.
    await world.advance(2_000)
    expect((await idsIn([first, await postJson(fields, again, path)])).size).toBe(1)
    const edit = { ...aPrompt(), 'video[id]': source.id }
    const edits = [
      await postVideo(edit, {}, `${videosPath}/edits`),
      await postVideo(edit, again, `${videosPath}/edits`),
    ]
    expect((await idsIn(edits)).size).toBe(1)
  })

  it.each([
    ['another prompt', { prompt: 'A paper kite' }],
    ['another length', { seconds: '5' }],
    ['a file', { input_reference: aPicture() }],
  ])('with %s is another video', async (_, change: Record<string, string | Blob>) => {
    const fields = aPrompt()
    const ids = await idsIn([await postVideo(fields), await postVideo({ ...fields, ...change }, again)])
    expect(ids.size).toBe(2)
  })

  it('with another file is another video', async () => {
    const fields = aPrompt()
    const other = new Blob([aFile('image/png', 2_000)])
    const first = await postVideo({ ...fields, input_reference: aPicture() })
    expect((await idsIn([first, await postVideo({ ...fields, input_reference: other }, again)])).size).toBe(2)
  })

  it('with another API key is another video', async () => {
    const fields = aPrompt()
    const other = bearerHeader(await createApiKey())
    expect(
      (await idsIn([await postVideo(fields), await postVideo(fields, { ...again, ...other })])).size,
    ).toBe(2)
  })

  it('after each time that its client waits for an answer means the same video', async () => {
    const fields = aPrompt()
    const first = await postVideo(fields)
    // The client gives up after ten minutes, and waits up to eight seconds between two requests.
    await world.advance(10 * 60_000 + 8_000)
    const second = await postVideo(fields, again)
    await world.advance(10 * 60_000 + 8_000)
    const third = await postVideo(fields, { 'x-stainless-retry-count': '2' })
    expect((await idsIn([first, second, third])).size).toBe(1)
  })

  it('after half an hour is another video', async () => {
    const fields = aPrompt()
    const first = await postVideo(fields)
    await world.advance(30 * 60_000 + 1)
    expect((await idsIn([first, await postVideo(fields, again)])).size).toBe(2)
  })
})

describe('two requests', () => {
  it('that are equal on purpose are two videos', async () => {
    const fields = aPrompt()
    expect((await idsIn([postVideo(fields), postVideo(fields)])).size).toBe(2)
  })

  it('of which the later one is repeated are two videos', async () => {
    const fields = aPrompt()
    const one = await videoIn(await postVideo(fields))
    await world.advance(1_000)
    const other = await videoIn(await postVideo(fields))
    const repetition = await videoIn(await postVideo(fields, again))
    expect([one.id === other.id, repetition.id]).toEqual([false, other.id])
  })

  it('that repeat a lost one at once are one video', async () => {
    const fields = aPrompt()
    expect((await idsIn(Array.from({ length: 4 }, () => postVideo(fields, again)))).size).toBe(1)
  })

  it('one of which repeats the other while that is in flight are one video', async () => {
    const fields = { ...aPrompt(), input_reference: aPicture() }
    const { wait, open } = aGate()
    const slow = slowly(formOf(aVideoRequest(fields)), wait)
    const first = api(videosPath, { method: 'POST', ...(await slow) })
    const repetition = await videoIn(await postVideo(fields, again))
    open()
    expect((await videoIn(await first)).id).toBe(repetition.id)
    // A further repetition finds it too.
    expect((await videoIn(await postVideo(fields, { 'x-stainless-retry-count': '2' }))).id).toBe(
      repetition.id,
    )
  })
})

/** A body whose last byte comes after the wait. */
async function slowly(form: FormData, wait: Promise<void>) {
  const whole = new Response(form)
  const contentType = whole.headers.get('content-type') ?? ''
  const bytes = new Uint8Array(await whole.arrayBuffer())
  const { readable, writable } = new IdentityTransformStream()
  const writer = writable.getWriter()
  const write = async () => {
    await writer.write(bytes.subarray(0, -10))
    await wait
    await writer.write(bytes.subarray(-10))
    await writer.close()
  }
  write().catch(() => undefined)
  return { body: readable, headers: { 'content-type': contentType } }
}

describe("a caller's own Idempotency-Key", () => {
  it('decides, whatever the count says, and needs no start', async () => {
    const fields = { ...aPrompt(), input_reference: aPicture() }
    const key = { 'idempotency-key': crypto.randomUUID() }
    const before = await countRows('starts')
    const ids = await idsIn([
      await postVideo(fields, key),
      await postVideo(fields, key),
      await postVideo(fields, { ...key, ...again }),
    ])
    const others = await idsIn([
      await postVideo(fields, { 'idempotency-key': crypto.randomUUID(), ...again }),
    ])
    expect([ids.size, new Set([...ids, ...others]).size]).toEqual([1, 2])
    expect(await countRows('starts')).toBe(before)
  })

  it('with another request is refused, and no client repeats that', async () => {
    const key = { 'idempotency-key': crypto.randomUUID() }
    await videoIn(await postVideo(aPrompt(), key))
    const before = await countRows('assets')
    const response = await postVideo({ ...aPrompt(), input_reference: aPicture() }, key)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect((await errorIn(response, 409)).code).toBe('idempotency_conflict')
    expect(await countRows('assets')).toBe(before)
  })
})

it('a job of /v1 cannot choose how its request is compared', async () => {
  const key = { 'idempotency-key': crypto.randomUUID(), 'x-request-fingerprint': 'equal' }
  const one = await postJson({ model: 'seedance-2.0', prompt: 'One' }, key, '/v1/jobs')
  const other = await postJson({ model: 'seedance-2.0', prompt: 'Other' }, key, '/v1/jobs')
  expect([one.status, other.status]).toEqual([202, 409])
})

it('a start is one row, which is gone after a while', async () => {
  const before = await countRows('starts')
  await videoIn(await postVideo(aPrompt()))
  expect(await countRows('starts')).toBe(before + 1)
  await world.advance(30 * 60_000)
  await untilSweepIs('larger')
  await sweep()
  expect(await countRows('starts')).toBe(0)
})
