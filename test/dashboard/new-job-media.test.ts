import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createApiKey, postJobWith } from '../support/api-keys.ts'
import { type AssetView, aDataUri, aFile, aForm, anAsset, formType } from '../support/assets.ts'
import { visitorWith } from '../support/pages.ts'
import { api, postJob } from '../support/reelhook.ts'

const visit = () => visitorWith(env.ADMIN_API_KEY)

const fields = [
  ['model', 'seedance-2.0-mini'],
  ['provider', 'runware'],
  ['duration', '5'],
  ['resolution', '480p'],
  ['count', '1'],
] as const

function aPostedForm(...more: [string, string | Blob][]): FormData {
  const form = new FormData()
  for (const [name, value] of [...fields, ...more]) form.append(name, value)
  return form
}

/** The values of the rows of a field, in their order. */
function rowsOf(html: string, field: string): string[] {
  const inputs = [...html.matchAll(new RegExp(`<input name="${field}" value="([^"]*)"`, 'g'))]
  return inputs.map(([, value = '']) => value)
}

it('an uploaded file is stored as it comes, under any name', async () => {
  const name = '<img src=x> "纸船"; a=b.png'
  const form = aForm([
    { fileName: name.replaceAll('"', '%22'), type: 'image/png', content: aFile('image/png') },
  ])
  const visitor = await visit()
  const { status, html } = await visitor.postBody('/jobs/new/assets', form, formType)
  expect(status).toBe(201)
  const asset: AssetView = JSON.parse(html)
  expect(asset).toMatchObject({ kind: 'image', file_name: name })
  const shown = await visitor.postBody('/jobs/new', aPostedForm(['reference_images', asset.id]))
  expect(shown.html).toContain('&lt;img src=x&gt; &quot;纸船&quot;; a=b.png')
  expect(shown.html).toContain(`<img class="thumb" src="/jobs/new/assets/${asset.id}"`)
  const picture = await visitor.get(`/jobs/new/assets/${asset.id}`)
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
})

it('an uploaded file is sent once, alone in its sandbox, and to our own pages only', async () => {
  const { id } = await anAsset()
  const { id: jobId } = await postJob({ reference_images: [id] })
  const visitor = await visit()
  for (const path of [`/jobs/new/assets/${id}`, `/jobs/${jobId}/inputs/${id}`]) {
    const { headers } = await visitor.get(path)
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const again = await visitor.get(path, { 'if-none-match': headers.get('etag') ?? '' })
    expect([again.status, again.html]).toEqual([304, ''])
  }
})

it('an upload of the wrong type or of too many bytes is refused in words', async () => {
  const visitor = await visit()
  const text = await visitor.postBody(
    '/jobs/new/assets',
    aForm([{ fileName: 'a.txt', content: 'text' }]),
    formType,
  )
  expect([text.status, JSON.parse(text.html).detail]).toEqual([
    415,
    expect.stringContaining('begins as none of the accepted types'),
  ])
  const large = aFile('audio/mpeg', 15 * 1024 * 1024 + 1)
  const refused = await visitor.postBody('/jobs/new/assets', large, { 'content-type': 'audio/mpeg' })
  expect([refused.status, JSON.parse(refused.html).detail]).toEqual([413, expect.stringContaining('15 MiB')])
})

it('without a script, the files come with the form, and a refused one is named at its field', async () => {
  const picture = new File([aFile('image/png')], 'boat.png', { type: 'image/png' })
  const text = new File(['text'], '纸船.txt', { type: 'text/plain' })
  const { html } = await (await visit()).postBody(
    '/jobs/new',
    aPostedForm(
      ['prompt', 'A boat'],
      ['reference_images', 'https://pictures.test/1.png'],
      ['file:reference_images', picture],
      ['file:reference_images', text],
      ['file:first_frame', new File([], '')],
    ),
  )
  expect(rowsOf(html, 'reference_images')).toEqual([
    'https://pictures.test/1.png',
    expect.stringMatching(/^asset_/),
    '',
  ])
  expect(html).toMatch(/<p class="fault">Reference image has no file 纸船\.txt: /)
})

it('without a script, too many bytes of files are refused before they are read', async () => {
  const { status, html } = await (await visit()).postBody('/jobs/new', 'x', {
    ...formType,
    'content-length': String(21 * 1024 * 1024),
  })
  expect([status, html]).toEqual([413, expect.stringContaining('20 MiB')])
})

