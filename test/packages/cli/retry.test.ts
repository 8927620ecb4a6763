/** `reelhook retry`: one more bill and never two, on failed, canceled, running, succeeded, unknown and foreign jobs. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { adminApiKey, billsOf } from '../support.ts'
import { runInTerminal } from './built-command.ts'
import { emptyFolder, type Options, run } from './command.ts'
import { endedJob, projectKey, runningJob, startProxyThatLoses, unknownId } from './jobs.ts'

/** Scenario refuses the first submission of the prompt only, so a retry succeeds. */
const failsOnce = { provider: 'scenario', directives: 'submit=402*1' } as const

let apiKey = ''
let foreignId = ''
beforeAll(async () => {
  const foreignKey = await projectKey()
  ;[apiKey, foreignId] = [await projectKey(), (await endedJob(foreignKey, failsOnce)).id]
})

/** Without --output it saves into an empty folder. */
async function retry(id: string, args: string[] = [], options: Options = {}) {
  const folder = await emptyFolder()
  const output = args.includes('--output') ? [] : ['--output', folder]
  return { ...(await run(['retry', id, ...output, ...args], { apiKey, ...options })), folder }
}

/** Without waiting it does not look at the old job itself. */
const ways = [{ args: [] }, { args: ['--no-wait'] }]

