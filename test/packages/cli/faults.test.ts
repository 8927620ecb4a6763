/** What `reelhook` says about wrong options, files and ids: every fault at once, and what to do. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { adminApiKey, billsOf, createKey, markedPrompt } from '../support.ts'
import { emptyFolder, run } from './command.ts'
import { endedJob, projectKey, runningJob, unknownId } from './jobs.ts'

let apiKey = ''
beforeAll(async () => {
  apiKey = await projectKey()
})

/** The lines of an error that name its faults. */
const faultsIn = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('  '))

describe.concurrent('one error names', () => {
  it.each([
    {
      args: ['jobs', '--since', 'foo', '--until', 'bar', '--metadata', 'order'],
      names: ['--since cannot be "foo". Write a date', '--until cannot be "bar".', '--metadata cannot be'],
    },
    { args: ['jobs', '--status', 'foo', '--limit', '0'], names: ['--status cannot be', '--limit cannot be'] },
    {
      args: ['listen', '--events', 'job.foo,bar', '--port', '99999', '--forward', 'ftp://x'],
      names: ['--events cannot be', '--port cannot be', '--forward cannot be'],
    },
    {
      args: ['generate', 'A boat', '--max-cost', 'x', '--count', 'y', '--seed', 'z', '--timeout', 'soon'],
      names: ['--max-cost cannot', '--count cannot', '--seed cannot', '--timeout cannot'],
    },
    {
      args: [
        'generate',
        'A boat',
        '--image',
        'nope.png',
        '--reference',
        'what',
        '--reference',
        'https://a.test/b',
      ],
      names: ['Spending money', 'no file nope.png', 'no file what', 'Whether https://a.test/b is an image'],
    },
    {
      args: ['generate', '--yes', '--metadata', 'order', '--output', '/no/such/boat.mp4'],
      names: ['--metadata cannot', 'no folder for /no/such/boat.mp4', 'The prompt is missing.'],
    },
    {
      args: ['estimate', '--seed', 'x', '--duration', 'long'],
      names: ['--seed cannot', '--duration cannot', 'reelhook estimate "a paper boat"'],
    },
    {
      args: ['export', '--resume', '--after', 'nope', '--format', 'xml'],
      names: ['--after cannot', '--format cannot', 'Add --output', 'do not go together'],
    },
    {
      args: ['keys', 'create', 'x', '--expires', 'x', '--monthly-budget', 'x', '--requests-per-minute', 'x'],
      names: ['--expires cannot', '--monthly-budget cannot', '--requests-per-minute cannot'],
    },
    { args: ['redeliver', '--failed', '--until', 'x'], names: ['--until cannot', '--failed alone'] },
    { args: ['assets', 'upload', 'one.png', 'two.png'], names: ['no file one.png', 'no file two.png'] },
    {
      args: ['wait', 'job_1', 'job_2', '--timeout', 'x', '--output', '/no/such/'],
      names: ['--timeout cannot', 'no folder /no/such/', 'Several jobs need a folder.'],
    },
    { args: ['jobs', '--limit', '0', '--wrong'], names: ['--limit cannot', "Unknown option '--wrong'"] },
  ])('every fault of $args', async ({ args, names }) => {
    const { code, stdout, stderr } = await run(args, { apiKey: adminApiKey })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(faultsIn(stderr)).toHaveLength(names.length)
    for (const name of names) expect(stderr).toContain(name)
  })

  it('a missing setting beside them, and each option with --json', async () => {
    const { code, json } = await run(['jobs', '--since', 'foo', '--limit', 'x', '--json'])
    expect(code).toBe(2)
    expect(json().error.errors).toMatchObject([
      { path: '--since' },
      { path: '--limit' },
      { path: '', message: expect.stringContaining('No deployment is set. Run "reelhook login"') },
    ])
  })

  it('every fault that the deployment finds', async () => {
    const prompt = markedPrompt()
    const args = ['generate', prompt, '--yes', '--model', 'sora', '--count', '9', '--seed', '1.5']
    const { code, stderr } = await run(args, { apiKey })
    expect(code).toBe(4)
    for (const name of ['--model', '--count', '--seed']) expect(stderr).toContain(`  ${name} `)
    expect(await billsOf(prompt)).toEqual([])
  })

  it('the state of a job and the missing consent', async () => {
    const { id } = await runningJob(apiKey)
    const retried = await run(['retry', id], { apiKey })
    expect(retried.code).toBe(6)
    for (const text of ['has not ended yet', 'Add --yes.']) expect(retried.stderr).toContain(text)
    const deleted = await run(['delete', id], { apiKey })
    expect(deleted.code).toBe(6)
    for (const text of ['has not ended yet', 'Add --yes']) expect(deleted.stderr).toContain(text)
  })

  it('options, where the API names fields', async () => {
    const created = await run(['keys', 'create', 'x', '--scopes', 'foo', '--monthly-budget', '-1'], {
      apiKey: adminApiKey,
    })
    expect(created.code).toBe(4)
    expect(faultsIn(created.stderr)).toEqual([
      expect.stringMatching(/^ {2}--scopes no\. 1 /),
      expect.stringMatching(/^ {2}--monthly-budget /),
    ])
    const listed = await run(['deliveries', '--event', 'foo'], { apiKey })
    expect(listed.stderr).toMatch(/^ {2}--event /m)
    const sent = await run(['redeliver', '--failed', '--job', unknownId, '--endpoint', 'ep_nope'], { apiKey })
    expect(sent.code).toBe(3)
    expect(faultsIn(sent.stderr)).toHaveLength(2)
  })
})

