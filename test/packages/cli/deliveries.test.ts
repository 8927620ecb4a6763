/** `reelhook deliveries`, `delivery`, `redeliver`, `keys` and `assets` against the deployment. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/dev/local/client.ts'
import { listen } from '../../support/listen.ts'
import { adminApiKey, createKey, markedPrompt, url } from '../support.ts'
import { emptyFolder, run } from './command.ts'

const scopes = ['jobs:read', 'jobs:write', 'deliveries']
const project = `deliveries-${crypto.randomUUID()}`
let apiKey = ''
let jobId = ''
/** A slow machine takes long. */
const patience = 60_000
/** The status of the receiver's answers: 410 ends a delivery. */
let status = 410
let received = 0

beforeAll(async () => {
  const key = await createKey({ project, scopes })
  apiKey = key.key
  const receiver = await listen(async () => {
    received += 1
    return new Response(status === 410 ? 'gone\u001B[31m away' : 'thanks', { status })
  })
  const client = createClient(url, apiKey)
  const request = {
    model: 'seedance-2.0-fast',
    prompt: markedPrompt(),
    duration: 5,
    callback_url: receiver.url,
  }
  jobId = (await client.postJob(request)).id
  await vi.waitFor(async () => {
    const { data } = await (await client.get(`/v1/deliveries?job_id=${jobId}`)).json()
    expect(data).toMatchObject([{ status: 'failed', reason: 'gone' }])
  }, patience)
  return () => receiver.close()
})

it('lists deliveries, shows one with its attempts, and sends the failed ones again', async () => {
  const list = await run(['deliveries', '--job', jobId, '--json'], { apiKey })
  expect(list).toMatchObject({ code: 0, stderr: '' })
  const [{ id }] = list.json().data
  const table = await run(['deliveries', '--status', 'failed'], { apiKey })
  expect(table.stdout).toMatch(/^Delivery +Status +Event/)
  expect(table.stdout).toMatch(new RegExp(`\n${id}  failed \\(gone\\)  job.succeeded`))

  const shown = await run(['delivery', id], { apiKey })
  expect(shown.stdout).toContain('failed: the receiver answered 410 Gone')
  // A terminal must not obey what a receiver answers.
  expect(shown.stdout).toMatch(/ 1 {2}\S+Z {2}410: .* in [\d.]+ m?s\n {5}gone \[31m away\n$/)
  const whole = await run(['delivery', id, '--body'], { apiKey })
  expect(whole.stdout).toContain(`"data":{"id":"${jobId}"`)

  const unsure = await run(['redeliver', '--failed', '--since', '1h'], { apiKey })
  expect(unsure).toMatchObject({ code: 2, stdout: '' })
  expect(unsure.stderr).toContain('Add --yes')
  expect(received).toBe(1)

  status = 200
  const all = await run(['redeliver', '--failed', '--since', '1h', '--yes', '--json'], { apiKey })
  expect(all.json()).toEqual({ redelivered: [id], skipped: [] })
  await vi.waitFor(() => expect(received).toBe(2), patience)
  // The attempt may still be under way.
  const one = await vi.waitFor(async () => {
    const again = await run(['redeliver', id], { apiKey })
    expect(again.code).toBe(0)
    return again
  }, patience)
  expect(one.stdout).toBe(`Sent again: ${id}\n`)
  await vi.waitFor(() => expect(received).toBe(3), patience)
  const none = await run(['redeliver', '--failed', '--job', jobId, '--yes'], { apiKey })
  expect(none).toMatchObject({ code: 0, stderr: 'No failed deliveries fit.\n' })
})

it('says what is wrong, with the exit code of its kind', async () => {
  const [unknown, nothing, unbounded] = await Promise.all([
    run(['delivery', 'dlv_01kbk6v3x6f9ja8c6mphr3z4aw', '--json'], { apiKey }),
    run(['redeliver'], { apiKey }),
    run(['redeliver', '--failed', '--yes'], { apiKey }),
  ])
  expect(unknown.code).toBe(3)
  expect(unknown.json()).toMatchObject({ error: { code: 'not_found', exit_code: 3 } })
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing is chosen.') })
  expect(unbounded).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Add --job, --endpoint or --since.'),
  })
})

it('creates a key, shows its secrets once, and revokes it', async () => {
  const admin = { apiKey: adminApiKey }
  const options = [
    '--project',
    project,
    '--scopes',
    'jobs:read,deliveries',
    '--expires',
    '30d',
    '--monthly-budget',
    '12.5',
  ]
  const created = await run(['keys', 'create', 'the shop', ...options], admin)
  const [, id = '', key = '', secret = ''] =
    /^Created (key_\w+): the shop, .*\nAPI key +(rh_\w+)\nCallback secret +(whsec_\S+)\n$/.exec(
      created.stdout,
    ) ?? []
  const rotated = await run(['keys', 'rotate-secret', '--json'], { apiKey: key })
  expect(rotated.json()).toMatchObject({ id, callback_secret: expect.stringMatching(/^whsec_/) })
  expect(rotated.json().callback_secret).not.toBe(secret)

  const list = await run(['keys'], admin)
  expect(list.stdout).toMatch(
    new RegExp(`\n${id}  the shop +valid +${project} +jobs:read deliveries +\\$0.00 of \\$12.50`),
  )
  expect(list.stdout).not.toContain(key)
  const current = await run(['keys', 'current'], { apiKey: key })
  expect(current.stdout).toContain(`Project   ${project}\n`)

  expect(await run(['keys', 'revoke', id], admin)).toMatchObject({ code: 2 })
  expect(await run(['keys', 'revoke', id, '--yes', '--json'], admin)).toMatchObject({
    stdout: `${JSON.stringify({ id, revoked: true })}\n`,
  })
  expect(await run(['keys', 'current'], { apiKey: key })).toMatchObject({ code: 4 })
})

it('uploads a file, downloads it with its hash checked, and deletes it', async () => {
  const folder = await emptyFolder()
  const [file, copy] = [join(folder, 'dot.png'), join(folder, 'copy.png')]
  await writeFile(file, picture)
  const uploaded = (await run(['assets', 'upload', file, '--json'], { apiKey })).json()
  expect(uploaded).toMatchObject({ content_type: 'image/png', file_name: 'dot.png', bytes: picture.length })
  const { id } = uploaded
  const shown = await run(['assets', 'show', id], { apiKey })
  expect(shown.stdout).toContain(`${id}  image/png, 70 B`)

  const taken = await run(['assets', 'download', id, '--output', file], { apiKey })
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('dot.png is already there') })
  const saved = await run(['assets', 'download', id, '--output', copy, '--json'], { apiKey })
  expect(saved.json()).toMatchObject({ id, file: copy, sha256: uploaded.sha256 })
  expect(await readFile(copy)).toEqual(picture)

  expect(await run(['assets', 'delete', id, '--yes'], { apiKey })).toMatchObject({ code: 0 })
  expect(await run(['assets', 'show', id], { apiKey })).toMatchObject({ code: 3 })
  expect(await run(['assets', 'upload', join(folder, 'none.png')], { apiKey })).toMatchObject({ code: 2 })
})

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
