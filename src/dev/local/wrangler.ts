/** Runs the installed wrangler. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Whether a command succeeded is its exit code alone: wrangler's texts change between versions. */
export interface WranglerResult {
  exitCode: number
  stdout: string
  stderr: string
}

/**
 * `shown`: the command uses our terminal, where it may ask questions, and its texts are empty in the result. `captured`:
 * it prints nothing and never asks.
 */
export type RunWrangler = (words: readonly string[], output: 'shown' | 'captured') => Promise<WranglerResult>

const wrangler = new URL('../../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

export const runWrangler: RunWrangler = async (words, output) => {
  const isShown = output === 'shown'
  const child = spawn(process.execPath, [wrangler, ...words], {
    env: isShown
      ? process.env
      : { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' },
    stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
  const [exitCode, stdout, stderr] = await Promise.all([
    ended,
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
  ])
  return { exitCode, stdout, stderr }
}
