/** One deployment on this machine, whose code can be changed while it works, with simulated providers and one clock. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { jobViewSchema } from '../../src/core/job/view-schema.ts'
import { bundleWorker } from '../../src/dev/local/bundle.ts'
import { createClient } from '../../src/dev/local/client.ts'
import { runWorker } from '../../src/dev/local/runtime.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import { createClockDriver } from '../chaos/lives/advance-clock.ts'
import { openChannel } from '../chaos/lives/channel.ts'
import { createClock } from '../chaos/world/clock.ts'
import { openReceiver } from './receiver.ts'
import { migrations, released, statementsOf } from './released.ts'

const counts = z.object({ fetch: z.number(), queue: z.number(), scheduled: z.number() })
const servedSchema = z.object({ released: counts, current: counts })

type Served = z.infer<typeof servedSchema>

/** The part of a job that both releases show. */
const jobSchema = jobViewSchema.pick({ id: true, status: true, outputs: true, tasks: true })
export type ShownJob = z.infer<typeof jobSchema>

export type Stage = Awaited<ReturnType<typeof openStage>>

const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
const callbackSecret = `whsec_${btoa('a callback secret of the upgrade')}`
const pace = { queuedMs: 0, runningMs: 60_000 }
/** Real time: a condition that is not met by then fails the test. */
const patienceMs = 60_000

/** The released code serves, on the tables of its release. */
export async function openStage(folder: string) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/released.js`, released.script())
  writeFileSync(`${folder}/entry.ts`, entry)
  const bundle = await bundleWorker(folder, `${folder}/entry.ts`)
  const clock = createClock()
  const providers = await startSimulator({ port: 0, keys: simulatedKeys, pace, clock })
  const receiver = await openReceiver(callbackSecret)
  const port = await freePort()
  const variables = { ...variablesFor(port, providers.url, secrets), CRUN_MAX_CONCURRENT: '1' }
  const log: string[] = []
  const worker = await runWorker(bundle, { folder, port, variables, onLog: (line) => log.push(line) })
  const channel = openChannel(worker.url)
  const clockDriver = createClockDriver(clock, channel)
  const put = async (path: string, body: unknown) => {
    const response = await fetch(`${worker.url}/front/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
    return response.json()
  }
  const migrate = (areReleased: boolean) =>
    put(
      'batch',
      migrations.filter((one) => one.isReleased === areReleased).flatMap(({ sql }) => statementsOf(sql)),
    )
  await migrate(true)
  const client = createClient(worker.url, secrets.adminApiKey)
  return {
    client,
    log,
    receiver,
    select: channel.storage.select,
    bills: () => providers.simulator.tasks(),
    /** The migrations that are not released yet, as `npm run deploy` applies them before it uploads the code. */
    migrate: () => migrate(false),
    batch: (statements: string[]) => put('batch', statements),
    /** The versions that begin invocations from now on. Returns how many each has begun so far. */
    serve: async (...versions: (keyof Served)[]): Promise<Served> =>
      servedSchema.parse(await put('serve', versions)),
    post: async (request: Record<string, unknown>) =>
      jobSchema.parse(
        await client.post('/v1/jobs', {
          model: 'seedance-2.0-mini',
          callback_url: `${receiver.url}/accepts`,
          callback_secret: callbackSecret,
          ...request,
        }),
      ),
    job: async (id: string) => jobSchema.parse(await (await client.get(`/v1/jobs/${id}`)).json()),
    /** Lets the work and the clock continue until the condition holds; the clock moves only when nothing else can. */
    async until(what: string, isMet: () => Promise<boolean> | boolean): Promise<void> {
      const giveUpAt = Date.now() + patienceMs
      while (!(await isMet())) {
        if (Date.now() > giveUpAt)
          throw new Error(`This did not happen: ${what}\n${log.slice(-40).join('\n')}`)
        await clockDriver.check(() => void worker.sweep())
      }
    },
    async close() {
      await worker.stop()
      await receiver.close()
      await providers.close()
      clock.stop()
    },
  }
}

const root = new URL('../../', import.meta.url).pathname
const entry = `import current from '${root}src/index.ts'
import { createFront } from '${root}test/upgrade/worker/front.ts'
import released from './released.js'
export default createFront({ released, current })
`
