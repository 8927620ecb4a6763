/** `reelhook generate` and `wait`: one bill, a checked file, and an exit code that says how it ended. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { billsOf, createKey, markedPrompt, startLossyProxy } from '../support.ts'
import { emptyFolder, type Options, run } from './command.ts'

let apiKey = ''
beforeAll(async () => {
  apiKey = (await createKey()).key
})

const cheap = ['--model', 'seedance-2.0-mini', '--duration', '5', '--resolution', '480p']

const finishedSchema = z.object({
  job: z.looseObject({
    id: z.string(),
    status: z.string(),
    request: z.looseObject({}),
    outputs: z.array(z.looseObject({ sha256: z.string(), bytes: z.number() })),
  }),
  files: z.array(z.strictObject({ n: z.number(), path: z.string(), bytes: z.number(), sha256: z.string() })),
  idempotency_key: z.string(),
})
const errorSchema = z.object({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    remedy: z.string().nullable(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    request_id: z.string().nullable(),
    job_id: z.string().nullable(),
    idempotency_key: z.string().nullable(),
    exit_code: z.number(),
  }),
})

/** Without --output it saves into an empty folder. */
async function generate(prompt: string, args: string[] = [], options: Options = {}) {
  const folder = await emptyFolder()
  const output = args.includes('--output') ? [] : ['--output', folder]
  const ended = await run(['generate', prompt, ...cheap, ...output, ...args], { apiKey, ...options })
  return { ...ended, folder }
}

function finishedOf({ stdout }: { stdout: string }) {
  return finishedSchema.parse(JSON.parse(stdout))
}

function failureOf({ stdout }: { stdout: string }) {
  return errorSchema.parse(JSON.parse(stdout)).error
}

