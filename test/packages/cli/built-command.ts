/** The built command `reelhook` as a process of its own, for what a process has: a terminal, signals, a crash. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { emptyFolder, environmentOf, type Options, readLines } from './command.ts'

const cwd = await emptyFolder()
const script = join(cwd, 'cli.js')
const bundle = await rolldown({ input: 'src/sdk/cli/main.ts', platform: 'node' })
await bundle.write({ file: script })

interface TerminalOptions extends Options {
  cwd?: string
  columns?: number
  answers?: [string, string][]
}

/** Types the second text of each answer as soon as its first text is on the screen. */
export async function runInTerminal(args: string[], options: TerminalOptions) {
  const { columns = 80, answers = [] } = options
  const words = [process.execPath, script, ...args].map((word) => `'${word}'`).join(' ')
  // The terminal of `script` has no size.
  const sized = `stty cols ${columns} rows 24; ${words}`
  const env = environmentOf(options)
  const child = spawn('/usr/bin/script', ['-qec', sized, '/dev/null'], { cwd: options.cwd ?? cwd, env })
  const waiting = [...answers]
  let screen = ''
  let seen = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    const [next] = waiting
    if (next === undefined || !screen.slice(seen).includes(next[0])) return
    waiting.shift()
    seen = screen.length
    child.stdin.write(next[1])
  })
  await once(child, 'close')
  return { code: child.exitCode, screen }
}

/** `reelhook listen --json`. */
export function spawnListening(args: string[], options: Options) {
  const env = environmentOf(options)
  const child = spawn(process.execPath, [script, 'listen', '--json', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const output = readLines(child.stdout)
  return {
    ...output,
    /** Its exit code, after all of its lines. */
    async stop(signal: NodeJS.Signals) {
      child.kill(signal)
      const [[code]] = await Promise.all([exited, output.closed])
      return code
    },
  }
}
