/** `npm start` ends with npm, also when a signal reaches npm alone, as `kill` sends it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { freePort } from '../../../src/dev/local/worker.ts'

const repository = new URL('../../../', import.meta.url).pathname
const copy = mkdtempSync(`${realpathSync(tmpdir())}/reelhook-stop-`)
const timeout = 120_000
const until = { timeout, interval: 100 }

let npm: ChildProcess
let output = ''
let address: string

beforeAll(async () => {
  for (const name of ['src', 'wrangler.toml', 'package.json', 'tsconfig.json']) {
    cpSync(`${repository}${name}`, `${copy}/${name}`, { recursive: true })
  }
  symlinkSync(`${repository}node_modules`, `${copy}/node_modules`)
  const port = await freePort()
  address = `http://127.0.0.1:${port}/healthz`
  npm = spawn('npm', ['start'], {
    cwd: copy,
    env: { ...process.env, PORT: String(port), NO_COLOR: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  process.once('exit', killAll)
  for (const stream of [npm.stdout, npm.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  await vi.waitFor(() => expect(output).toContain('Ctrl-C to stop'), until)
}, timeout)

afterAll(() => {
  killAll()
  process.off('exit', killAll)
  rmSync(copy, { recursive: true, force: true })
})

it('leaves no process and no port behind', { timeout: 2 * timeout }, async () => {
  expect((await fetch(address)).status).toBe(200)
  const ended = once(npm, 'exit')
  npm.kill('SIGTERM')
  await ended
  await expect.poll(isGroupRunning, until).toBe(false)
  await expect(fetch(address)).rejects.toThrow()
})

function isGroupRunning(): boolean {
  try {
    process.kill(-(npm.pid ?? 0), 0)
    return true
  } catch {
    return false
  }
}

function killAll() {
  if (npm?.pid !== undefined && isGroupRunning()) process.kill(-npm.pid, 'SIGKILL')
}
