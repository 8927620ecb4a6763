/** Reelhook and the floor Workers, each in a runtime of its own, started in the same way. */
import { rmSync } from 'node:fs'
import { type Bundle, bundleWorker, migrateTables } from '../../src/dev/local/bundle.ts'
import { createClient } from '../../src/dev/local/client.ts'
import { runWorker } from '../../src/dev/local/runtime.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import type { Simulator } from '../../src/dev/simulator/simulator.ts'
import { newProcess } from './copy-paths.ts'
import type { JobCalls } from './floor-calls.ts'
import { cpuMs, runtimeProcesses } from './process.ts'
import type { AnyRequest } from './send-requests.ts'

export interface Subject {
  name: 'Reelhook' | 'floor'
  url: string
  simulator: Simulator
  /** The n-th POST of a job. */
  jobRequest(n: number, job: { prompt: string; callbackUrl: string }): AnyRequest
  /** The CPU time of the runtime so far. The local D1, R2 and queues are in the same process. */
  cpuMs(): number
  close(): Promise<void>
}

export interface SubjectOptions {
  folder: string
  /** `idle`: the queues have no consumers, so that nothing but the route itself runs. */
  consumers: 'running' | 'idle'
  onLog?: (line: string) => void
}

/** An API key may send 1,200 requests a minute. */
const apiKeyCount = 50
const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
const pace = { queuedMs: 0, runningMs: 100 }
const workers = new URL('./worker/', import.meta.url).pathname

export async function openReelhook(options: SubjectOptions, metering: 'plain' | 'metered' = 'plain') {
  const { folder } = options
  rmSync(folder, { recursive: true, force: true })
  const entry = metering === 'metered' ? `${workers}reelhook-metered.ts` : undefined
  const [bundle] = await Promise.all([bundleOnce(entry), migrateTables(folder)])
  const subject = await open('Reelhook', bundle, options, {})
  const client = createClient(subject.url, secrets.adminApiKey)
  const apiKeys = await Promise.all(
    Array.from({ length: apiKeyCount }, async (_, n) => {
      const created: unknown = await client.post('/v1/api-keys', { name: `bench ${n}` })
      return String(Reflect.get(Object(created), 'key'))
    }),
  )
  return withKeys(subject, apiKeys)
}

export async function openFloor(
  options: SubjectOptions,
  calls: JobCalls,
  metering: 'plain' | 'metered' = 'plain',
) {
  rmSync(options.folder, { recursive: true, force: true })
  const bundle = await bundleOnce(`${workers}${metering === 'metered' ? 'floor-metered' : 'floor-entry'}.ts`)
  const subject = await open('floor', bundle, options, { FLOOR_CALLS: JSON.stringify(calls) })
  const response = await fetch(`${subject.url}/tables`, { method: 'POST' })
  if (!response.ok) throw new Error(`the floor's tables: ${response.status} ${await response.text()}`)
  return withKeys(subject, ['no key'])
}

const bundles = new Map<string, Promise<Bundle>>()

/** Default: the Worker of the local runtime. */
function bundleOnce(entry: string | undefined): Promise<Bundle> {
  const name = entry?.split('/').at(-1) ?? 'reelhook'
  const bundle = bundles.get(name) ?? bundleWorker(`.wrangler/bench/bundles/${name}`, entry)
  bundles.set(name, bundle)
  return bundle
}

async function open(
  name: Subject['name'],
  bundle: Bundle,
  { folder, consumers, onLog = () => undefined }: SubjectOptions,
  variables: Record<string, string>,
): Promise<Omit<Subject, 'jobRequest'>> {
  const simulator = await startSimulator({ port: 0, keys: simulatedKeys, pace })
  const port = await freePort()
  const processes = runtimeProcesses()
  const options = consumers === 'idle' ? { ...bundle.options, queueConsumers: {} } : bundle.options
  const worker = await runWorker(
    { ...bundle, options },
    { folder, port, variables: { ...variablesFor(port, simulator.url, secrets), ...variables }, onLog },
  )
  const pid = newProcess(processes)
  return {
    name,
    url: worker.url,
    simulator: simulator.simulator,
    cpuMs: () => cpuMs(pid),
    async close() {
      await worker.stop()
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function withKeys(subject: Omit<Subject, 'jobRequest'>, apiKeys: string[]): Subject {
  return {
    ...subject,
    jobRequest: (n, { prompt, callbackUrl }) => ({
      url: `${subject.url}/v1/jobs`,
      headers: {
        authorization: `Bearer ${apiKeys[n % apiKeys.length]}`,
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify({
        model: 'seedance-2.0-mini',
        provider: 'runware',
        prompt,
        duration: 5,
        resolution: '480p',
        callback_url: callbackUrl,
        metadata: { order: `${n}` },
      }),
    }),
  }
}
