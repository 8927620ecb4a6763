/**
 * A crash of the local runtime: two providers send the webhooks of many videos at once, the Worker's process gets SIGKILL
 * after some callbacks, and a new process starts on the same folder. Crun does not repeat a webhook that was lost.
 *
 *   npx node test/dev/local/crash.ts            500 jobs, killed at the 200th callback
 *   npx node test/dev/local/crash.ts 100 40
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { bundleWorker, migrateTables } from '../../../src/dev/local/bundle.ts'
import { startCallbackServer } from '../../../src/dev/local/callback-server.ts'
import { createClient } from '../../../src/dev/local/client.ts'
import { variablesFor } from '../../../src/dev/local/stage.ts'
import { freePort } from '../../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../../src/dev/simulator/server.ts'
import { createClock } from '../../chaos/world/clock.ts'

interface Crash {
  folder: string
  jobs: number
  /** The process is killed when this many callers were notified. */
  killAt: number
  timeoutMs: number
}

const connections = 16
// No video is done before the clock is advanced.
const pace = { queuedMs: 0, runningMs: 3_600_000 }

export async function crash({ folder, jobs, killAt, timeoutMs }: Crash) {
  rmSync(folder, { recursive: true, force: true })
  const [bundle] = await Promise.all([bundleWorker(folder), migrateTables(folder)])
  writeFileSync(`${folder}/bundle.json`, JSON.stringify(bundle))
  const clock = createClock()
  const {
    url: simulatorUrl,
    simulator,
    close,
  } = await startSimulator({ port: 0, keys: simulatedKeys, pace, clock })
  const callbackSecret = `whsec_${btoa('a callback secret of the crash run')}`
  const callbacks = await startCallbackServer(callbackSecret)
  const port = await freePort()
  const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
  const settings = { folder, port, variables: variablesFor(port, simulatorUrl, secrets) }
  const notified = () => new Set(callbacks.received.map(({ jobId }) => jobId)).size
  const until = async (count: () => number, least: number) => {
    const deadline = Date.now() + timeoutMs
    while (count() < least && Date.now() < deadline) await wait(5)
  }

  const first = await startProcess(settings)
  await postJobs(createClient(first.url, secrets.adminApiKey), jobs, {
    callback_url: callbacks.url,
    callback_secret: callbackSecret,
  })
  await until(() => simulator.tasks().length, jobs)
  clock.advance(pace.runningMs)
  await until(notified, killAt)
  await first.kill()
  const notifiedAtKill = notified()
  const killedAt = Date.now()
  const second = await startProcess(settings)
  const startedAt = Date.now()
  await until(notified, jobs)
  const lastAfterMs = Date.now() - startedAt
  await second.kill()
  await callbacks.close()
  await close()
  clock.stop()

  const billed = simulator.tasks().map(({ webhookUrl }) => webhookUrl)
  return {
    notifiedAtKill,
    notified: notified(),
    bills: billed.length,
    billedJobs: new Set(billed).size,
    restartMs: startedAt - killedAt,
    /** From the moment at which the new process is ready to the last caller's callback. */
    lastAfterMs,
  }
}

/** Its own process group, so that the kill reaches the runtime too. */
async function startProcess(settings: object) {
  const script = new URL('./worker-process.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const kill = () => void (child.pid && process.kill(-child.pid, 'SIGKILL'))
  process.once('exit', kill)
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  if (typeof url !== 'string') throw new Error('The Worker did not start.')
  return {
    url,
    async kill() {
      process.off('exit', kill)
      kill()
      await ended
    },
  }
}

async function postJobs({ postJob }: ReturnType<typeof createClient>, count: number, callback: object) {
  let next = 0
  const connection = async () => {
    for (let n = next++; n < count; n = next++) {
      await postJob({
        ...callback,
        model: 'seedance-2.0-mini',
        provider: n % 2 === 0 ? 'runware' : 'crun',
        prompt: `Paper boat number ${n}`,
      })
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
}

if (import.meta.main) {
  const [jobs = 500, killAt = 200] = process.argv.slice(2).map(Number)
  console.log(await crash({ folder: '.wrangler/crash', jobs, killAt, timeoutMs: 300_000 }))
}