describe.concurrent('an id that does not exist', () => {
  it.each([
    { args: ['job', unknownId], list: '"reelhook jobs"' },
    { args: ['retry', unknownId, '--yes'], list: '"reelhook jobs"' },
    { args: ['cancel', unknownId], list: '"reelhook jobs"' },
    { args: ['wait', unknownId], list: '"reelhook jobs"' },
    { args: ['deliveries', '--job', unknownId], list: '"reelhook jobs"' },
    { args: ['redeliver', '--failed', '--job', unknownId, '--yes'], list: '"reelhook jobs"' },
    { args: ['deliveries', '--endpoint', 'ep_nope'], list: '"reelhook config"' },
    { args: ['delivery', 'dlv_nope'], list: '"reelhook deliveries"' },
    { args: ['redeliver', 'dlv_nope'], list: '"reelhook deliveries"' },
    { args: ['assets', 'show', 'asset_nope'], list: '"reelhook assets upload"' },
    { args: ['assets', 'delete', 'asset_nope', '--yes'], list: '"reelhook assets upload"' },
    { args: ['keys', 'revoke', 'key_nope', '--yes'], list: '"reelhook keys"' },
  ])('is named, with where to look: $args', async ({ args, list }) => {
    const { code, stdout, stderr } = await run(args, { apiKey: adminApiKey })
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(args.find((word) => word === unknownId || word.endsWith('_nope')))
    expect(stderr).toContain(list)
  })

  it('does not keep the command from waiting for the other jobs', async () => {
    const { id } = await endedJob(apiKey)
    const { code, stdout } = await run(['wait', unknownId, id, '--json'], { apiKey })
    expect(code).toBe(3)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { error: { code: 'not_found', job_id: unknownId, remedy: expect.any(String) } },
      { job: { id, status: 'succeeded' } },
    ])
  })

  it('is no fault of a job without deliveries, nor of a key that may not read jobs', async () => {
    const { id } = await endedJob(apiKey)
    expect(await run(['deliveries', '--job', id], { apiKey })).toMatchObject({ code: 0 })
    const { key } = await createKey({ scopes: ['deliveries'] })
    expect(await run(['deliveries', '--job', unknownId], { apiKey: key })).toMatchObject({
      code: 0,
      stderr: 'No deliveries.\n',
    })
  })
})

describe.concurrent('an error says what to do', () => {
  it('with a file that cannot be written', async () => {
    const folder = await emptyFolder()
    const missing = await run(['export', '--output', join(folder, 'none', 'jobs.csv')], { apiKey })
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no folder for') })
    const resumed = await run(['export', '--output', folder, '--resume'], { apiKey })
    expect(resumed).toMatchObject({ code: 1, stderr: expect.stringContaining('it is a folder') })
    const place = ['--output', join(folder, 'none', 'dot.png')]
    const asset = await run(['assets', 'download', 'asset_nope', ...place], { apiKey })
    expect(asset).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no folder for') })
    for (const { stderr } of [missing, resumed, asset]) expect(stderr).not.toMatch(/\bE[A-Z]{4,}/)
  })

  it('with a command in place of a route, after a refusal by the provider', async () => {
    const { id } = await endedJob(apiKey, { directives: 'fail=nonsense' })
    for (const args of [
      ['job', id],
      ['wait', id],
    ]) {
      const { stdout, stderr } = await run(args, { apiKey })
      expect(stdout + stderr).toContain(`reelhook job ${id} --answers`)
      expect(stdout + stderr).not.toContain('GET /v1')
    }
  })

  it('with seconds, when its time is over', async () => {
    const { id } = await runningJob(apiKey)
    const { code, stderr } = await run(['wait', id, '--timeout', '1'], { apiKey })
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('has not ended after 1 s.') })
  })
})
