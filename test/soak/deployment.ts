/** The Worker of a run, with everything around it: providers, the callers' hosts, database and bucket. */
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { bundleWorker, migrateTables } from '../../src/dev/local/bundle.ts'
import { type LocalWorker, runWorker } from '../../src/dev/local/runtime.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import { runtimeProcesses } from '../bench/process.ts'
import { openCallerServer } from '../chaos/world/caller-server.ts'
import type { Plan } from './plan.ts'

export type Deployment = Awaited<ReturnType<typeof deploy>>

const pace = { queuedMs: 1_000, runningMs: 5_000 }
const maxOutputBytes = 8_000_000
// On Cloudflare the invocations of the old version end by themselves.
const maxQuietMs = 20_000

export async function deploy(folder: string, plan: Plan) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const simulator = await startSimulator({ port: 0, keys: simulatedKeys, pace })
  const callers = await openCallerServer(`whsec_${randomBytes(32).toString('base64')}`)
  const port = await freePort()
  const inspectorPort = await freePort()
  const adminApiKey = randomBytes(16).toString('hex')
  const entry = new URL('./worker/entry.ts', import.meta.url).pathname
  const [bundle] = await Promise.all([bundleWorker(folder, entry), migrateTables(folder)])
  const options = {
    ...bundle.options,
    // The emulation of the platform's limits follows each invocation.
    compatibilityFlags: [...bundle.options.compatibilityFlags, 'nodejs_als'],
    inspectorPort,
  }
  const events = new Map<string, number>()
  const settings = {
    folder,
    port,
    variables: {
      ...variablesFor(port, simulator.url, { signingSecret: randomBytes(32).toString('hex'), adminApiKey }),
      MAX_OUTPUT_BYTES: String(maxOutputBytes),
      RETENTION_DAYS: '1',
      PRUNE_AFTER_DAYS: '1',
      ...(plan.isLeaking && { SOAK_LEAK: 'on' }),
    },
    onLog(line: string) {
      appendFileSync(`${folder}/worker.log`, `${line}\n`)
      const event = /^\{"event":"([a-z_.]+)"/.exec(line)?.[1]
      if (event !== undefined) events.set(event, (events.get(event) ?? 0) + 1)
    },
  }
  const start = async () => {
    const worker = await runWorker({ ...bundle, options }, settings)
    await worker.sweep()
    const pid = runtimeProcesses().at(-1)
    if (pid === undefined) throw new Error('The Worker has no process.')
    return { worker, pid, startedAt: Date.now() }
  }
  const url = `http://127.0.0.1:${port}`
  const { prunedAfterMs, erasedAfterMs } = plan
  let current = await start()
  let starts = 1
  return {
    url,
    adminApiKey,
    inspectorPort,
    simulator: simulator.simulator,
    callers,
    /** How often the Worker logged each event. */
    events,
    process: () => ({ n: starts, pid: current.pid, ageMs: Date.now() - current.startedAt }),
    /** Makes old rows as old as the product's settings need. */
    async age() {
      const body = JSON.stringify({ prunedAfterMs, erasedAfterMs })
      const response = await fetch(`${url}/soak/age`, { method: 'POST', body }).catch(() => null)
      await response?.text()
    },
    /** As a deployment does: the old process ends when it has nothing in progress. Its local queues are lost. */
    async restart() {
      await untilQuiet(url)
      await stop(current.worker)
      current = await start()
      starts += 1
    },
    async close() {
      await stop(current.worker)
      await callers.close()
      await simulator.close()
    },
  }
}

async function untilQuiet(url: string): Promise<void> {
  const until = Date.now() + maxQuietMs
  while (Date.now() < until) {
    const running = await fetch(`${url}/soak/running`).then((response) => response.json())
    if (running === 0) return
    await wait(50)
  }
}

async function stop(worker: LocalWorker): Promise<void> {
  await worker.stop()
}
