/** `reelhook` at a terminal. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { billsOf, createKey, markedPrompt, url } from '../support.ts'
import { runInTerminal } from './built-command.ts'
import { emptyFolder, run } from './command.ts'

let apiKey = ''
beforeAll(async () => {
  apiKey = (await createKey()).key
})

const cheap = ['--model', 'seedance-2.0-mini', '--duration', '5', '--resolution', '480p']
const yes: [string, string] = ['Make it?', 'y']
// A color, or a movement of the cursor.
const escapeCode = '\u001B['

describe.concurrent('generate in a terminal', () => {
  it('shows the estimate, and buys after a yes', async () => {
    const cwd = await emptyFolder()
    const prompt = markedPrompt()
    const { code, screen } = await runInTerminal(['generate', prompt, ...cheap], {
      apiKey,
      cwd,
      answers: [yes],
    })
    expect(code).toBe(0)
    expect(screen).toMatch(/About \$\d+\.\d+ at runware\. Make it\?/)
    // The bar clears its line before each frame.
    expect(screen).toContain(`\r${escapeCode}2K`)
    expect(screen).toContain('succeeded')
    expect(await readdir(cwd)).toHaveLength(1)
    expect(await billsOf(prompt)).toHaveLength(1)
  })

  it.each(['n', '\r'])('buys nothing after %j', async (key) => {
    const prompt = markedPrompt()
    const answers: [string, string][] = [['Make it?', key]]
    const { code, screen } = await runInTerminal(['generate', prompt, ...cheap], { apiKey, answers })
    expect(code).toBe(130)
    expect(screen).toContain('Nothing was bought')
    expect(await billsOf(prompt)).toEqual([])
  })

  it('buys nothing after Ctrl-C at the question', async () => {
    const prompt = markedPrompt()
    const answers: [string, string][] = [['Make it?', '\u0003']]
    const { code } = await runInTerminal(['generate', prompt, ...cheap], { apiKey, answers })
    expect(code).toBe(130)
    expect(await billsOf(prompt)).toEqual([])
  })

  it('finds the job of an earlier run by its key, even when that job has taken the whole budget', async () => {
    const budgeted = await createKey({ monthly_budget_usd: 0.2 })
    const prompt = markedPrompt('seconds=3600')
    const runOnce = (key: string) =>
      runInTerminal(
        ['generate', prompt, ...cheap, '--provider', 'runware', '--no-wait', '--idempotency-key', key],
        { apiKey: budgeted.key, answers: [yes] },
      )
    const [first, again] = [await runOnce('order-1'), await runOnce('order-1')]
    expect([first.code, again.code]).toEqual([0, 0])
    expect(again.screen).toContain(/job_\w+/.exec(first.screen)?.[0])
    const other = await runOnce('order-2')
    expect(other.code).toBe(4)
    expect(other.screen).toContain('Raise the budget of the API key')
    await vi.waitFor(async () => expect(await billsOf(prompt)).toHaveLength(1), { timeout: 60_000 })
  })

  it('asks for a prompt that is missing', async () => {
    const prompt = markedPrompt()
    const answers: [string, string][] = [['What should the video show?', `${prompt}\r`], yes]
    const { code } = await runInTerminal(['generate', '--no-wait', ...cheap], { apiKey, answers })
    expect(code).toBe(0)
    await vi.waitFor(async () => expect(await billsOf(prompt)).toHaveLength(1), { timeout: 60_000 })
  })

  it('asks nothing where CI is set', async () => {
    const { code, screen } = await runInTerminal(['generate', markedPrompt()], {
      apiKey,
      env: { CI: 'true' },
    })
    expect(code).toBe(2)
    expect(screen).not.toContain(escapeCode)
  })
})

describe.concurrent('a table', () => {
  let keyOfTable = ''
  beforeAll(async () => {
    // A key of a project sees its own jobs only.
    keyOfTable = (await createKey({ project: `table-${crypto.randomUUID()}` })).key
    const prompt = `${markedPrompt()} and a very long description of what happens on the river`
    await run(['generate', prompt, ...cheap, '--yes', '--no-wait'], { apiKey: keyOfTable })
  })

  it.each([40, 80, 120])('fits %i columns', async (columns) => {
    const { screen } = await runInTerminal(['jobs'], { apiKey: keyOfTable, columns, env: { NO_COLOR: '1' } })
    const lines = screen.trimEnd().split('\r\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  })

  it('of deliveries shows how each of them goes in 80 columns', async () => {
    const receiver = ['--callback-url', 'http://127.0.0.1:9/']
    const args = ['generate', markedPrompt(), ...cheap, '--yes', '--output', await emptyFolder(), ...receiver]
    const { stdout: path } = await run(args, { apiKey })
    const id = /job_[a-z0-9]+/.exec(path)?.[0] ?? ''
    const options = { apiKey, columns: 80, env: { NO_COLOR: '1' } }
    const { screen } = await runInTerminal(['deliveries', '--job', id], options)
    expect(screen).toMatch(/^Delivery +Status +Event +Age +Attempts +Last/)
    for (const line of screen.split('\r\n')) expect(line.length).toBeLessThanOrEqual(80)
  })
})

describe.concurrent('an error', () => {
  it('names the option that is wrong, in lines that fit', async () => {
    const args = ['generate', markedPrompt(), '--resolution', '4k', '--duration', '99', '--yes']
    const { screen } = await runInTerminal(args, { apiKey, columns: 60, env: { NO_COLOR: '1' } })
    const lines = screen.trimEnd().split('\r\n')
    expect(lines[0]).toBe('Error: Nothing was accepted or spent. Correct this:')
    expect(lines[1]).toMatch(/^ {2}--duration /)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60)
  })
})

describe.concurrent('colors', () => {
  it('are there in a terminal only', async () => {
    expect((await runInTerminal(['models'], { apiKey })).screen).toContain(escapeCode)
    expect((await run(['models'], { apiKey })).stdout).not.toContain(escapeCode)
  })

  it('obey NO_COLOR and FORCE_COLOR', async () => {
    expect((await runInTerminal(['models'], { apiKey, env: { NO_COLOR: '1' } })).screen).not.toContain(
      escapeCode,
    )
    expect((await run(['models'], { apiKey, env: { FORCE_COLOR: '1' } })).stdout).toContain(escapeCode)
  })
})

describe.concurrent('login', () => {
  it('asks for the key without showing it, and stores it for its owner only', async () => {
    const XDG_CONFIG_HOME = await emptyFolder()
    const answers: [string, string][] = [['API key', `${apiKey}\r`]]
    const login = await runInTerminal(['login', '--url', url], { env: { XDG_CONFIG_HOME }, answers })
    const path = join(XDG_CONFIG_HOME, 'reelhook', 'config.json')
    expect(login.code).toBe(0)
    expect(login.screen).not.toContain(apiKey)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url, api_key: apiKey })
    expect(await run(['jobs', '--json'], { env: { XDG_CONFIG_HOME } })).toMatchObject({ code: 0 })
  })

  it('reads the key from stdin, and stores none that the deployment refuses', async () => {
    const XDG_CONFIG_HOME = await emptyFolder()
    const env = { XDG_CONFIG_HOME, REELHOOK_URL: url }
    const refused = await run(['login'], { env, stdin: 'rh_wrong\n' })
    expect(refused.code).toBe(4)
    expect(refused.stderr).not.toContain('rh_wrong')
    expect(await readdir(XDG_CONFIG_HOME)).toEqual([])
    expect((await run(['login'], { env, stdin: `${apiKey}\n` })).code).toBe(0)
    const config = await run(['config'], { env })
    expect(config.stdout).toContain('API key     set (file)')
    expect(config.stdout + config.stderr).not.toContain(apiKey)
  })

  it('stores a key for its own address: no other gets it', async () => {
    const XDG_CONFIG_HOME = await emptyFolder()
    const env = { XDG_CONFIG_HOME }
    await run(['login', '--url', url], { env, stdin: apiKey })
    const { code, stderr } = await run(['jobs', '--url', 'http://127.0.0.1:9'], { env })
    expect(code).toBe(2)
    expect(stderr).toContain('No API key is set for http://127.0.0.1:9')
  })

  it('is undone by logout', async () => {
    const XDG_CONFIG_HOME = await emptyFolder()
    const env = { XDG_CONFIG_HOME }
    await run(['login', '--url', url], { env, stdin: apiKey })
    expect((await run(['logout'], { env })).code).toBe(0)
    expect((await run(['jobs'], { env })).code).toBe(2)
  })
})

describe.concurrent('completion', () => {
  it.each([
    { args: ['completion', 'bash'], text: 'bash completion for reelhook' },
    { args: ['complete', '--', 'mod'], text: 'models' },
    { args: ['complete', '--', 'can'], text: 'cancel' },
    { args: ['complete', '--', 'retry', '--idem'], text: '--idempotency-key' },
    { args: ['complete', '--', 'delete', '--y'], text: '--yes' },
    { args: ['complete', '--', 'jobs', '--status', ''], text: 'succeeded' },
    { args: ['complete', '--', 'generate', '--model', ''], text: 'seedance-2.0-fast' },
  ])('prints a script, and completes commands and known values: $args', async ({ args, text }) => {
    expect((await runInTerminal(args, {})).screen).toContain(text)
  })
})