it('the buttons of a reference insert its tag, move it and remove it, and the tags follow', async () => {
  const visitor = await visit()
  const press = async (action: string, prompt: string) => {
    const list = ['https://a.test/1', 'https://b.test/2', 'https://c.test/3']
    const rows = list.map((url): [string, string] => ['reference_images', url])
    const { html } = await visitor.postBody(
      '/jobs/new',
      aPostedForm(['action', action], ['prompt', prompt], ...rows),
    )
    return { prompt: /name="prompt"[^>]*>([^<]*)</.exec(html)?.[1], rows: rowsOf(html, 'reference_images') }
  }
  expect(await press('tag:image:2', 'Like')).toMatchObject({ prompt: 'Like {{image:2}}' })
  expect(await press('up:reference_images:2', '{{image:2}} and [[image:3]]')).toEqual({
    prompt: '{{image:3}} and {{image:2}}',
    rows: ['https://a.test/1', 'https://c.test/3', 'https://b.test/2', ''],
  })
  expect(await press('remove:reference_images:0', '{{image:1}}{{image:2}} {{video:1}}')).toEqual({
    prompt: '{{image:1}} {{video:1}}',
    rows: ['https://b.test/2', 'https://c.test/3', ''],
  })
})

it('an asset of another project is not shown', async () => {
  const { id } = await anAsset()
  const { key } = await createApiKey('a caller', { project: 'kites' })
  const stranger = await visitorWith(key)
  const { html } = await stranger.postBody('/jobs/new', aPostedForm(['reference_images', id]))
  expect(html).not.toContain('class="thumb"')
  expect(html).toContain('names no existing asset')
  expect(await stranger.get(`/jobs/new/assets/${id}`)).toMatchObject({ status: 404 })
})

it('an earlier job fills the form, without the files that it has for itself', async () => {
  const asset = await anAsset()
  const { id } = await postJob({
    prompt: 'Like {{image:1}} and {{image:2}}',
    reference_images: [asset.id, aDataUri('image/png')],
    metadata: { order: '42', 'a=b': 'c' },
    callback_headers: { authorization: 'Bearer my-token' },
    max_cost_usd: 3,
    deadline_seconds: 900,
    generate_audio: false,
  })
  const { status, html } = await (await visit()).get(`/jobs/new?from=${id}`)
  expect(status).toBe(200)
  expect(rowsOf(html, 'reference_images')).toEqual([asset.id, ''])
  expect(html).toContain('Add them again to reference_images')
  expect(html).toContain('>order=42</textarea>')
  expect(html).toContain('do not fit into one line each')
  expect(html).toContain('Type them again: authorization')
  expect(html).not.toContain('my-token')
  expect(html).toMatch(/name="deadline_seconds" value="900"/)
  expect(html).not.toMatch(/name="generate_audio" checked/)
  await api(`/v1/assets/${asset.id}`, { method: 'DELETE' })
  expect(rowsOf((await (await visit()).get(`/jobs/new?from=${id}`)).html, 'reference_images')).toEqual([''])
})

it('a job that the key cannot see fills nothing', async () => {
  const { id } = await postJob()
  const { key } = await createApiKey('a caller', { project: 'kites' })
  expect(await (await visitorWith(key)).get(`/jobs/new?from=${id}`)).toMatchObject({ status: 404 })
})

it('a URL whose token the key does not see is left out of the form, and both pages say so', async () => {
  const callback_url = 'https://receiver.test/hook?token=sesame'
  const first_frame = 'https://media.test/a.png?sig=abc'
  const { id } = await postJob({ callback_url, first_frame })
  const { key } = await createApiKey('another caller')
  const other = await visitorWith(key)
  const { html } = await other.get(`/jobs/new?from=${id}`)
  expect(html).toContain(
    'without their tokens. The form leaves them out. Type them again: callback_url, first_frame.',
  )
  for (const url of ['https://receiver.test/hook', 'https://media.test/a.png'])
    expect(html).not.toContain(url)
  expect((await other.get(`/jobs/${id}`)).html).toContain('without their tokens. Complete them in the code')
  const admin = await visit()
  expect(rowsOf((await admin.get(`/jobs/new?from=${id}`)).html, 'first_frame')).toEqual([first_frame])
  expect((await admin.get(`/jobs/${id}`)).html).not.toContain('without their tokens')
})

it('a key that sees the token of a URL of its job repeats the job whole', async () => {
  const caller = await createApiKey('a caller')
  const first_frame = 'https://media.test/a.png?sig=abc'
  const { id } = await (await postJobWith(caller, { first_frame })).json<{ id: string }>()
  const { html } = await (await visitorWith(caller.key)).get(`/jobs/new?from=${id}`)
  expect(rowsOf(html, 'first_frame')).toEqual([first_frame])
  expect(html).not.toContain('without their tokens')
})
