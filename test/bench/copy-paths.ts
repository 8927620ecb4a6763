/**
 * The ways to copy a video into R2, each in its own runtime. The local R2 is part of the runtime's process and grows by
 * itself, so each way is compared with a bare one.
 */
import { rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { createClient } from '../../src/dev/local/client.ts'
import { variablesFor } from '../../src/dev/local/stage.ts'
import { freePort, startWorker } from '../../src/dev/local/worker.ts'
import { simulatedKeys } from '../../src/dev/simulated-accounts.ts'
import { runtimeProcesses, watchSize } from './process.ts'

export interface CopyPath {
  /** Copies one video and returns the duration in milliseconds. */
  copy(): Promise<number>
  /** Ends the runtime, and returns its growth since it copied a small video, in MiB. */
  close(): Promise<number>
}

const timeoutMs = 180_000
// The first copy also loads the code, D1 and the queues into memory, so it is not measured.
export const warmUp = 'A small paper boat sim(megabytes=1)'

/** The duration is `duration_ms` of the log: from the request, or the first uploaded byte, to the hashed object in R2. */
export async function openReelhook(
  folder: string,
  simulatorUrl: string,
  prompt: string,
  uploads: 'on' | 'off' = 'off',
): Promise<CopyPath> {
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
  const copy = async (prompt: string) => {
    const { id } = await client.postJob({ model: 'seedance-2.0-mini', provider: 'runware', prompt })
    await untilStored(client, id)
    return durations.get(id) ?? Number.NaN
  }
  await copy(warmUp)
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

/** The comparison for downloads: a plain put of a file of the same size from the same host. */
export async function openBarePut(folder: string, simulatorUrl: string, prompt: string): Promise<CopyPath> {
  const script = `export default {
    async fetch(request, env) {
      const startedAt = Date.now()
      const response = await fetch(await request.text())
      await env.BUCKET.put('video', response.body)
      return new Response(String(Date.now() - startedAt))
    },
  }`
  const links = { [warmUp]: await aLink(simulatorUrl, warmUp), [prompt]: await aLink(simulatorUrl, prompt) }
  return openBare(folder, script, prompt, async (url, prompt) => {
    const response = await fetch(url, { method: 'POST', body: links[prompt] ?? '' })
    return Number(await response.text())
  })
}

/** The comparison for uploads: a plain put of a file of the same size from the same sender. */
export async function openBareUpload(
  folder: string,
  simulatorUrl: string,
  prompt: string,
): Promise<CopyPath> {
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
  return openBare(folder, script, prompt, async (url, prompt) => {
    const uploadEndpoint = new URL(crypto.randomUUID(), url).href
    await callRunware(simulatorUrl, aTask(prompt, { uploadEndpoint }))
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await wait(100)) {
      const duration = await (await fetch(uploadEndpoint)).json()
      if (duration !== null) return duration
    }
    throw new Error('there was no upload')
  })
}

async function openBare(
  folder: string,
  script: string,
  prompt: string,
  copy: (url: URL, prompt: string) => Promise<number>,
): Promise<CopyPath> {
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
  await copy(url, warmUp)
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

/** A link to a video of the simulator. */
async function aLink(simulatorUrl: string, prompt: string): Promise<string> {
  const task = aTask(prompt)
  await callRunware(simulatorUrl, task)
  await wait(100)
  const { taskUUID } = task
  return (await callRunware(simulatorUrl, { taskType: 'getResponse', taskUUID })).videoURL
}

function aTask(prompt: string, overrides: object = {}) {
  return {
    taskType: 'videoInference',
    taskUUID: crypto.randomUUID(),
    model: 'bytedance:seedance@2.0-mini',
    positivePrompt: prompt,
    width: 864,
    height: 496,
    duration: 5,
    ...overrides,
  }
}

async function callRunware(simulatorUrl: string, task: object) {
  const response = await fetch(`${simulatorUrl}/runware/v1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${simulatedKeys.runware}` },
    body: JSON.stringify([task]),
  })
  return (await response.json()).data[0]
}

export async function untilStored(client: ReturnType<typeof createClient>, id: string): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let job = await client.job(id)
  while (job.settled_at === null && Date.now() < deadline) {
    await wait(100)
    job = await client.job(id)
  }
  if (job.status !== 'succeeded') throw new Error(`the job is ${job.status}: ${job.fault?.message}`)
}

export function newProcess(before: number[]): number {
  const [pid, ...others] = runtimeProcesses().filter((pid) => !before.includes(pid))
  if (pid === undefined || others.length > 0) throw new Error('expected exactly one new runtime')
  return pid
}