describe.concurrent('generate', () => {
  it('saves the video and prints its path', async () => {
    const { code, stdout, folder, stderr } = await generate(markedPrompt(), ['--yes'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\/job_[0-9a-z]{26}-0\.mp4\n$/)
    expect(stderr).toContain('SHA-256 checked')
    expect((await readdir(folder)).map((name) => `${join(folder, name)}\n`)).toEqual([stdout])
  })

  it('prints the job and its files as one line of JSON', async () => {
    const path = join(await emptyFolder(), 'boat.mp4')
    const ended = await generate(markedPrompt(), ['--yes', '--json', '--output', path])
    const { job, files, idempotency_key } = finishedOf(ended)
    const [output] = job.outputs
    const file = await readFile(path)
    const sha256 = createHash('sha256').update(file).digest('hex')
    expect(ended.stdout.trim()).not.toContain('\n')
    expect(job.status).toBe('succeeded')
    expect(output).toMatchObject({ sha256, bytes: file.length })
    expect(files).toEqual([{ n: 0, path, bytes: file.length, sha256 }])
    expect(ended.stderr).toContain(`idempotency_key ${idempotency_key}`)
  })

  it('saves each of several videos under a name of its own', async () => {
    const folder = await emptyFolder()
    const args = ['--yes', '--count', '2', '--output', join(folder, 'boat.mp4')]
    const { stdout } = await generate(markedPrompt(), args)
    expect(stdout).toBe(`${folder}/boat-1.mp4\n${folder}/boat-2.mp4\n`)
    expect((await readdir(folder)).sort()).toEqual(['boat-1.mp4', 'boat-2.mp4'])
  })

  it('buys one video although its answer is lost', async () => {
    const prompt = markedPrompt()
    const { url, passed } = await startLossyProxy(
      ({ method, path }, n) => method === 'POST' && path === '/v1/jobs' && n < 2,
    )
    const { code } = await generate(prompt, ['--yes'], { baseUrl: url })
    expect(code).toBe(0)
    expect(passed.filter(({ method }) => method === 'POST')).toHaveLength(3)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('names the key that meets the same job if every answer is lost', async () => {
    const prompt = markedPrompt()
    const { url } = await startLossyProxy(({ method }) => method === 'POST')
    const lost = await generate(prompt, ['--yes', '--json'], { baseUrl: url })
    const { idempotency_key: key, remedy } = failureOf(lost)
    expect(lost.code).toBe(5)
    expect(remedy).toContain(`--idempotency-key ${key}`)
    const { code } = await generate(prompt, ['--yes', '--idempotency-key', key ?? ''])
    expect(code).toBe(0)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it('finds its job again when connections break while it waits', async () => {
    const { url, passed } = await startLossyProxy(({ method }, n) => method === 'GET' && n % 2 === 1)
    const { code, folder, stdout } = await generate(markedPrompt(), ['--yes'], { baseUrl: url })
    expect(code).toBe(0)
    expect(passed.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect((await readdir(folder)).map((name) => `${join(folder, name)}\n`)).toEqual([stdout])
  })

  it('uploads local files first', async () => {
    const args = ['--yes', '--json', '--reference', 'src/dashboard/public/static/simulator.mp4']
    const ended = await generate(`${markedPrompt()} like {{video:1}}`, args)
    expect(finishedOf(ended).job.request).toMatchObject({
      reference_videos: [expect.stringMatching(/^asset_/)],
    })
  })

  it('continues nothing after Ctrl-C but the job, and says how to wait for it', async () => {
    const prompt = markedPrompt()
    const { url, passed } = await startLossyProxy(() => false)
    const controller = new AbortController()
    const ended = generate(prompt, ['--yes'], { baseUrl: url, signal: controller.signal })
    await expect
      .poll(() => passed.some(({ path }) => path.includes('/events')), { timeout: 60_000 })
      .toBe(true)
    controller.abort()
    const { code, stderr, folder } = await ended
    const [, id = ''] = /reelhook wait (job_\w+)/.exec(stderr) ?? []
    expect(code).toBe(130)
    expect(await readdir(folder)).toEqual([])
    const waited = await run(['wait', id, '--output', folder], { apiKey })
    expect(waited).toMatchObject({ code: 0, stdout: `${folder}/${id}-0.mp4\n` })
  })
})

describe.concurrent('generate without a terminal', () => {
  it('spends nothing without a consent or a limit', async () => {
    const prompt = markedPrompt()
    const { code, stderr } = await generate(prompt)
    expect(code).toBe(2)
    expect(stderr).toContain('--max-cost')
    expect(await billsOf(prompt)).toEqual([])
  })

  it('takes a limit as the consent', async () => {
    const prompt = markedPrompt()
    expect((await generate(prompt, ['--max-cost', '0.0001'])).code).toBe(4)
    expect(await billsOf(prompt)).toEqual([])
    expect((await generate(prompt, ['--max-cost', '5', '--no-wait'])).code).toBe(0)
  })

  it('reads the prompt from stdin', async () => {
    const stdin = `${markedPrompt()}\n`
    const ended = await generate('-', ['--yes', '--no-wait', '--json'], { stdin })
    expect(finishedOf(ended).job.request).toMatchObject({ prompt: stdin.trim() })
  })
})

describe.concurrent('a file that is there', () => {
  it('stays as it is, and nothing is bought', async () => {
    const path = join(await emptyFolder(), 'boat.mp4')
    await writeFile(path, 'mine')
    const prompt = markedPrompt()
    const { code, stderr } = await generate(prompt, ['--yes', '--output', path])
    expect(code).toBe(2)
    expect(stderr).toContain('--force')
    expect(await readFile(path, 'utf8')).toBe('mine')
    expect(await billsOf(prompt)).toEqual([])
  })

  it('is overwritten with --force', async () => {
    const path = join(await emptyFolder(), 'boat.mp4')
    await writeFile(path, 'mine')
    const { code } = await generate(markedPrompt(), ['--yes', '--force', '--output', path])
    expect(code).toBe(0)
    expect(await readFile(path, 'utf8')).not.toBe('mine')
  })
})

describe.concurrent('the exit code', () => {
  it('is 1 for a job that failed', async () => {
    const ended = await generate(markedPrompt('fail=provider'), ['--yes', '--json'])
    expect(ended.code).toBe(1)
    expect(finishedOf(ended)).toMatchObject({ job: { status: 'failed' }, files: [] })
  })

  it('is 2 for a wrong option, with and without JSON', async () => {
    const text = await generate(markedPrompt(), ['--yes', '--sound', '3'])
    expect(text.code).toBe(2)
    expect(text.stderr).toContain("Unknown option '--sound'")
    const json = await generate(markedPrompt(), ['--json', '--yes', '--count', 'two'])
    expect(json.code).toBe(2)
    expect(failureOf(json)).toMatchObject({ code: 'usage', exit_code: 2 })
  })

  it('is 4 for a request that is refused, whose faults have the names of options', async () => {
    const ended = await generate(markedPrompt(), ['--yes', '--duration', '99', '--seed', '9999999999'])
    expect(ended.code).toBe(4)
    expect(ended.stderr).toMatch(/--duration /)
    expect(ended.stderr).toMatch(/--seed /)
  })

  it('is 4 for an API key that is not known, which is never printed', async () => {
    const wrong = 'rh_0123456789abcdef'
    const ended = await generate(markedPrompt(), ['--yes', '--json'], { apiKey: wrong })
    expect(ended.code).toBe(4)
    expect(failureOf(ended)).toMatchObject({ code: 'unauthorized' })
    expect(ended.stdout + ended.stderr).not.toContain(wrong)
  })
})
