/**
 * npm run bench: one large video on Reelhook's road into R2, beside a bare `bucket.put(key, response.body)` of a
 * video of the same size in the same run. The local R2 lives in the runtime's process, which grows by itself: what
 * counts is the difference.
 *
 *   npm run bench -- 300            megabytes, known length
 *   npm run bench -- 300 chunked    unknown length: by multipart
 */
import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { createClient } from '../../src/local/client.ts'
import { keys, variablesFor } from '../../src/local/stage.ts'
import { freePort, startWorker } from '../../src/local/worker.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { runtimeProcesses, watchSize } from './process.ts'

const folder = '.wrangler/bench'
const [megabytes = '300', length = 'known'] = process.argv.slice(2)
const patienceMs = 180_000

interface Measured {
  road: string
  growthMiB: number
  megabytesPerSecond: number
}

await main()

async function main() {
  rmSync(folder, { recursive: true, force: true })
  const simulator = await startSimulator({ port: 0, keys, pace: { queuedMs: 0, runningMs: 0 } })
  const reelhook = await measureReelhook(simulator.url)
  const link = await outputLink(simulator)
  const bare = length === 'known' ? [await measureBarePut(link)] : []
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
  console.table([...bare, reelhook])
}

/** From the check that finds the video to the commit that it is stored: fetched, hashed, put. */
async function measureReelhook(simulatorUrl: string): Promise<Measured> {
  const port = await freePort()
  const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
  let storedAfterMs = 0
  const worker = await startWorker({
    folder,
    port,
    variables: variablesFor(port, simulatorUrl, secrets),
    onLog: (line) => {
      const { event, duration_ms } = JSON.parse(line)
      if (event === 'output.stored') storedAfterMs = duration_ms
    },
  })
  const client = createClient(worker.url, secrets.adminApiKey)
  const stop = watchSize(onlyProcess())
  const body = length === 'known' ? '' : ', body=chunked'
  const { id } = await client.postJob({
    model: 'seedance-2.0-mini',
    provider: 'runware',
    prompt: `A long paper boat sim(megabytes=${megabytes}${body})`,
  })
  const giveUpAt = Date.now() + patienceMs
  let job = await client.job(id)
  while (job.settled_at === null && Date.now() < giveUpAt) {
    await wait(100)
    job = await client.job(id)
  }
  const { growth } = stop()
  await worker.stop()
  if (job.status !== 'succeeded') throw new Error(`the job is ${job.status}: ${job.fault?.message}`)
  const kind = length === 'known' ? 'known length' : 'unknown length'
  return measured(`Reelhook, ${kind}, SHA-256 taken`, growth, storedAfterMs)
}

async function measureBarePut(link: string): Promise<Measured> {
  const script = `export default {
    async fetch(request, env) {
      const startedAt = Date.now()
      const response = await fetch(await request.text())
      await env.BUCKET.put('video', response.body)
      return new Response(String(Date.now() - startedAt))
    },
  }`
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'bare',
      modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
      compatibilityDate: '2026-11-01',
      r2Buckets: ['BUCKET'],
      resourcePersistencePath: `${folder}/bare`,
    }),
  )
  await miniflare.ready
  const stop = watchSize(onlyProcess())
  const response = await miniflare.dispatchFetch('http://bare', { method: 'POST', body: link })
  const durationMs = Number(await response.text())
  const { growth } = stop()
  await miniflare.dispose()
  return measured('bare bucket.put(key, response.body)', growth, durationMs)
}

function measured(road: string, growth: number, durationMs: number): Measured {
  const megabytesPerSecond = Math.round(Number(megabytes) / (durationMs / 1_000))
  return { road, growthMiB: Math.round(growth), megabytesPerSecond }
}

/** A link to the very file that Reelhook copied. */
async function outputLink({ url }: { url: string }): Promise<string> {
  const taskUUID = await fetch(`${url}/simulator/bills`)
    .then((response) => response.json())
    .then(([task]) => task.taskId)
  const answer = await fetch(`${url}/runware/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.runware}` },
    body: JSON.stringify([{ taskType: 'getResponse', taskUUID }]),
  })
  const { data } = await answer.json()
  return data[0].videoURL
}

function onlyProcess(): number {
  const [pid, ...others] = runtimeProcesses()
  if (pid === undefined || others.length > 0) throw new Error('one runtime was expected')
  return pid
}
