/** The command `reelhook`, in this process and without a terminal: a process of its own takes a second to start. */
import { EventEmitter, once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { run as runCommand } from '../../../src/sdk/cli/run.ts'
import { url } from '../support.ts'

const folder = await mkdtemp(join(tmpdir(), 'reelhook-cli-'))
afterAll(() => rm(folder, { recursive: true }))

/** For the files of one test, or for the settings of a command. */
export async function emptyFolder(): Promise<string> {
  return mkdtemp(join(folder, 'empty-'))
}

/** The commands of one file have the same settings, unless `env` names another folder. */
const settingsFolder = join(folder, 'settings')
await mkdir(settingsFolder)

export interface Options {
  apiKey?: string
  /** Default: the deployment of the tests. */
  baseUrl?: string
  /** Text on stdin. Default: none. */
  stdin?: string
  env?: Record<string, string>
  /** Interrupts it as Ctrl-C does. */
  signal?: AbortSignal
}

export interface Ended {
  code: number
  stdout: string
  stderr: string
  /** Of a command that printed one value. */
  json(): ReturnType<typeof JSON.parse>
}

/** Runs the command to its end. */
export async function run(args: string[], options: Options = {}): Promise<Ended> {
  const command = start(args, options)
  const [stdout, stderr, code] = await Promise.all([
    text(command.stdout),
    text(command.stderr),
    command.ended,
  ])
  return { code, stdout, stderr, json: () => JSON.parse(stdout) }
}

/** `reelhook listen --json`. */
export function startListening(args: string[], options: Options) {
  const { stdout, stderr, ended, interrupt } = start(['listen', '--json', ...args], options)
  const output = readLines(stdout)
  stderr.resume()
  return {
    ...output,
    /** As Ctrl-C does. Its exit code, after all of its lines. */
    async stop() {
      interrupt()
      const [code] = await Promise.all([ended, output.closed])
      return code
    },
  }
}

type Line = { type: string } & Record<string, unknown>

/** The lines of JSON that `listen` prints. */
export function readLines(stdout: Readable) {
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  const output = createInterface({ input: stdout })
  output.on('line', (line) => {
    lines.push(JSON.parse(line))
    for (const check of waiting) check()
  })
  const closed = once(output, 'close')
  const linesOf = (type: string) => lines.filter((one) => one.type === type)
  /** The `n`th line of this type, counted from 1. */
  const line = (type: string, n = 1) =>
    new Promise<Line>((resolve, reject) => {
      const check = () => {
        const found = linesOf(type)[n - 1]
        if (found === undefined) return
        waiting.delete(check)
        resolve(found)
      }
      waiting.add(check)
      check()
      closed.then(() => reject(new Error(`It ended after ${JSON.stringify(lines)}`)), reject)
    })
  return { lines, line, linesOf, closed }
}

export function environmentOf({ apiKey, baseUrl = url, env = {} }: Options): Record<string, string> {
  const { PATH = '' } = process.env
  return {
    PATH,
    TERM: 'xterm',
    XDG_CONFIG_HOME: settingsFolder,
    ...(apiKey !== undefined && { REELHOOK_URL: baseUrl, REELHOOK_API_KEY: apiKey }),
    ...env,
  }
}

/** A process of the command's own is this one with other arguments, settings, streams and signals. */
function start(args: readonly string[], options: Options) {
  const [stdout, stderr, signals] = [new PassThrough(), new PassThrough(), new EventEmitter()]
  const own = {
    env: environmentOf(options),
    argv: [process.execPath, 'reelhook', ...args],
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout,
    stderr,
    on: signals.on.bind(signals),
    off: signals.off.bind(signals),
  }
  const properties = Object.entries(own).map(([name, value]) => [name, { value }])
  const ended = runCommand(Object.create(process, Object.fromEntries(properties))).finally(() => {
    stdout.end()
    stderr.end()
  })
  const interrupt = () => signals.emit('SIGINT')
  options.signal?.addEventListener('abort', interrupt)
  return { stdout, stderr, ended, interrupt }
}
