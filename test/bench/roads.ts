/**
 * The roads that a video can take into R2, each in a runtime of its own. The local R2 lives in the runtime's process,
 * which grows by itself: what counts is how a road compares with the bare one.
 */
import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { createClient } from '../../src/dev/local/client.ts'
import { keys, variablesFor } from '../../src/dev/local/stage.ts'
import { freePort, startWorker } from '../../src/dev/local/worker.ts'
import { runtimeProcesses, watchSize } from './process.ts'

export interface OpenRoad {
  /** Takes one video along it, and says how long that took, in milliseconds. */
  copy(): Promise<number>
  /** How far the process grew since it had copied a small video, in MiB; and ends it. */
  close(): Promise<number>
}

const patienceMs = 180_000
// The first one brings the whole of the code, and of D1 and the queues, into memory: that is not what a size costs.
const first = 'A small paper boat sim(megabytes=1)'

/** From the first byte asked for, or uploaded, to the last in R2, hashed: what the log calls `duration_ms`. */
export async function openReelhook(
  folder: string,
  simulatorUrl: string,
  prompt: string,
  uploads: 'on' | 'off' = 'off',
): Promise<OpenRoad> {
  rmSync(folder, { recursive: true, force: true })
  const port = await freePort()
  const secrets = { signingSecret: 's'.repeat(32), adminApiKey: 'a'.repeat(32) }
  const durations = new Map<string, number>()
  const before = runtimeProcesses()
  const worker = await startWorker({
    folder,
    port,
    variables: { ...variablesFor(port, simulatorUrl, secrets), RUNWARE_UPLOADS: uploads },
    onLog: (line) => {
      const { event, job_id, duration_ms } = JSON.parse(line)
      if (event === (uploads === 'on' ? 'upload.received' : 'output.stored'))
        durations.set(job_id, duration_ms)
    },
  })
  const client = createClient(worker.url, secrets.adminApiKey)
  const copy = async (what: string) => {
    const { id } = await client.postJob({ model: 'seedance-2.0-mini', provider: 'runware', prompt: what })
    await untilStored(client, id)
    return durations.get(id) ?? Number.NaN
  }
  await copy(first)
  const stop = watchSize(newProcess(before))
  return {
    copy: () => copy(prompt),
    async close() {
      const { growth } = stop()
      await worker.stop()
      rmSync(folder, { recursive: true, force: true })
      return growth
    },
  }
}

/** What downloads are compared with: a file of the same size from the same host, put as it comes. */
export async function openBarePut(folder: string, simulatorUrl: string, prompt: string): Promise<OpenRoad> {
  const script = `export default {
    async fetch(request, env) {
      const startedAt = Date.now()
      const response = await fetch(await request.text())
      await env.BUCKET.put('video', response.body)
      return new Response(String(Date.now() - startedAt))
    },
  }`
  const links = { [first]: await aLink(simulatorUrl, first), [prompt]: await aLink(simulatorUrl, prompt) }
  return openBare(folder, script, prompt, async (url, what) => {
    const response = await fetch(url, { method: 'POST', body: links[what] ?? '' })
    return Number(await response.text())
  })
}

/** What uploads are compared with: a file of the same size from the same sender, put as it comes. */
export async function openBareUpload(
  folder: string,
  simulatorUrl: string,
  prompt: string,
): Promise<OpenRoad> {
  const script = `const durations = {}
  export default {
    async fetch(request, env) {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET') return Response.json(durations[pathname] ?? null)
      const startedAt = Date.now()
      await env.BUCKET.put('video', request.body)
      durations[pathname] = Date.now() - startedAt
      return new Response('ok')
    },
  }`
  return openBare(folder, script, prompt, async (url, what) => {
    const uploadEndpoint = new URL(crypto.randomUUID(), url).href
    await askRunware(simulatorUrl, aTask(what, { uploadEndpoint }))
    for (const giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await wait(100)) {
      const duration = await (await fetch(uploadEndpoint)).json()
      if (duration !== null) return duration
    }
    throw new Error('nothing was uploaded')
  })
}

async function openBare(
  folder: string,
  script: string,
  prompt: string,
  copy: (url: URL, what: string) => Promise<number>,
): Promise<OpenRoad> {
  rmSync(folder, { recursive: true, force: true })
  const before = runtimeProcesses()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: 'bare',
      modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
      compatibilityDate: '2026-11-01',
      r2Buckets: ['BUCKET'],
      resourcePersistencePath: folder,
    }),
  )
  const url = await miniflare.ready
  await copy(url, first)
  const stop = watchSize(newProcess(before))
  return {
    copy: () => copy(url, prompt),
    async close() {
      const { growth } = stop()
      await miniflare.dispose()
      rmSync(folder, { recursive: true, force: true })
      return growth
    },
  }
}

/** A link to a video of the simulator's, made for whoever asks. */
async function aLink(simulatorUrl: string, prompt: string): Promise<string> {
  const task = aTask(prompt)
  await askRunware(simulatorUrl, task)
  await wait(100)
  const { taskUUID } = task
  return (await askRunware(simulatorUrl, { taskType: 'getResponse', taskUUID })).videoURL
}

function aTask(prompt: string, overrides: object = {}) {
  const frame = { width: 864, height: 496, duration: 5 }
  const named = { taskType: 'videoInference', taskUUID: crypto.randomUUID() }
  return { ...named, model: 'bytedance:seedance@2.0-mini', positivePrompt: prompt, ...frame, ...overrides }
}

async function askRunware(simulatorUrl: string, task: object) {
  const answer = await fetch(`${simulatorUrl}/runware/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.runware}` },
    body: JSON.stringify([task]),
  })
  return (await answer.json()).data[0]
}

async function untilStored(client: ReturnType<typeof createClient>, id: string): Promise<void> {
  const giveUpAt = Date.now() + patienceMs
  let job = await client.job(id)
  while (job.settled_at === null && Date.now() < giveUpAt) {
    await wait(100)
    job = await client.job(id)
  }
  if (job.status !== 'succeeded') throw new Error(`the job is ${job.status}: ${job.fault?.message}`)
}

function newProcess(before: number[]): number {
  const [pid, ...others] = runtimeProcesses().filter((pid) => !before.includes(pid))
  if (pid === undefined || others.length > 0) throw new Error('one new runtime was expected')
  return pid
}
