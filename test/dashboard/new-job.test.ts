import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { models, sellerNames } from '../../src/core/request/choices.ts'
import { modelLimits } from '../../src/core/request/model-limits.ts'
import { labelOf } from '../../src/dashboard/new-job/faults.tsx'
import { createApiKey } from '../support/api-keys.ts'
import { aFile } from '../support/assets.ts'
import { visitor, visitorWith } from '../support/pages.ts'
import { getJob } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'

const filled = {
  action: 'create',
  model: 'seedance-2.0-mini',
  provider: 'runware',
  prompt: 'A paper boat drifts down a rainy gutter',
  duration: '5',
  resolution: '480p',
  count: '1',
  generate_audio: 'on',
  callback_events: 'job.failed',
}

const visit = () => visitorWith(env.ADMIN_API_KEY)

/** The options of a select, without white space between them. */
function selectIn(html: string, name: string): string {
  return new RegExp(`<select name="${name}"[\\s\\S]*?</select>`).exec(html)?.[0] ?? ''
}

it.each(models)('the form of %s disables what no provider of it can make', async (model) => {
  const { status, html } = await (await visit()).get(`/jobs/new?model=${model}`)
  expect(status).toBe(200)
  const resolutions = selectIn(html, 'resolution')
  const isDisabled = resolutions.includes('<option value="4k" disabled="">')
  expect(isDisabled).toBe(model !== 'seedance-2.0')
  expect(html).toMatch(/id="estimate-line"[^>]*>[^<]*\$/)
})

it('an option names the providers that cannot make it, and the chosen one stays', async () => {
  const { html } = await (await visit()).get('/jobs/new?model=seedance-2.0&provider=crun&resolution=4k')
  expect(selectIn(html, 'resolution')).toContain('<option value="4k" selected="">4k (not at crun)</option>')
  expect(html).toContain('Resolution is not possible with this model and provider')
  expect(selectIn(html, 'duration')).toContain('<option value="auto" disabled="">auto (not at crun)</option>')
})

it('a link fills the form, but neither its callback nor its cost', async () => {
  const { html } = await (await visit()).get(
    '/jobs/new?prompt=%D7%9C%D7%90&callback_url=https://evil.test/&max_cost_usd=9',
  )
  expect(html).toContain('לא')
  expect(html).not.toContain('evil.test')
})

it('the price of each provider is shown, and the cheapest is marked', async () => {
  const { html } = await (await visit()).post('/jobs/new', {
    ...filled,
    action: 'estimate',
    provider: 'auto',
  })
  const table = /<table class="estimates">[\s\S]*?<\/table>/.exec(html)?.[0] ?? ''
  for (const name of sellerNames) expect(table).toContain(name)
  expect(table.match(/cheapest/g)).toHaveLength(1)
})

/** The line above the table of prices. */
function estimateIn(html: string): string {
  return /id="estimate-line"[^>]*>([^<]*)</.exec(html)?.[1] ?? ''
}

it('the estimate says which provider is tried first, at what price, and which is cheaper', async () => {
  const form = { ...filled, action: 'estimate', provider: 'auto' }
  const { html } = await (await visit()).post('/jobs/new', form)
  expect(estimateIn(html)).toMatch(
    /^\$[\d.]+ at runware, which auto tries first\. The cheapest is aimlapi: \$[\d.]+\.$/,
  )
})

it.each(['auto', 'cheapest', 'fastest', 'fal', 'crun,runware', 'simulator'])(
  'the estimate of %s is that of the provider which gets the job',
  async (choice) => {
    const visitor = await visit()
    const form = { ...filled, provider: choice, form_key: `choice-${choice}` }
    const { html } = await visitor.post('/jobs/new', { ...form, action: 'estimate' })
    const { location } = await visitor.post('/jobs/new', form)
    const { provider } = await getJob(location?.slice(6) ?? '')
    expect(/ at (\w+)[.,]/.exec(estimateIn(html))?.[1]).toBe(provider)
  },
)

it('a key with a budget sees what is left of it', async () => {
  const { key } = await createApiKey('a caller', { monthly_budget_usd: 12 })
  const { html } = await (await visitorWith(key)).get('/jobs/new')
  expect(html).toMatch(/\$12\.00 of the \$12\.00 of this key are left/)
})

it('a key whose budget a job would pass sees that, and which other provider it could pay', async () => {
  const { key } = await createApiKey('a caller', { monthly_budget_usd: 0.1 })
  const form = { ...filled, resolution: '480p', action: 'estimate', provider: 'runware' }
  const { html } = await (await visitorWith(key)).post('/jobs/new', form)
  expect(estimateIn(html)).toBe('No allowed provider can make this.')
  expect(html).toContain('Budget the job may cost $0.18 (at runware), and $0.1 remains')
  // Each of the others is compared by itself.
  expect(html).toMatch(/aimlapi[^<]*<span class="status good">cheapest/)
  expect(html).toContain('Budget the job may cost $0.3605 (at fal), and $0.1 remains')
})

