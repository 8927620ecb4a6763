/** Runs everything on this machine: the provider simulator as an HTTP server, and the Worker configured to use it. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { simulatedKeys, simulatedSettings } from '../simulated-accounts.ts'
import { startSimulator } from '../simulator/server.ts'
import { bundleWorker, migrateTables } from './bundle.ts'
import type { LocalWorker } from './runtime.ts'
import { isPublic, mergeSettings, type OwnSettings } from './settings/own-settings.ts'
import { freePort, startBundle } from './worker.ts'

export interface Stage {
  worker: LocalWorker
  simulator: Awaited<ReturnType<typeof startSimulator>>
  adminApiKey: string
  /** Runs the Worker with these settings. If it does not start, the one of before runs again. */
  replace(own: OwnSettings, code: 'bundle again' | 'same code'): Promise<void>
  close(): Promise<void>
}

interface Options {
  folder: string
  /** 0 takes any free port. */
  port: number
  pace?: { queuedMs: number; runningMs: number }
  onLog: (line: string) => void
  /** Settings of the developer. A PUBLIC_BASE_URL cannot be replaced later. */
  own?: OwnSettings
  /** The origin of the callback server, which the Worker calls under its public address. */
  callbacksUrl?: string
}

export async function openStage(options: Options): Promise<Stage> {
  const { folder, pace, onLog, own: firstOwn = {}, callbacksUrl } = options
  await mkdir(folder, { recursive: true })
  const secrets = await storedSecrets(`${folder}/secrets.json`)
  const publicUrl = isPublic(firstOwn) ? firstOwn.PUBLIC_BASE_URL : undefined
  const linksUrl = publicUrl && thisMachine(publicUrl, 'simulator')
  const simulator = await startSimulator({ port: 0, keys: simulatedKeys, linksUrl, ...(pace && { pace }) })
  const port = options.port === 0 ? await freePort() : options.port
  const places = publicUrl && {
    [thisMachine(publicUrl, 'simulator')]: simulator.url,
    ...(callbacksUrl && { [thisMachine(publicUrl, 'callbacks')]: callbacksUrl }),
  }
  const variablesOf = (own: OwnSettings) => ({
    ...mergeSettings(variablesFor(port, simulator.url, secrets), own),
    ...(places && { THIS_MACHINE: JSON.stringify(places) }),
  })
  const [bundle] = await Promise.all([bundleWorker(folder), migrateTables(folder)])
  let running = { bundle, variables: variablesOf(firstOwn) }
  const worker = await startBundle(bundle, { folder, port, onLog, variables: running.variables })
  return {
    worker,
    simulator,
    adminApiKey: firstOwn.ADMIN_API_KEY ?? secrets.adminApiKey,
    async replace(own, code) {
      const bundle = code === 'bundle again' ? await bundleWorker(folder) : running.bundle
      const next = { bundle, variables: variablesOf(own) }
      try {
        await worker.replace(next.bundle, next.variables)
        running = next
      } catch (error) {
        await worker.replace(running.bundle, running.variables)
        throw error
      }
    },
    async close() {
      await worker.stop()
      await simulator.close()
    },
  }
}

/** The URL of a local server for the Worker alone (dev/runtime/this-machine.ts). */
export function thisMachine(publicUrl: string, server: 'simulator' | 'callbacks'): string {
  return `${publicUrl.replace(/\/+$/, '')}/this-machine/${server}`
}

/** The settings of a Worker on this port with the simulator as every provider. */
export function variablesFor(port: number, simulatorUrl: string, secrets: Secrets): Record<string, string> {
  return {
    PUBLIC_BASE_URL: `http://127.0.0.1:${port}`,
    SIGNING_SECRET: secrets.signingSecret,
    ADMIN_API_KEY: secrets.adminApiKey,
    ...simulatedSettings(simulatorUrl),
    ALLOW_PRIVATE_NETWORK: 'true',
  }
}

export interface Secrets {
  signingSecret: string
  adminApiKey: string
}

/** Created once and stored beside the database, so that links and callback URLs survive a restart. */
async function storedSecrets(path: string): Promise<Secrets> {
  const stored = await readFile(path, 'utf8').catch(() => null)
  if (stored !== null) return JSON.parse(stored)
  const secrets = {
    signingSecret: randomBytes(32).toString('hex'),
    adminApiKey: `rh_admin_${randomBytes(16).toString('hex')}`,
  }
  await writeFile(path, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}
