/** The context of a command: settings, the API, its outputs, and whether a person can answer. */
import type { ReelhookClient } from '../client/index.ts'
import { type Api, type Connection, createApi } from './api.ts'
import { readConfigFile } from './config-file.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { createFaults, type Faults } from './faults.ts'
import { createOutput, isBusyMachine, type Output } from './output.ts'
import { keyFromFile, type Settings, settingsFrom } from './settings.ts'

/** The options that every command has. */
interface Flags {
  json?: boolean
  url?: string
  apiKeyFile?: string
  verbose?: boolean
}

export interface Cli {
  env: NodeJS.ProcessEnv
  stdin: NodeJS.ReadStream
  /** Results. With --json only JSON. */
  out: Output
  /** Where `out` writes, for a command that waits until its reader takes more. */
  stdout: NodeJS.WriteStream
  /** Everything else: progress, questions, warnings, errors. */
  log: Output
  flags(): Flags
  /** Sets the options. The program calls it before each command. */
  begin(flags: Flags): void
  /** The faults of the command line. No command runs with a fault. */
  faults: Faults
  /** Fails with what to do if a setting is missing. */
  settings(): Promise<Settings>
  client(): Promise<ReelhookClient>
  /** Every operation of the API. */
  api(): Promise<Api>
  /** The options of each call: it ends with Ctrl-C, or after its time. */
  call: { signal: AbortSignal; timeout: number }
  connection: Connection
  /** One value, as one line of JSON on stdout. */
  json(value: unknown): void
  /** Only with --verbose. */
  note(text: string): void
  /** Whether a person can answer a question: never with --json. */
  canAsk(): boolean
  /** Aborted by the first Ctrl-C. The second one quits. */
  interrupted: AbortSignal
  /** The exit code of a command that did its work. The highest one counts. */
  endWith(code: ExitCode): void
  exitCode(): ExitCode
  close(): void
}

const callTimeoutMs = 60_000

export function createCli(process: NodeJS.Process): Cli {
  const { env, stdin, stdout, stderr } = process
  const out = createOutput(stdout, env)
  const log = createOutput(stderr, env)
  const interruption = new AbortController()
  let flags: Flags = {}
  let code: ExitCode = exitCodes.ok
  let found: Promise<Settings> | undefined
  let client: Promise<ReelhookClient> | undefined
  const connection = { isLost: false }

  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted)
    interruption.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)

  const readSettings = async () => {
    const [file, apiKeyOfFlag] = await Promise.all([readConfigFile(env), keyFromFile(flags.apiKeyFile)])
    return settingsFrom({ url: flags.url, apiKey: apiKeyOfFlag }, env, file)
  }
  // Once: the file of the API key may be a pipe.
  const settings = () => {
    found ??= readSettings()
    return found
  }
  const openClient = () => {
    client ??= settings().then((known) => createApi(known, connection))
    return client
  }
  return {
    env,
    stdin,
    stdout,
    out,
    log,
    flags: () => flags,
    begin: (given) => {
      flags = given
    },
    faults: createFaults(),
    settings,
    client: openClient,
    api: async () => (await openClient()).api,
    call: { signal: interruption.signal, timeout: callTimeoutMs },
    connection,
    json: (value) => out.line(JSON.stringify(value)),
    note: (text) => {
      if (flags.verbose) log.line(log.style.dim(text))
    },
    canAsk: () => !flags.json && stdin.isTTY && log.isTerminal && !isBusyMachine(env),
    interrupted: interruption.signal,
    endWith: (next) => {
      if (next > code) code = next
    },
    exitCode: () => code,
    close: () => {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
