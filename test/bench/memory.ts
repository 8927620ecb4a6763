/**
 * npm run bench:memory: two copies of unknown length and two uploads to Scenario of inputs without a length, all at once in
 * one runtime. Cloudflare ends an isolate that takes more than 128 MB. The process measured here also holds the local D1
 * and R2, so its growth beside two bare puts of the same size is the bound. It exits with 1 above it.
 */
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createClient } from '../../src/dev/local/client.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort, startWorker } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { startSimulator } from '../../src/dev/simulator/server.ts'
import { newProcess, openBarePut, untilStored, warmUp } from './copy-paths.ts'
import { runtimeProcesses, watchSize } from './process.ts'

const maxMiB = 128
const megabytes = 200
// The most that an input without a length may have.
const pictureBytes = 16 * 1024 * 1024 - 1
const folder = '.wrangler/bench-memory'

const copy = { provider: 'runware', prompt: `A boat sim(megabytes=${megabytes}, body=chunked)` }

const simulator = await startSimulator({ port: 0, keys: simulatedKeys, pace: { queuedMs: 0, runningMs: 0 } })
const pictures = await startPictureServer()
const uploads = [1, 2].map((n) => ({
  provider: 'scenario',
  prompt: 'A boat at {{image:1}}',
  reference_images: [`${pictures.url}/${n}.png`],
}))
const bare = await measureBare()
const copied = await measureReelhook([copy, copy])
const uploaded = await measureReelhook(uploads)
const both = await measureReelhook([copy, copy, ...uploads])
await simulator.close()
pictures.server.close()
console.table([
  { 'what runs at once': 'nothing: the runtime after a small job', MiB: Math.round(both.before) },
  { 'what runs at once': 'two bare puts', 'growth MiB': Math.round(bare) },
  { 'what runs at once': 'two copies', 'growth MiB': Math.round(copied.growth) },
  { 'what runs at once': 'two uploads', 'growth MiB': Math.round(uploaded.growth) },
  { 'what runs at once': 'two copies and two uploads', 'growth MiB': Math.round(both.growth) },
])
const isKept = both.growth - bare <= maxMiB
console.log(`Promised: at most ${maxMiB} MiB more than two bare puts. ${isKept ? 'Kept.' : 'NOT kept.'}`)
process.exit(isKept ? 0 : 1)

async function measureBare(): Promise<number> {
  const path = await openBarePut(`${folder}/bare`, simulator.url, `A boat sim(megabytes=${megabytes})`)
  await Promise.all([path.copy(), path.copy()])
  return path.close()
}

async function measureReelhook(jobs: object[]) {
  rmSync(folder, { recursive: true, force: true })
  const port = await freePort()
  const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
  const processes = runtimeProcesses()
  const worker = await startWorker({
    folder,
    port,
    variables: variablesFor(port, simulator.url, secrets),
    onLog: () => undefined,
  })
  const client = createClient(worker.url, secrets.adminApiKey)
  const run = async (jobs: object[]) => {
    const posted = await Promise.all(
      jobs.map((job) => client.postJob({ model: 'seedance-2.0-mini', ...job })),
    )
    await Promise.all(posted.map(({ id }) => untilStored(client, id)))
  }
  await run([{ provider: 'runware', prompt: warmUp }])
  const stop = watchSize(newProcess(processes))
  await run(jobs)
  const measured = stop()
  await worker.stop()
  rmSync(folder, { recursive: true, force: true })
  return measured
}

/** Serves pictures without a Content-Length. Their ends come once the copies have begun. */
async function startPictureServer() {
  const picture = Buffer.alloc(pictureBytes)
  picture.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'image/png')
    response.write(picture.subarray(0, -1))
    void wait(2_000).then(() => response.end(picture.subarray(-1)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { server, url: `http://127.0.0.1:${port}` }
}