it('the code of the job has no secret', async () => {
  const secret = `whsec_${btoa('a receiver keeps thirty-two byte')}`
  const { html } = await (await visit()).post('/jobs/new', {
    ...filled,
    action: 'estimate',
    callback_url: 'https://caller.test/hook',
    callback_secret: secret,
    callback_headers: 'authorization: Bearer my-token',
  })
  expect(html).toContain('$REELHOOK_API_KEY')
  expect(html).toContain('&lt;the secret&gt;')
  expect(html).not.toContain(secret)
  expect(html).not.toContain('my-token')
})

it('a created job has the fields of the form, and the browser goes to its page', async () => {
  const visitor = await visit()
  const { location } = await visitor.post('/jobs/new', {
    ...filled,
    metadata: 'order=42=b\r\nname = Ada ',
    seed: '',
    resubmit_unknown: 'on',
    callback_format: 'openai',
    deadline_seconds: '600',
    form_key: 'form-1',
  })
  expect(location).toMatch(/^\/jobs\/job_/)
  const rows = await select<{ request: string }>('SELECT request FROM jobs WHERE id = ?', location?.slice(6))
  expect(JSON.parse(rows[0]?.request ?? '')).toMatchObject({
    prompt: filled.prompt,
    callback_events: ['job.failed'],
    metadata: { order: '42=b', name: 'Ada' },
    resubmit_unknown: true,
    callback_format: 'openai',
    deadline_seconds: 600,
  })
  const { html } = await visitor.get(location ?? '')
  expect(html).toMatch(/Callback format<\/dt>\s*<dd[^>]*>openai/)
  const again = await visitor.get(`/jobs/new?from=${location?.slice(6)}`)
  expect(selectIn(again.html, 'callback_format')).toContain('<option value="openai" selected="">')
})

it('a double click buys one job', async () => {
  const visitor = await visit()
  const form = { ...filled, form_key: 'form-2' }
  const pages = await Promise.all([visitor.post('/jobs/new', form), visitor.post('/jobs/new', form)])
  const places = pages.map(({ location }) => location)
  expect(places[0]).toMatch(/^\/jobs\/job_/)
  expect(places[1]).toBe(places[0])
})

it('another video from a form that has made one needs a button of its own, and names the first', async () => {
  const visitor = await visit()
  const { location } = await visitor.post('/jobs/new', { ...filled, form_key: 'form-3' })
  const kite = { ...filled, prompt: 'A kite', form_key: 'form-3' }
  const changed = await visitor.post('/jobs/new', kite)
  expect(changed.status).toBe(409)
  expect(changed.html).toContain(`href="${location}"`)
  expect(changed.html).toContain('name="form_key" value="form-3"')
  expect(await visitor.post('/jobs/new', kite)).toMatchObject({ status: 409 })
  const [, action = ''] = /name="action" value="(create:[^"]+)"/.exec(changed.html) ?? []
  const another = await visitor.post('/jobs/new', { ...kite, action })
  expect(another.location).toMatch(/^\/jobs\/job_/)
  expect(another.location).not.toBe(location)
  expect(await visitor.post('/jobs/new', { ...kite, action })).toMatchObject({ location: another.location })
})

it('a form with a file that is sent twice leads to the same job, and buys no second one', async () => {
  const visitor = await visit()
  const form = new FormData()
  for (const [name, value] of Object.entries({ ...filled, form_key: 'form-6' })) form.append(name, value)
  form.append('file:first_frame', new File([aFile('image/png')], 'boat.png', { type: 'image/png' }))
  const { location } = await visitor.postBody('/jobs/new', form)
  const jobs = await select('SELECT id FROM jobs')
  expect(await visitor.postBody('/jobs/new', form)).toMatchObject({ status: 303, location })
  expect(await select('SELECT id FROM jobs')).toEqual(jobs)
})

it('a key that may not see jobs is shown that its job was accepted', async () => {
  const { key } = await createApiKey('a writer', { scopes: ['jobs:write'] })
  const writer = await visitorWith(key)
  const { status, html } = await writer.post('/jobs/new', { ...filled, form_key: 'form-7' })
  expect(status).toBe(200)
  const [id] = /job_[0-9a-z]{26}/.exec(html) ?? []
  expect(await select('SELECT id FROM jobs WHERE id = ?', id)).toHaveLength(1)
  expect(html).toContain('The job was accepted')
})

it('a form that is sent without a session leads back to the form', async () => {
  const { status, location } = await visitor('').post('/jobs/new', filled)
  expect({ status, location }).toEqual({ status: 303, location: '/sign-in?next=%2Fjobs%2Fnew' })
})