describe.concurrent('retry', () => {
  it('makes the video of a failed job, and saves it', async () => {
    const { id, prompt } = await endedJob(apiKey, failsOnce)
    const { code, stdout, folder } = await retry(id, ['--yes'])
    expect(code).toBe(0)
    expect((await readdir(folder)).map((name) => `${join(folder, name)}\n`)).toEqual([stdout])
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('prints the new job and its files as one line of JSON', async () => {
    const { id } = await endedJob(apiKey, failsOnce)
    const { code, stderr, json } = await retry(id, ['--yes', '--json'])
    const { job, files, idempotency_key } = json()
    expect(code).toBe(0)
    expect(job).toMatchObject({ status: 'succeeded', retry_of: id })
    const [{ path, sha256 }] = files
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(sha256)
    expect(stderr).toContain(`idempotency_key ${idempotency_key}`)
  })

  it('retries a canceled job, and waits for nothing if it is asked to', async () => {
    const { id } = await runningJob(apiKey)
    await run(['cancel', id], { apiKey })
    const { code, stdout, stderr, folder } = await retry(id, ['--yes', '--no-wait'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^job_\w+\n$/)
    expect(stderr).toContain(`reelhook wait ${stdout.trim()}`)
    expect(await readdir(folder)).toEqual([])
  })

  it('ends with 1 if the new job fails', async () => {
    const { id } = await endedJob(apiKey, { directives: 'fail=moderated' })
    const { code, json } = await retry(id, ['--yes', '--json'])
    expect(code).toBe(1)
    expect(json()).toMatchObject({ job: { status: 'failed', retry_of: id }, files: [] })
  })

  it.each(ways)('refuses jobs that run or have succeeded: $args', async ({ args }) => {
    const [running, succeeded] = [await runningJob(apiKey), await endedJob(apiKey)]
    const early = await retry(running.id, ['--yes', '--json', ...args])
    expect(early.code).toBe(6)
    expect(early.json()).toMatchObject({ error: { code: 'not_settled', exit_code: 6 } })
    const late = await retry(succeeded.id, ['--yes', ...args])
    expect(late).toMatchObject({ code: 6, stdout: '' })
    expect(late.stderr).toContain('reelhook generate')
    expect(await billsOf(running.prompt)).toHaveLength(1)
    expect(await billsOf(succeeded.prompt)).toHaveLength(1)
  })

  it.each(ways)('does not find unknown and foreign jobs: $args', async ({ args }) => {
    for (const id of [unknownId, foreignId]) {
      const { code, json } = await retry(id, ['--yes', '--json', ...args])
      expect(code).toBe(3)
      expect(json()).toMatchObject({ error: { code: 'not_found' } })
    }
  })

  it('spends nothing without a consent, and nothing if the file is already there', async () => {
    const { id, prompt } = await endedJob(apiKey, failsOnce)
    const unsure = await retry(id)
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --yes.') })
    const path = join(await emptyFolder(), 'boat.mp4')
    await writeFile(path, 'mine')
    const taken = await retry(id, ['--yes', '--output', path])
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') })
    expect(await readFile(path, 'utf8')).toBe('mine')
    expect(await billsOf(prompt)).toEqual([])
  })
})

describe.concurrent('a lost answer', () => {
  it('buys one video', async () => {
    const { id, prompt } = await endedJob(apiKey, failsOnce)
    const { url: baseUrl, passed } = await startProxyThatLoses(({ method }) => method === 'POST', 2)
    expect(await retry(id, ['--yes'], { baseUrl })).toMatchObject({ code: 0 })
    const posts = passed.filter(({ method }) => method === 'POST')
    const keys = new Set(posts.map(({ headers }) => headers.get('idempotency-key')))
    expect([posts.length, keys.size]).toEqual([3, 1])
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('on every attempt leaves the key that meets the same job', async () => {
    const { id, prompt } = await endedJob(apiKey, failsOnce)
    const { url: baseUrl } = await startProxyThatLoses(({ method }) => method === 'POST', Infinity)
    const lost = await retry(id, ['--yes', '--json'], { baseUrl })
    const { idempotency_key: key, remedy } = lost.json().error
    expect(lost.code).toBe(5)
    expect(remedy).toContain(`--idempotency-key ${key}`)
    expect(await retry(id, ['--yes', '--idempotency-key', key])).toMatchObject({ code: 0 })
    expect(await billsOf(prompt)).toHaveLength(1)
  })
})

describe.concurrent('retry at a terminal', () => {
  const answer = (key: string): [string, string][] => [['Make it again?', key]]

  it('shows the estimate, and buys after a yes only', async () => {
    const { id, prompt } = await endedJob(apiKey, failsOnce)
    const options = { apiKey, columns: 120, env: { NO_COLOR: '1' } }
    for (const key of ['n', '\r']) {
      const no = await runInTerminal(['retry', id], { ...options, answers: answer(key) })
      expect(no).toMatchObject({ code: 130, screen: expect.stringContaining('Nothing was bought.') })
    }
    expect(await billsOf(prompt)).toEqual([])
    const cwd = await emptyFolder()
    const yes = await runInTerminal(['retry', id], { ...options, cwd, answers: answer('y') })
    expect(yes.code).toBe(0)
    expect(yes.screen).toMatch(/About \$?\d+\.?\d* ?\w* at scenario\. Make it again\?/)
    expect(await readdir(cwd)).toHaveLength(1)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('says that a canceled job may be billed, too', async () => {
    const { id } = await runningJob(apiKey)
    await run(['cancel', id], { apiKey })
    const { code, screen } = await runInTerminal(['retry', id], {
      apiKey,
      columns: 120,
      answers: answer('n'),
    })
    expect(code).toBe(130)
    expect(screen).toContain('The old job may be billed, too. Make it again?')
  })

  it('asks although the embedded file of the old job has no price elsewhere', async () => {
    const picture = await readFile('src/dashboard/public/static/simulator.mp4')
    const { id } = await endedJob(apiKey, {
      ...failsOnce,
      reference_videos: [`data:video/mp4;base64,${picture.toString('base64')}`],
    })
    const { code, screen } = await runInTerminal(['retry', id], {
      apiKey,
      columns: 120,
      answers: answer('n'),
    })
    expect(code).toBe(130)
    expect(screen).toContain('Its price is not known. Make it again?')
  })

  it('shows the estimate of a job whose secret the admin key would have to pass again', async () => {
    const callback_secret = `whsec_${Buffer.alloc(32).toString('base64')}`
    const receiver = { callback_url: 'http://127.0.0.1:9/', callback_secret }
    const { id } = await endedJob(adminApiKey, { ...failsOnce, ...receiver })
    const options = { apiKey: adminApiKey, columns: 120, answers: answer('n') }
    const { screen } = await runInTerminal(['retry', id], options)
    expect(screen).toContain(' at scenario. Make it again?')
  })

  it('asks nothing about a job that has succeeded', async () => {
    const { id } = await endedJob(apiKey)
    const { code, screen } = await runInTerminal(['retry', id], { apiKey })
    expect(code).toBe(6)
    expect(screen).not.toContain('Make it again?')
  })
})
