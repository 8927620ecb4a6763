/**
 * npm start: runs Reelhook on this machine until Ctrl-C, with a server that prints its callbacks. Providers without a key in
 * `.dev.vars` are simulated. It follows changes of the code and of the settings. Each e and Enter posts a few example jobs
 * (examples.ts); process/options.ts has the options.
 */
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { callbackPath, silentPath, startCallbackServer, unreliablePath } from './callback-server.ts'
import { createClient } from './client.ts'
import { fillPages, postExamples } from './examples.ts'
import { storedKey, usableKey } from './own-key.ts'
import { deliveryLines } from './print/delivery-lines.ts'
import { logLine } from './print/log-lines.ts'
import { paintFor } from './print/paint.ts'
import { readStartOptions, type StartOptions } from './process/options.ts'
import { portFault, takenPort } from './process/ports.ts'
import { stopAtSignal, stopWithNpm } from './process/stop.ts'
import { reloadOnChange, settingsFault } from './reload/reload.ts'
import { settingsFile } from './reload/watched.ts'
import {
  isPublic,
  type OwnSettings,
  readOwnSettings,
  realProviders,
  simulated,
} from './settings/own-settings.ts'
import { openStage, thisMachine } from './stage.ts'
import { openTunnel } from './tunnel/cloudflared.ts'
import { welcome } from './welcome.ts'

const paint = paintFor(process.stdout)

const fault = await main().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
if (fault !== null) {
  console.error(fault)
  process.exit(1)
}

/** Returns why it cannot start; null when everything runs. */
async function main(): Promise<string | null> {
  const read = readStartOptions(process.argv.slice(2), process.env)
  if (!read.ok) return read.fault
  const { options } = read
  const taken = await takenPort([options.port, options.callbackPort])
  if (taken !== null) return portFault(taken, options.port)
  const text = await readFile(settingsFile, 'utf8').catch(() => '')
  const withoutTunnel = readOwnSettings(text)
  if (!withoutTunnel.ok) return settingsFault(withoutTunnel.faults)
  // wrangler would print which files it reads.
  process.env.WRANGLER_LOG ??= 'error'
  stopAtSignal()
  stopWithNpm(process.env)
  const fixed = options.hasTunnel ? await tunnelSettings(options.port) : {}
  if (typeof fixed === 'string') return fixed
  const settings = readOwnSettings(text, fixed)
  if (!settings.ok) return settingsFault(settings.faults)
  await run(options, settings.own, fixed)
  return null
}

/** The address of the tunnel as a setting, or the fault. */
async function tunnelSettings(port: number): Promise<OwnSettings | string> {
  console.log('Opening the tunnel …')
  const opened = await openTunnel({ port, environment: process.env })
  if (!opened.ok) return opened.fault
  const { url, ended } = opened.tunnel
  void ended.then(() => console.error('cloudflared has ended, so the public address is gone. Start again.'))
  return { PUBLIC_BASE_URL: url }
}

async function run(options: StartOptions, own: OwnSettings, fixed: OwnSettings): Promise<void> {
  const { folder, port } = options
  if (options.isReset) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log('Starting the Worker, the simulated providers and a callback server …')
  const stored = await storedKey(folder)
  let secret = stored?.callback_secret ?? ''
  const callbacks = await startCallbackServer(() => secret, {
    port: options.callbackPort,
    onReceived: (received) => console.log(deliveryLines(received, paint)),
  })
  const callbackOrigin = new URL(callbacks.url).origin
  const log = createWriteStream(`${folder}/worker.log`)
  const printed = (id: string) => callbacks.received.some(({ jobId }) => jobId === id)
  const stage = await openStage({
    folder,
    port,
    own,
    callbacksUrl: callbackOrigin,
    onLog(json) {
      log.write(`${json}\n`)
      const line = logLine(json, paint, printed)
      if (line !== null) console.log(line)
    },
  })
  stopAtSignal()
  const { url } = stage.worker
  const key = await usableKey(folder, { url, adminApiKey: stage.adminApiKey }, stored)
  secret = key.callback_secret
  const publicUrl = isPublic(own) ? (own.PUBLIC_BASE_URL ?? null) : null
  const receiver = publicUrl === null ? callbackOrigin : thisMachine(publicUrl, 'callbacks')
  const currentSettings = reloadOnChange({ stage, own, fixed, print: console.log })
  const postAll = async () => {
    const free = simulated.filter((name) => !realProviders(currentSettings()).includes(name))
    if (free.length === 0) return console.log('Every provider is real, so the examples would cost money.')
    const client = createClient(url, key.key)
    await fillPages(client, `${receiver}${silentPath}`)
    const urls = { url: `${receiver}${callbackPath}`, unreliableUrl: `${receiver}${unreliablePath}` }
    const jobs = await postExamples(client, urls, free)
    console.log(`\nPosted ${jobs.length} example jobs. See ${url}/jobs\n`)
  }
  if (options.postsExamples) await postAll()
  console.log(
    welcome({
      url,
      publicUrl,
      simulatorUrl: stage.simulator.url,
      callbackUrl: `${receiver}${callbackPath}`,
      apiKey: key.key,
      callbackSecret: key.callback_secret,
      folder,
      realProviders: realProviders(own),
    }),
  )
  followKeyboard(postAll)
}

function followKeyboard(postAll: () => Promise<void>): void {
  const isTerminal = process.stdin.isTTY
  console.log(`${isTerminal ? 'Press e and Enter for a few example jobs, and' : 'Press'} Ctrl-C to stop.\n`)
  if (!isTerminal) return
  createInterface({ input: process.stdin }).on('line', (line) => {
    if (line.trim() === 'e') postAll().catch((error) => console.error(error))
  })
}
