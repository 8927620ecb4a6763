/** A job of the model with the widest limits, from its request to its video. */
import { expect, it } from 'vitest'
import { aFile, dataUriOf } from '../support/assets.ts'
import { getJob, passTimeUntil, post, postJob, untilSubmitted } from '../support/reelhook.ts'
import { select } from '../support/storage.ts'
import { world } from '../support/world.ts'

const model = 'seedance-2.5'

it('thirty embedded images, audio and thirty seconds become one purchase and one video', async () => {
  const reference_images = Array.from({ length: 30 }, (_, n) =>
    dataUriOf('image/png', aFile('image/png', 500 + n)),
  )
  const reference_audios = Array(10).fill('https://media.test/rain.mp3')
  const fields = {
    model,
    provider: 'auto',
    reference_images,
    reference_audios,
    duration: 30,
    prompt: 'From {{image:30}} to {{audio:10}}',
  }
  const { id } = await postJob(fields)
  await untilSubmitted(id)
  expect(await select('SELECT count(*) AS count FROM assets WHERE job_id = ?', id)).toEqual([{ count: 30 }])
  const job = await passTimeUntil(id, ({ status }) => status === 'succeeded')
  expect(job).toMatchObject({ provider: 'aimlapi', model, warnings: [] })
  // AI/ML API gets no callback URL: the one task that it sold is found by its prompt.
  const sold = world.simulator.tasks().filter(({ request }) => JSON.stringify(request).includes('@Image30'))
  expect(sold).toHaveLength(1)
})

it('its default deadline is twice that of the shorter models, and is stored with the job', async () => {
  for (const [of, seconds] of [
    [model, 3_600],
    ['seedance-2.0', 1_800],
  ] as const) {
    const job = await postJob({ model: of, provider: 'auto' })
    expect(job.request.deadline_seconds).toBe(seconds)
    expect(Date.parse(job.deadline_at) - Date.parse(job.created_at)).toBe(seconds * 1_000)
    const [row] = await select('SELECT request FROM jobs WHERE id = ?', job.id)
    expect(JSON.parse(String(row?.request))).toMatchObject({ deadline_seconds: seconds })
  }
})

it('mp4 is stored as no format, so that a release without formats reads the request', async () => {
  const named = await postJob({ model, provider: 'auto', output_format: 'mp4' })
  const [row] = await select('SELECT request FROM jobs WHERE id = ?', named.id)
  expect(JSON.parse(String(row?.request))).not.toHaveProperty('output_format')
  expect((await getJob(named.id)).request).not.toHaveProperty('output_format')
})

it('a repetition with the defaults written out is the same request', async () => {
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const body = { model, prompt: 'A boat', callback_url: undefined, callback_secret: undefined }
  const first = await (await post('/v1/jobs', body, headers)).json<{ id: string }>()
  const again = await post('/v1/jobs', { ...body, output_format: 'mp4', deadline_seconds: 3_600 }, headers)
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect((await again.json<{ id: string }>()).id).toBe(first.id)
})

it('a format, a resolution and a provider that do not fit are refused at once, and nothing is stored', async () => {
  const [before] = await select('SELECT count(*) AS count FROM jobs')
  const response = await post('/v1/jobs', {
    model,
    prompt: 'A boat',
    output_format: 'mov',
    provider: ['runware', 'aimlapi'],
  })
  expect(response.status).toBe(422)
  const { errors } = await response.json<{ errors: { path: string; message: string }[] }>()
  expect(errors).toEqual([
    { path: 'model', message: 'runware: must be one of seedance-2.0, seedance-2.0-fast, seedance-2.0-mini' },
    { path: 'output_format', message: 'aimlapi: must be mp4' },
  ])
  expect(await select('SELECT count(*) AS count FROM jobs')).toEqual([before])
})