it('a refused form comes back with what was typed and each fault at its field', async () => {
  const { status, html } = await (await visit()).postBody(
    '/jobs/new',
    new URLSearchParams([
      ...Object.entries({ ...filled, prompt: '<b>{{image}}</b>', seed: 'x', metadata: 'none' }),
      ['reference_images', 'https://pictures.test/1.png'],
      ['reference_images', 'no url'],
      ['callback_url', 'https://caller.test/hook'],
    ]),
  )
  expect(status).toBe(422)
  expect(html).toContain('role="alert"')
  for (const id of ['seed', 'metadata', 'callback_secret', 'reference_images-1'])
    expect(html).toContain(`<a href="#${id}">`)
  expect(html).toContain('Reference image 2 must')
  expect(html).toContain('&lt;b&gt;{{image}}&lt;/b&gt;')
  expect(html).toMatch(/id="metadata"[^>]*aria-invalid="true"/)
  expect(html.match(/autofocus=""/g)).toHaveLength(1)
})

it('a wrong tag is named as soon as it is typed', async () => {
  const { status, html } = await (await visit()).post('/jobs/new', {
    ...filled,
    action: 'estimate',
    prompt: 'Like {{image:7}}',
  })
  expect(status).toBe(200)
  expect(html).toContain('<p class="fault">Prompt {{image:7}} points at no reference</p>')
})

it.each(models)('the choices are those of %s', async (model) => {
  const { html } = await (await visit()).get(`/jobs/new?model=${model}`)
  const { durationSeconds, references, deadlineSeconds } = modelLimits[model]
  const durations = [...selectIn(html, 'duration').matchAll(/value="(\d+)"/g)].map(([, value]) =>
    Number(value),
  )
  expect([Math.min(...durations), Math.max(...durations)]).toEqual([durationSeconds.min, durationSeconds.max])
  expect(html).toContain(`At most ${references.images}.`)
  expect(html).toContain(`Empty: ${deadlineSeconds.toLocaleString('en-US')}.`)
})

it('a choice that a change of the model has removed stays, with the reason', async () => {
  const { html } = await (await visit()).get('/jobs/new?model=seedance-2.5&provider=runware')
  expect(selectIn(html, 'provider')).toContain('<option value="runware" selected="">')
  expect(html).toContain('is not possible with this model and provider')
  const shorter = await (await visit()).get('/jobs/new?model=seedance-2.0&duration=30')
  expect(selectIn(shorter.html, 'duration')).toContain('<option value="30" selected="">')
})

it('the reason of every provider is shown if none can make the job', async () => {
  const { status, html } = await (await visit()).post('/jobs/new', {
    ...filled,
    prompt: 'x'.repeat(7_000),
    seed: '7',
    provider: 'auto',
    form_key: 'form-5',
  })
  expect(status).toBe(422)
  expect(html).toContain('No provider can run this job')
  expect(html).toContain('<a href="#seed">Seed runware: cannot be set</a>')
  expect(html).toContain('Prompt aimlapi: must have 1 to 6000 characters')
})

it('an empty form shows no fault until it is sent', async () => {
  const visitor = await visit()
  expect((await visitor.get('/jobs/new')).html).not.toContain('class="fault"')
  const sent = await visitor.post('/jobs/new', { ...filled, prompt: '', form_key: 'form-4' })
  expect(sent.html).toContain('<p class="fault">Prompt is needed')
})

it('an Idempotency-Key that no header can have is a fault of its field', async () => {
  const { status, html } = await (await visit()).post('/jobs/new', { ...filled, idempotency_key: 'a\nb: c' })
  expect(status).toBe(422)
  expect(html).toContain('<a href="#idempotency_key">')
})

it('a key that may only read has neither the page nor a link to it', async () => {
  const { key } = await createApiKey('a reader', { scopes: ['jobs:read'] })
  const reader = await visitorWith(key)
  expect((await reader.get('/jobs')).html).not.toContain('/jobs/new')
  expect(await reader.get('/jobs/new')).toMatchObject({ status: 403 })
  expect(await reader.post('/jobs/new', filled)).toMatchObject({ status: 403 })
  expect(await reader.postBody('/jobs/new/assets', 'x')).toMatchObject({ status: 403 })
})

it('a fault names its field as the form does', async () => {
  const { html } = await (await visit()).get('/jobs/new')
  const shown = [...html.matchAll(/<label for="(\w+)">([^<]*)<\/label>/g)].map(([, id = '', label]) => [
    id,
    label,
  ])
  expect(shown.length).toBeGreaterThan(15)
  expect(shown).toEqual(shown.map(([id = '']) => [id, labelOf(id)]))
})
