/** Everything around the Worker in a run: the clock, the providers, the callers, the bundle and the database. */
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type Bundle, bundleWorker, migrateTables } from '../../../src/dev/local/bundle.ts'
import { variablesFor } from '../../../src/dev/local/stage.ts'
import { freePort } from '../../../src/dev/local/worker.ts'
import { consumersSchema } from '../../../src/dev/runtime/consumers.ts'
import { simulatedKeys } from '../../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../../src/dev/simulator/server.ts'
import type { LifeSettings } from '../lives/life.ts'
import { pace } from '../plan-jobs.ts'
import { openCallerServer } from './caller-server.ts'
import { createClock } from './clock.ts'

export type Stage = Awaited<ReturnType<typeof openStage>>

// Less than an endless body sends, more than two parts of a multipart upload.
const maxOutputBytes = 8_000_000

export async function openStage(folder: string) {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const clock = createClock()
  const { url, simulator, close } = await startSimulator({ port: 0, keys: simulatedKeys, pace, clock })
  const callers = await openCallerServer(`whsec_${randomBytes(32).toString('base64')}`)
  const port = await freePort()
  const adminApiKey = randomBytes(16).toString('hex')
  const secrets = { signingSecret: randomBytes(32).toString('hex'), adminApiKey }
  const bundleFile = `${folder}/bundle.json`
  const entry = new URL('../worker/entry.ts', import.meta.url).pathname
  const [bundle] = await Promise.all([bundleWorker(folder, entry), migrateTables(folder)])
  await writeFile(bundleFile, JSON.stringify({ ...bundle, options: stormy(bundle.options) }))
  const life: Omit<LifeSettings, 'harnessUrl'> = {
    folder,
    bundleFile,
    port,
    variables: { ...variablesFor(port, url, secrets), MAX_OUTPUT_BYTES: String(maxOutputBytes) },
  }
  return {
    clock,
    simulator,
    callers,
    life,
    adminApiKey,
    workerUrl: `http://127.0.0.1:${port}`,
    /** Applies one more migration between two lives, as a deployment with open jobs does. */
    deploy: () => applyHarmlessMigration(folder),
    async close() {
      clock.stop()
      await callers.close()
      await close()
    },
  }
}

/**
 * Three batches at once per queue. A kill ends all of them, while a crash on the platform ends one isolate. With ten batches,
 * the overdue jobs of earlier lives would all be between their task's row and the call when it comes.
 */
function stormy(options: Bundle['options']) {
  const consumers = consumersSchema.parse(JSON.parse(options.bindings.CONSUMERS))
  for (const consumer of Object.values(consumers)) consumer.invocations = Math.min(consumer.invocations, 3)
  return {
    ...options,
    // The emulation of the platform's limits follows each invocation.
    compatibilityFlags: [...options.compatibilityFlags, 'nodejs_als'],
    bindings: { ...options.bindings, CONSUMERS: JSON.stringify(consumers) },
  }
}

async function applyHarmlessMigration(folder: string): Promise<void> {
  const next = `${folder}/deployment`
  await cp('src/store/migrations', `${next}/migrations`, { recursive: true })
  await writeFile(`${next}/migrations/9999_harmless.sql`, 'ALTER TABLE jobs ADD COLUMN harmless TEXT;')
  const settings = await readFile('wrangler.toml', 'utf8')
  await writeFile(`${next}/wrangler.toml`, settings.replace('src/store/migrations', 'migrations'))
  await migrateTables(folder, `${next}/wrangler.toml`)
}
