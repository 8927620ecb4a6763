/** Runs the installed wrangler. It never asks a question. */
import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { settingNames } from '../../config.ts'

/** Whether a command succeeded is its exit code alone: wrangler's texts change between versions. */
export interface WranglerResult {
  exitCode: number
  stdout: string
  stderr: string
}

interface WranglerOptions {
  /** `shown`: its output is also printed, as it comes. */
  output: 'shown' | 'captured'
  /** Added to our own environment. */
  environment?: Readonly<Record<string, string>> | undefined
}

export type RunWrangler = (words: readonly string[], options: WranglerOptions) => Promise<WranglerResult>

const wrangler = new URL('../../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

export const runWrangler: RunWrangler = async (words, { output, environment }) => {
  const child = spawn(process.execPath, [wrangler, ...words], {
    env: { ...ownEnvironment(), ...environment, CI: 'true', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => void child.kill()
  process.once('exit', kill)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  const isShown = output === 'shown'
  const [exitCode, stdout, stderr] = await Promise.all([
    ended,
    textOf(child.stdout, isShown ? process.stdout : null),
    textOf(child.stderr, isShown ? process.stderr : null),
  ])
  process.off('exit', kill)
  return { exitCode, stdout, stderr }
}

/** Without our settings: a setting of the shell must not replace a checked one. */
function ownEnvironment(): Record<string, string | undefined> {
  const names = settingNames()
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.includes(name)))
}

async function textOf(stream: Readable, echo: Writable | null): Promise<string> {
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    echo?.write(chunk)
    text += chunk
  }
  return text
}
