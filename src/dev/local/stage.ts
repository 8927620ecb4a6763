/** Runs everything on this machine: the provider simulator as an HTTP server, and the Worker configured to use it. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { startSimulator } from '../simulator/server.ts'
import type { LocalWorker } from './runtime.ts'
import { freePort, startWorker } from './worker.ts'

export interface Stage {
  worker: LocalWorker
  simulator: Awaited<ReturnType<typeof startSimulator>>
  adminApiKey: string
  close(): Promise<void>
}

interface Options {
  folder: string
  /** 0 takes any free port. */
  port: number
  pace?: { queuedMs: number; runningMs: number }
  onLog: (line: string) => void
}

const scenarioKey = 'simulated-scenario-key'
const scenarioSecret = 'simulated-scenario-secret'

/** The provider keys that the simulator accepts. */
export const keys = {
  runware: 'simulated-runware-key',
  crun: 'simulated-crun-key',
  scenario: `${scenarioKey}:${scenarioSecret}`,
  aimlapi: 'simulated-aimlapi-key',
}

export async function openStage({ folder, port, pace, onLog }: Options): Promise<Stage> {
  await mkdir(folder, { recursive: true })
  const secrets = await storedSecrets(`${folder}/secrets.json`)
  const simulator = await startSimulator({ port: 0, keys, ...(pace && { pace }) })
  const workerPort = port === 0 ? await freePort() : port
  const worker = await startWorker({
    folder,
    port: workerPort,
    onLog,
    variables: variablesFor(workerPort, simulator.url, secrets),
  })
  return {
    worker,
    simulator,
    adminApiKey: secrets.adminApiKey,
    async close() {
      await worker.stop()
      await simulator.close()
    },
  }
}

/** The settings of a Worker on this port with the simulator as every provider. */
export function variablesFor(port: number, simulatorUrl: string, secrets: Secrets): Record<string, string> {
  return {
    PUBLIC_BASE_URL: `http://127.0.0.1:${port}`,
    SIGNING_SECRET: secrets.signingSecret,
    ADMIN_API_KEY: secrets.adminApiKey,
    RUNWARE_API_KEY: keys.runware,
    RUNWARE_BASE_URL: `${simulatorUrl}/runware/v1`,
    CRUN_API_KEY: keys.crun,
    CRUN_BASE_URL: `${simulatorUrl}/crun`,
    SCENARIO_SDK_API_KEY: scenarioKey,
    SCENARIO_SDK_API_SECRET: scenarioSecret,
    SCENARIO_BASE_URL: `${simulatorUrl}/scenario/v1`,
    AIMLAPI_API_KEY: keys.aimlapi,
    AIMLAPI_BASE_URL: `${simulatorUrl}/aimlapi`,
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
